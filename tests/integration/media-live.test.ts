import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChannelId, StreamId } from '#contract/ids.ts';
import { mediaLive } from '#contract/media.ts';
import type { StreamState } from '#contract/rooms.ts';
import { memoryMediaDirectory } from '#server/media/directory.memory.ts';
import { memoryMediaEngine } from '#server/media/engine.memory.ts';
import { createMedia } from '#server/media/index.ts';
import { LiveClient } from '../../scripts/clients/live-client.ts';
import { openTestGateway } from '../support/gateway.ts';
import { cameraParameters } from '../support/media.ts';
import { openRedis } from '../support/redis.ts';

const room = StreamId.parse('stream_market');
const keys = { hana: 'hana-hana-hana-hana-hana', bo: 'bo-bo-bo-bo-bo-bo-bo-bo' };
const dtlsParameters = {
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
};

let redis: Awaited<ReturnType<typeof openRedis>>;
let gateway: Awaited<ReturnType<typeof openTestGateway>>;
const states = new Map<StreamId, StreamState>([[room, 'live']]);
const engine = memoryMediaEngine();
const media = createMedia({
  engine,
  directory: memoryMediaDirectory(),
  streams: {
    get: async (streamId) => {
      const state = states.get(streamId);
      return state && { channelId: ChannelId.parse('ch_hana'), state };
    },
  },
});

beforeAll(async () => {
  redis = await openRedis();
  gateway = await openTestGateway(redis.url, {
    messages: media.messages,
    routes: media.routes,
    presence: {
      mayEnter: async () => 'yes',
      entered() {},
      heard: async () => {},
      left: (visit) => media.presence.left(visit),
    },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

async function enter(who: string): Promise<LiveClient> {
  const client = await LiveClient.open(gateway.address, `who=${who}`);
  await client.ask('room.enter', { streamId: room });
  return client;
}

/** Joins as a browser does that has never been here: capabilities first, then the seat. */
async function join(client: LiveClient, peerKey: string) {
  const Joined = mediaLive.fromClient['media.join'].value;
  const first = Joined.parse((await client.ask('media.join', { peerKey }, room)).value);
  expect(first.recv).toBeUndefined();
  const { hash: capsHash, rtpCapabilities } = first.caps ?? {};
  return Joined.parse((await client.ask('media.join', { peerKey, capsHash, rtpCapabilities }, room)).value);
}

async function publish(client: LiveClient, peerKey: string) {
  const Published = mediaLive.fromClient['media.publish'].value;
  const first = Published.parse((await client.ask('media.publish', { peerKey }, room)).value);
  const asked = { peerKey, capsHash: first.caps?.hash };
  return Published.parse((await client.ask('media.publish', asked, room)).value);
}

const camera = (transportId: unknown) => ({ transportId, kind: 'video', rtpParameters: cameraParameters });

test('[S0.4] a viewer hears of a track the moment the host sends it, and of its end', async () => {
  await using bo = await enter('bo');
  await using host = await enter('hana');
  const { recv, consumers } = await join(bo, keys.bo);
  expect(consumers).toEqual([]);
  const connected = await bo.ask(
    'media.connect',
    { transportId: recv?.id, dtlsParameters, resume: [] },
    room,
  );
  expect(connected).toEqual({ ok: true, value: {} });

  const { send } = await publish(host, keys.hana);
  expect((await host.ask('media.produce', camera(send?.id), room)).ok).toBe(true);
  await bo.until(() => bo.heard('media.producer-opened').length === 1);
  expect(bo.heard('media.producer-opened')[0]).toMatchObject({
    r: room,
    d: { consumer: { kind: 'video', layers: 3 } },
  });
  await host.ask('media.close', {}, room);
  await bo.until(() => bo.heard('media.producer-closed').length === 1);
});

test('[M-R1] only the host of the room publishes', async () => {
  await using bo = await enter('bo');
  await using nobody = await LiveClient.open(gateway.address);
  await nobody.ask('room.enter', { streamId: room });
  expect(await bo.ask('media.publish', { peerKey: keys.bo }, room)).toMatchObject({ refusal: 'forbidden' });
  expect(await nobody.ask('media.publish', { peerKey: keys.bo }, room)).toMatchObject({
    refusal: 'sign-in-required',
  });
  const { recv } = await join(bo, keys.bo);
  const produced = bo.ask('media.produce', camera(recv?.id), room);
  expect((await produced).refusal).toBe('forbidden');
});

test.for([
  ['no fingerprint', { fingerprints: [] }],
  ['a short fingerprint', { fingerprints: [{ algorithm: 'sha-256', value: 'AB' }] }],
])('[S0.4] %s never reaches a worker', async ([, wrong]) => {
  await using bo = await enter('bo');
  const { recv } = await join(bo, keys.bo);
  const asked = { transportId: recv?.id, dtlsParameters: wrong, resume: [] };
  expect(await bo.ask('media.connect', asked, room)).toMatchObject({ refusal: 'invalid-request' });
});

test('a socket without a seat, or with another person’s key, reaches no transport', async () => {
  await using bo = await enter('bo');
  const { recv } = await join(bo, keys.bo);
  await using dee = await enter('dee');
  const restart = { transportId: recv?.id };
  expect(await dee.ask('media.restart-ice', restart, room)).toMatchObject({ refusal: 'media-unknown' });
  expect(await dee.ask('media.adopt', { peerKey: keys.bo }, room)).toMatchObject({
    refusal: 'media-unknown',
  });
  expect(await dee.ask('media.restart-ice', restart, room)).toMatchObject({ refusal: 'media-unknown' });
  expect((await bo.ask('media.restart-ice', restart, room)).ok).toBe(true);
});

test('[S0.4] after a cut socket the next one adopts the seat, and hears what the former would have', async () => {
  const former = await enter('bo');
  const { epoch } = await join(former, keys.bo);
  await former[Symbol.asyncDispose]();
  await using present = await enter('bo');
  const adopted = await present.ask('media.adopt', { peerKey: keys.bo }, room);
  expect(adopted).toMatchObject({ ok: true, value: { epoch } });
  await using host = await enter('hana');
  const { send } = await publish(host, keys.hana);
  await host.ask('media.produce', camera(send?.id), room);
  await present.until(() => present.heard('media.producer-opened').length === 1);
  await host.ask('media.close', {}, room);
});

test('what is on air, and the doors for an encoder, are for those who run the room', async () => {
  const ask = (method: string, path: string, who: string) =>
    fetch(`${gateway.address}/api/v1/streams/${room}${path}`, {
      method,
      headers: { cookie: `who=${who}`, 'x-dropcast': '1', 'sec-fetch-site': 'same-origin' },
    });
  expect((await ask('POST', '/ingest', 'bo')).status).toBe(403);
  const opened = await ask('POST', '/ingest', 'hana');
  expect(opened.status).toBe(201);
  expect(await opened.json()).toMatchObject({ video: { port: expect.any(Number) } });
  const onAir = await (await ask('GET', '/on-air', 'hana')).json();
  expect(onAir).toMatchObject({ producers: [{ kind: 'video' }, { kind: 'audio' }] });
  expect((await ask('DELETE', '/ingest', 'hana')).status).toBe(204);
  expect(await (await ask('GET', '/on-air', 'hana')).json()).toEqual({ producers: [] });
});

test('before the show nothing is sent, and after it nothing is watched', async () => {
  await using host = await enter('hana');
  const ask = (t: string) => host.ask(t, { peerKey: keys.hana }, room);
  states.set(room, 'scheduled');
  expect(await ask('media.publish')).toMatchObject({ refusal: 'wrong-stream-state' });
  expect((await ask('media.join')).ok).toBe(true);
  states.set(room, 'ended');
  expect(await ask('media.publish')).toMatchObject({ refusal: 'wrong-stream-state' });
  expect(await ask('media.join')).toMatchObject({ refusal: 'room-closed' });
  states.set(room, 'live');
});
