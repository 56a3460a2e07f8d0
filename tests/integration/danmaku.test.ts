import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DanmakuLine, DanmakuPage, DanmakuSnapshot } from '#contract/danmaku.ts';
import type { ServerFrame } from '#contract/envelope.ts';
import { ChannelId, StreamId } from '#contract/ids.ts';
import type { StreamState } from '#contract/rooms.ts';
import { createDanmaku, type Danmaku, danmakuMigrations } from '#server/danmaku/index.ts';
import { mongoDanmakuArchive } from '#server/danmaku/store.mongo.ts';
import { redisDanmakuLog } from '#server/danmaku/store.redis.ts';
import type { LiveRooms, RoomMessage } from '#server/gateway/live/rooms.ts';
import { processClock } from '#server/platform/clock.ts';
import { openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { openRedis as connectRedis } from '#server/platform/redis.ts';
import type { Stream } from '#server/rooms/index.ts';
import { HttpClient } from '../../scripts/clients/http-client.ts';
import { LiveClient } from '../../scripts/clients/live-client.ts';
import { openTestGateway } from '../support/gateway.ts';
import { openMongo } from '../support/mongo.ts';
import { openRedis } from '../support/redis.ts';

const channelId = ChannelId.parse('ch_tea');
const liveAt = Date.now() - 60_000;
const states = new Map<StreamId, StreamState>();

const newRoom = (state: StreamState = 'live'): StreamId => {
  const streamId = StreamId.parse(`stream_${randomUUID().replaceAll('-', '')}`);
  states.set(streamId, state);
  return streamId;
};

const streamOf = (streamId: StreamId, state: StreamState): Stream => ({
  streamId,
  channelId,
  title: 'Tea',
  coverPictureId: undefined,
  state,
  currency: 'EUR',
  startsAt: liveAt,
  liveAt,
  endedAt: undefined,
  recordingNotice: undefined,
  showcase: [],
  pinned: undefined,
  pinKeys: [],
  version: 1,
  createdAt: liveAt,
});

const stack = new AsyncDisposableStack();
let gateway: Awaited<ReturnType<typeof openTestGateway>>;
let danmaku: Danmaku;
let redis: ReturnType<typeof connectRedis>;

beforeAll(async () => {
  const server = stack.use(await openRedis());
  redis = stack.adopt(connectRedis(server.url), (open) => open.disconnect());
  const mongo = stack.adopt(await connect(openMongo()), (open) => open.close());
  await migrate(mongo, danmakuMigrations);
  const room: { live?: LiveRooms } = {};
  danmaku = stack.use(
    createDanmaku({
      log: redisDanmakuLog(redis),
      archive: mongoDanmakuArchive(mongo),
      cache: redis,
      clock: processClock,
      live: {
        tellRoom: async (streamId: StreamId, messages: readonly RoomMessage[]) =>
          room.live?.tellRoom(streamId, messages),
        tellPerson: async () => {},
      },
      rooms: {
        streams: {
          get: async (streamId) => {
            const state = states.get(streamId);
            return state && streamOf(streamId, state);
          },
        },
        streamMs: (_stream, at) => at.getTime() - liveAt,
      },
    }),
  );
  const { routes, messages, snapshots } = danmaku;
  gateway = stack.use(await openTestGateway(server.url, { routes, messages, snapshots }));
  room.live = gateway.live;
});
afterAll(() => stack.disposeAsync());

const open = (who: string) => LiveClient.open(gateway.address, who && `who=${who}`);

async function enter(who: string, streamId: StreamId) {
  const socket = await open(who);
  const { value } = await socket.ask('room.enter', { streamId });
  const part: unknown = Reflect.get(Object(Reflect.get(Object(value), 'snapshot')), 'danmaku');
  return {
    socket,
    snapshot: DanmakuSnapshot.parse(part),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

const linesOf = (socket: LiveClient) =>
  socket
    .heard('danmaku.posted')
    .map(({ d }: ServerFrame) => DanmakuLine.parse(d))
    .toSorted((a, b) => a.n - b.n);

async function say(who: string, streamId: StreamId, text: string) {
  await using visit = await enter(who, streamId);
  return await visit.socket.ask('danmaku.post', { text }, streamId);
}

describe('lines', () => {
  test('[M-C1] three sockets hear every line within a second, in one order, with stream time', async () => {
    const streamId = newRoom();
    await using a = await enter('order_a', streamId);
    await using b = await enter('order_b', streamId);
    await using c = await enter('', streamId);
    const began = Date.now();
    const posts = Array.from({ length: 4 }, (_, at) => [
      a.socket.ask('danmaku.post', { text: `a${at}` }, streamId),
      b.socket.ask('danmaku.post', { text: `b${at}` }, streamId),
    ]).flat();
    for (const { ok } of await Promise.all(posts)) expect(ok).toBe(true);
    const sockets = [a.socket, b.socket, c.socket];
    for (const socket of sockets) await socket.until(() => linesOf(socket).length === 8, 1000);
    expect(Date.now() - began).toBeLessThan(1000);
    const [first = [], ...others] = sockets.map(linesOf);
    for (const other of others) expect(other).toEqual(first);
    expect(first.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(first[0]).toMatchObject({ kind: 'viewer', streamId });
    for (const { streamMs, at } of first) expect(streamMs).toBe(Date.parse(at) - liveAt);
  });

  test('[M-C1] whoever comes late sees the last 50, also after Redis has lost them', async () => {
    const streamId = newRoom();
    for (let at = 1; at <= 60; at += 1) await danmaku.announce(streamId, `${at} of tea`);
    const wanted = Array.from({ length: 50 }, (_, at) => `${at + 11} of tea`);
    {
      await using late = await enter('late', streamId);
      expect(late.snapshot.lines.map(({ text }) => text)).toEqual(wanted);
      expect(late.snapshot.lines[0]).toMatchObject({ kind: 'order', n: 11 });
      expect(late.snapshot.lines[0]).not.toHaveProperty('handle');
    }
    while ((await danmaku.archive()) > 0);
    await redis.flushall();
    await using later = await enter('later', streamId);
    expect(later.snapshot.lines.map(({ text }) => text)).toEqual(wanted);
    await later.socket.ask('danmaku.post', { text: 'still here' }, streamId);
    await later.socket.until(() => linesOf(later.socket).length === 1);
    expect(linesOf(later.socket)[0]?.n).toBeGreaterThan(60);
  });

  test('[M-C1] [M-P3] only accounts post, 1 to 100 characters, in a room that is open', async () => {
    const streamId = newRoom();
    expect(await say('', streamId, 'hello')).toMatchObject({ refusal: 'sign-in-required' });
    expect(await say('judge', streamId, ' \u200b\u202e ')).toMatchObject({ refusal: 'text-empty' });
    expect(await say('judge', streamId, 'x'.repeat(101))).toMatchObject({ refusal: 'text-too-long' });
    expect(await say('judge', streamId, '弹'.repeat(100))).toMatchObject({ ok: true });
    expect(await say('judge', newRoom('ended'), 'hello')).toMatchObject({
      refusal: 'wrong-stream-state',
    });
    expect(await say('judge', newRoom('scheduled'), 'hello')).toMatchObject({ ok: true });
  });

  test('[M-C2] markup stays text, control and direction characters are gone, for everybody', async () => {
    const streamId = newRoom();
    await using writer = await enter('writer', streamId);
    await using reader = await enter('reader', streamId);
    const text = '<img src=x onerror=alert(1)>\u202e&amp;\u0007\u200b ok';
    await writer.socket.ask('danmaku.post', { text }, streamId);
    await reader.socket.until(() => linesOf(reader.socket).length === 1);
    expect(linesOf(reader.socket)[0]?.text).toBe('<img src=x onerror=alert(1)>&amp; ok');
  });

  test('[M-C2] over the limit a line is refused with the time to wait, for the account and not for others', async () => {
    const streamId = newRoom();
    await using fast = await enter('fast', streamId);
    await using tab = await enter('fast', streamId);
    await using calm = await enter('calm', streamId);
    const answers = await Promise.all(
      [fast, tab, fast, tab, fast, tab, fast].map(({ socket }, at) =>
        socket.ask('danmaku.post', { text: `${at}` }, streamId),
      ),
    );
    const refused = answers.filter(({ ok }) => !ok);
    expect(refused).toHaveLength(2);
    for (const answer of refused) {
      expect(answer).toMatchObject({ refusal: 'sent-too-fast' });
      expect(Reflect.get(answer, 'retryAfterMs')).toBeGreaterThan(0);
      expect(Reflect.get(answer, 'retryAfterMs')).toBeLessThanOrEqual(5000);
    }
    expect(await calm.socket.ask('danmaku.post', { text: 'mine' }, streamId)).toMatchObject({ ok: true });
  });

  test('a resend with the same key is answered with the same line', async () => {
    const streamId = newRoom();
    await using visit = await enter('resender', streamId);
    const key = 'key-of-one-line';
    const first = await visit.socket.ask('danmaku.post', { text: 'once', key }, streamId);
    const again = await visit.socket.ask('danmaku.post', { text: 'once', key }, streamId);
    expect(again).toEqual(first);
    expect((await danmakuOf(streamId)).lines).toHaveLength(1);
  });
});

/** Archives what waits and reads it over HTTP. */
async function danmakuOf(streamId: StreamId, query = ''): Promise<DanmakuPage> {
  while ((await danmaku.archive()) > 0);
  return new HttpClient(gateway.address).get(`/streams/${streamId}/danmaku${query}`, DanmakuPage);
}

test('[M-C1] the archive is read by stream time, page by page, each line once', async () => {
  const streamId = newRoom();
  for (let at = 0; at < 25; at += 1) await danmaku.announce(streamId, `${at}`);
  const texts: string[] = [];
  let after = '';
  do {
    const page = await danmakuOf(streamId, `?limit=10${after}`);
    texts.push(...page.lines.map(({ text }) => text));
    after = page.next ? `&after=${page.next}` : '';
  } while (after);
  expect(texts).toEqual(Array.from({ length: 25 }, (_, at) => `${at}`));
  expect((await danmakuOf(streamId, '?fromMs=99999999')).lines).toEqual([]);
  expect(await danmaku.counts(streamId)).toEqual({ lines: 25, likes: 0 });
  expect((await new HttpClient(gateway.address).call('GET', '/streams/stream_none/danmaku')).status).toBe(
    404,
  );
});

test('[M-C8] a thousand taps of ten people are one number on every screen, a flood counts to its cap', async () => {
  const streamId = newRoom();
  await using watcher = await enter('', streamId);
  const likes = (): unknown => watcher.socket.heard('danmaku.likes').at(-1)?.d;
  const people = await Promise.all(Array.from({ length: 10 }, (_, at) => enter(`tapper${at}`, streamId)));
  await Promise.all(
    people.flatMap(({ socket }) =>
      Array.from({ length: 5 }, () => socket.ask('danmaku.like', { taps: 20 }, streamId)),
    ),
  );
  await watcher.socket.until(() => JSON.stringify(likes()) === '{"likes":1000}');
  const flooding = await Promise.all(Array.from({ length: 6 }, () => enter('flood', streamId)));
  const answers = await Promise.all(
    flooding.flatMap(({ socket }) =>
      Array.from({ length: 6 }, () => socket.ask('danmaku.like', { taps: 20 }, streamId)),
    ),
  );
  expect(answers.filter(({ ok }) => ok).length * 20).toBeGreaterThan(500);
  await watcher.socket.until(() => JSON.stringify(likes()) === '{"likes":1500}');
  await using late = await enter('late', streamId);
  expect(late.snapshot.likes).toBe(1500);
  expect((await danmaku.counts(streamId)).likes).toBe(1500);
  for (const { socket } of [...people, ...flooding]) {
    await socket.until(() => socket.heard('danmaku.likes').length > 0);
    await socket[Symbol.asyncDispose]();
  }
});
