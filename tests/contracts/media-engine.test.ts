import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlEvent, ControlReply, Seat } from '#contract/internal/control.ts';
import { DtlsParameters, maxLayers, RtpParameters, TransportId } from '#contract/media.ts';
import { memoryMediaEngine } from '#server/media/engine.memory.ts';
import type { MediaEngine } from '#server/media/index.ts';
import { cameraParameters, microphoneParameters, openMediaStage } from '../support/media.ts';

const browserDtls = DtlsParameters.parse({
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
});

let rooms = 0;
/** A room nobody has been in, and seats in it. */
function newRoom(): { roomId: string; seat(name: string): Seat } {
  rooms += 1;
  const roomId = `stream_${rooms}`;
  return { roomId, seat: (name) => ({ roomId, sessionId: `view_${name}` }) };
}

/** Fails the test with the refusal where an answer was expected. */
async function good<Value>(asked: Promise<{ ok: true; value: Value } | { ok: false }>): Promise<Value> {
  const answer = await asked;
  if (!answer.ok) expect(answer).toEqual({ ok: true });
  return (answer as { value: Value }).value;
}

function behavesLikeAMediaEngine(open: () => Promise<MediaEngine>): void {
  let engine: MediaEngine;
  const heard: ControlEvent[] = [];
  beforeAll(async () => {
    engine = await open();
    engine.listen((event) => heard.push(event));
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  const hears = <T extends ControlEvent['t']>(t: T, match: object) =>
    expect.poll(() => heard.filter((event) => event.t === t)).toContainEqual(expect.objectContaining(match));

  async function watch(seat: Seat): Promise<ControlReply<'peer.join'>> {
    const { rtpCapabilities } = await good(engine.ask('node.caps', {}));
    return good(engine.ask('peer.join', { ...seat, rtpCapabilities }));
  }

  async function publish(seat: Seat, fence: number) {
    const { send } = await good(engine.ask('publish.open', { ...seat, fence }));
    const { producerId } = await good(
      engine.ask('publish.produce', {
        ...seat,
        transportId: send.id,
        kind: 'video',
        rtpParameters: cameraParameters,
      }),
    );
    return { send, producerId };
  }

  test('[S0.4] one reply seats a viewer: a transport to reach, and a consumer for all that is on air', async () => {
    const { seat } = newRoom();
    const { send, producerId } = await publish(seat('hana'), 1);
    const microphone = await good(
      engine.ask('publish.produce', {
        ...seat('hana'),
        transportId: send.id,
        kind: 'audio',
        rtpParameters: microphoneParameters,
      }),
    );
    const { recv, consumers } = await watch(seat('bo'));
    expect(recv.iceCandidates[0]?.port).toBeGreaterThan(0);
    expect(recv.dtlsParameters.fingerprints.length).toBeGreaterThan(0);
    expect(consumers.map((consumer) => [consumer.producerId, consumer.kind, consumer.layers])).toEqual([
      [producerId, 'video', 3],
      [microphone.producerId, 'audio', 1],
    ]);
  });

  test('a viewer who is there first is told of each track, once, and of its end', async () => {
    const { roomId, seat } = newRoom();
    expect((await watch(seat('bo'))).consumers).toEqual([]);
    const { producerId } = await publish(seat('hana'), 1);
    await hears('producer.opened', { roomId, producerId, kind: 'video' });
    await hears('consumer.opened', { ...seat('bo'), consumer: expect.objectContaining({ producerId }) });
    await good(engine.ask('publish.close', { ...seat('hana'), producerId }));
    await hears('consumer.closed', { ...seat('bo'), producerId });
    await hears('producer.closed', { roomId, producerId });
    const opened = heard.filter((event) => event.t === 'consumer.opened' && event.roomId === roomId);
    expect(opened).toHaveLength(1);
  });

  test('rooms are apart: nothing of one is consumed or told in another', async () => {
    const [one, other] = [newRoom(), newRoom()];
    await watch(other.seat('bo'));
    await publish(one.seat('hana'), 1);
    await watch(one.seat('bo'));
    expect((await watch(other.seat('dee'))).consumers).toEqual([]);
    const told = heard.filter((event) => 'roomId' in event && event.roomId === other.roomId);
    expect(told).toEqual([]);
    const [consumer] = (await watch(one.seat('ana'))).consumers;
    if (consumer === undefined) throw new Error('nothing to consume');
    expect(await engine.ask('peer.key-frame', { ...other.seat('bo'), consumerId: consumer.id })).toEqual({
      ok: false,
      refusal: 'media-unknown',
    });
  });

  test('[M-R1] a later publication takes the room over, and an earlier one may not come back', async () => {
    const { roomId, seat } = newRoom();
    const first = await publish(seat('hana'), 1);
    const second = await publish(seat('aki'), 2);
    await hears('producer.closed', { roomId, producerId: first.producerId });
    await hears('publication.replaced', seat('hana'));
    const { consumers } = await watch(seat('bo'));
    expect(consumers.map(({ producerId }) => producerId)).toEqual([second.producerId]);
    expect(await engine.ask('publish.open', { ...seat('hana'), fence: 2 })).toMatchObject({
      refusal: 'conflict',
    });
  });

  test('a host whose publication was overtaken before its first track puts nothing on air', async () => {
    const { seat } = newRoom();
    const { send } = await good(engine.ask('publish.open', { ...seat('hana'), fence: 1 }));
    await publish(seat('aki'), 2);
    const late = engine.ask('publish.produce', {
      ...seat('hana'),
      transportId: send.id,
      kind: 'video',
      rtpParameters: cameraParameters,
    });
    expect((await late).ok).toBe(false);
  });

  test('a transport is connected once, and only by its own peer', async () => {
    const { seat } = newRoom();
    const { recv } = await watch(seat('bo'));
    await watch(seat('dee'));
    const connect = { transportId: recv.id, dtlsParameters: browserDtls, resume: [] };
    expect(await engine.ask('peer.connect', { ...seat('dee'), ...connect })).toMatchObject({
      refusal: 'media-unknown',
    });
    await good(engine.ask('peer.connect', { ...seat('bo'), ...connect }));
    expect(await engine.ask('peer.connect', { ...seat('bo'), ...connect })).toMatchObject({
      refusal: 'conflict',
    });
  });

  test('an ICE restart answers new credentials', async () => {
    const { seat } = newRoom();
    const { recv } = await watch(seat('bo'));
    const { iceParameters } = await good(
      engine.ask('peer.restart-ice', { ...seat('bo'), transportId: recv.id }),
    );
    expect(iceParameters.usernameFragment).not.toBe(recv.iceParameters.usernameFragment);
    const unknown = { ...seat('bo'), transportId: TransportId.parse('nobody') };
    expect(await engine.ask('peer.restart-ice', unknown)).toMatchObject({ refusal: 'media-unknown' });
  });

  test('a peer is adopted with what it consumes, and one that left is not known', async () => {
    const { seat } = newRoom();
    await publish(seat('hana'), 1);
    const { epoch, consumers } = await watch(seat('bo'));
    await good(engine.ask('peer.detach', seat('bo')));
    const adopted = await good(engine.ask('peer.adopt', seat('bo')));
    expect(adopted.epoch).toBe(epoch);
    expect(adopted.consumers.map(({ id }) => id)).toEqual(consumers.map(({ id }) => id));
    await good(engine.ask('peer.leave', seat('bo')));
    expect(await engine.ask('peer.adopt', seat('bo'))).toMatchObject({ refusal: 'media-unknown' });
  });

  test('a host who leaves takes everything off air', async () => {
    const { roomId, seat } = newRoom();
    const { producerId } = await publish(seat('hana'), 1);
    await good(engine.ask('peer.leave', seat('hana')));
    await hears('producer.closed', { roomId, producerId });
    expect((await watch(seat('bo'))).consumers).toEqual([]);
  });

  test('an encoder gets two doors, is on air at once, and gives way to a later publication', async () => {
    const { roomId, seat } = newRoom();
    await watch(seat('bo'));
    const { video, audio } = await good(engine.ask('ingest.open', { ...seat('demo'), fence: 1 }));
    expect(video.ssrc).not.toBe(audio.ssrc);
    expect(video.port).toBeGreaterThan(0);
    await hears('consumer.opened', {
      ...seat('bo'),
      consumer: expect.objectContaining({ producerId: video.producerId }),
    });
    const { producers } = await good(engine.ask('room.stats', { roomId }));
    expect(producers.map(({ kind, sessionId }) => [kind, sessionId])).toEqual([
      ['video', 'view_demo'],
      ['audio', 'view_demo'],
    ]);
    await publish(seat('hana'), 2);
    await hears('producer.closed', { roomId, producerId: video.producerId });
    await hears('producer.closed', { roomId, producerId: audio.producerId });
  });

  test('a closed room is over for everybody, and a question about one that never was opens none', async () => {
    const { roomId, seat } = newRoom();
    const [stats, close] = [
      () => engine.ask('room.stats', { roomId }),
      () => engine.ask('room.close', { roomId }),
    ];
    expect(await close()).toMatchObject({ refusal: 'media-unknown' });
    expect(await stats()).toMatchObject({ refusal: 'media-unknown' });
    await watch(seat('bo'));
    await good(close());
    expect(await engine.ask('peer.adopt', seat('bo'))).toMatchObject({ refusal: 'media-unknown' });
    expect(await stats()).toMatchObject({ refusal: 'media-unknown' });
  });

  test('a track that is not what it says is refused before it is on air', async () => {
    const { seat } = newRoom();
    const { send } = await good(engine.ask('publish.open', { ...seat('hana'), fence: 1 }));
    const wrong = {
      ...seat('hana'),
      transportId: send.id,
      kind: 'audio' as const,
      rtpParameters: cameraParameters,
    };
    expect(await engine.ask('publish.produce', wrong)).toMatchObject({ refusal: 'invalid-request' });
    expect((await watch(seat('bo'))).consumers).toEqual([]);
  });
}

describe('in memory', () => behavesLikeAMediaEngine(async () => memoryMediaEngine()));

describe('over the control link to a real worker', () => {
  const stage = Promise.withResolvers<Awaited<ReturnType<typeof openMediaStage>>>();
  beforeAll(() => openMediaStage().then(stage.resolve, stage.reject));
  afterAll(async () => (await stage.promise)[Symbol.asyncDispose]());
  behavesLikeAMediaEngine(async () => {
    const { openNode, openEngine } = await stage.promise;
    await openNode();
    return openEngine();
  });
});

describe('what never reaches a worker', () => {
  test.for([
    ['no fingerprint at all', { fingerprints: [] }],
    ['a fingerprint shorter than its hash', { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] }],
    ['an unknown role', { role: 'both', fingerprints: browserDtls.fingerprints }],
  ])('DTLS parameters with %s', ([, parameters]) => {
    expect(DtlsParameters.safeParse(parameters).success).toBe(false);
  });

  test.for([
    ['more layers than three', { encodings: Array(maxLayers + 1).fill({ rid: 'r0' }) }],
    ['no layer', { encodings: [] }],
    ['no codec', { codecs: [] }],
    ['a rid with a line break', { encodings: [{ rid: 'r0\r\na=x' }] }],
  ])('RTP parameters with %s', ([, change]) => {
    expect(RtpParameters.safeParse({ ...cameraParameters, ...Object(change) }).success).toBe(false);
  });
});
