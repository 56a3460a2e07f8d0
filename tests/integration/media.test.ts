import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ControlEvent, Seat } from '#contract/internal/control.ts';
import type { MediaEngine } from '#server/media/index.ts';
import { NodeLink } from '#server/media/node-link.ts';
import { ensureMediaWorker } from '../../scripts/setup/media-worker.ts';
import { cameraParameters, type MediaStage, openMediaStage } from '../support/media.ts';

let stage: MediaStage;
beforeEach(async () => {
  stage = await openMediaStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

const soon = { timeout: 5_000, interval: 20 };
const hana: Seat = { roomId: 'stream_a', sessionId: 'hana' };
const bo: Seat = { roomId: 'stream_a', sessionId: 'bo' };

/** Everything an engine tells, as it comes. */
function listenTo(engine: MediaEngine): ControlEvent[] {
  const heard: ControlEvent[] = [];
  engine.listen((event) => heard.push(event));
  return heard;
}

async function good<Value>(asked: Promise<{ ok: true; value: Value } | { ok: false }>): Promise<Value> {
  const answer = await asked;
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer.value;
}

async function watch(engine: MediaEngine, seat: Seat) {
  const { rtpCapabilities } = await good(engine.ask('node.caps', {}));
  return good(engine.ask('peer.join', { ...seat, rtpCapabilities }));
}

async function publish(engine: MediaEngine, seat: Seat, fence: number) {
  const { send } = await good(engine.ask('publish.open', { ...seat, fence }));
  const track = { transportId: send.id, kind: 'video', rtpParameters: cameraParameters } as const;
  return good(engine.ask('publish.produce', { ...seat, ...track }));
}

test('[S0.4] peers outlive their server: the next one adopts them with the transports they had', async () => {
  await stage.openNode();
  const first = await stage.openEngine();
  const { producerId } = await publish(first, hana, 1);
  const { epoch, consumers } = await watch(first, bo);
  await first[Symbol.asyncDispose]();

  const second = await stage.openEngine();
  const adopted = await good(second.ask('peer.adopt', bo));
  expect(adopted).toEqual({ epoch, consumers });
  await good(second.ask('peer.adopt', hana));
  const { producers } = await good(second.ask('room.stats', { roomId: bo.roomId }));
  expect(producers.map((producer) => producer.producerId)).toEqual([producerId]);

  const heard = listenTo(second);
  await good(second.ask('publish.close', { ...hana, producerId }));
  await expect
    .poll(() => heard, soon)
    .toContainEqual(expect.objectContaining({ t: 'consumer.closed', ...bo, producerId }));
});

test('a peer that no server adopts in time is let go, and its tracks with it', async () => {
  await stage.openNode({ orphanMs: 200 });
  const first = await stage.openEngine();
  await publish(first, hana, 1);
  await watch(first, bo);
  await first[Symbol.asyncDispose]();

  const second = await stage.openEngine();
  const heard = listenTo(second);
  const stats = async () => good(second.ask('room.stats', { roomId: bo.roomId }));
  await expect
    .poll(async () => {
      const { peers, producers } = await stats();
      return [peers, producers.length];
    }, soon)
    .toEqual([0, 0]);
  expect(await second.ask('peer.adopt', bo)).toMatchObject({ refusal: 'media-unknown' });
  expect(heard.some(({ t }) => t === 'room.reset')).toBe(false);
});

test('[S0.4] a worker killed under two rooms resets its own room at once, and joins work again', async () => {
  const node = await stage.openNode({ workers: 2 });
  const engine = await stage.openEngine();
  const heard = listenTo(engine);
  const { epoch } = await watch(engine, bo);
  const other = { roomId: 'stream_b', sessionId: 'dee' };
  const elsewhere = await watch(engine, other);

  const [firstWorker] = node.workerPids();
  const killedAt = performance.now();
  process.kill(firstWorker ?? 0, 'SIGKILL');
  await expect.poll(() => heard.filter(({ t }) => t === 'room.reset'), soon).toHaveLength(1);
  expect(performance.now() - killedAt).toBeLessThan(1_000);

  const [reset] = heard.filter((event) => event.t === 'room.reset');
  const lost = reset?.roomId === bo.roomId ? bo : other;
  const kept = lost === bo ? other : bo;
  expect(reset?.epoch).toBeGreaterThan(lost === bo ? epoch : elsewhere.epoch);
  expect(await engine.ask('peer.adopt', lost)).toMatchObject({ refusal: 'media-unknown' });
  expect((await watch(engine, lost)).epoch).toBe(reset?.epoch);
  expect((await engine.ask('peer.adopt', kept)).ok).toBe(true);
  await expect.poll(() => node.workerPids(), soon).toHaveLength(2);
  expect(node.workerPids()).not.toContain(firstWorker);
});

test('a killed node’s rooms are told at once and served by the next, and a later fence still wins', async () => {
  const doomed = await startMediaProcess();
  const engine = await stage.openEngine();
  const heard = listenTo(engine);
  const { epoch } = await watch(engine, bo);
  await publish(engine, hana, 1);
  await stage.openNode();

  await doomed.kill('SIGKILL');
  await expect
    .poll(() => heard, soon)
    .toContainEqual({ t: 'room.reset', roomId: bo.roomId, epoch: expect.any(Number) });
  const again = await watch(engine, bo);
  expect(again.epoch).toBeGreaterThan(epoch);
  expect(again.consumers).toEqual([]);
  await publish(engine, hana, 2);
});

test('two servers that open a room at the same moment meet on one node', async () => {
  await stage.openNode();
  await stage.openNode();
  const engines = [await stage.openEngine(), await stage.openEngine()] as const;
  for (let round = 0; round < 10; round += 1) {
    const roomId = `stream_${round}`;
    await Promise.all(engines.map((engine, index) => watch(engine, { roomId, sessionId: `viewer${index}` })));
    const { peers } = await good(engines[0].ask('room.stats', { roomId }));
    expect(peers).toBe(2);
  }
});

test('a closed room gives its node back, and a question about it opens nothing', async () => {
  await stage.openNode();
  const engine = await stage.openEngine();
  const { epoch } = await watch(engine, bo);
  await good(engine.ask('room.close', { roomId: bo.roomId }));
  expect(await engine.ask('room.stats', { roomId: bo.roomId })).toMatchObject({ refusal: 'media-unknown' });
  expect(await engine.ask('room.close', { roomId: bo.roomId })).toMatchObject({ refusal: 'media-unknown' });
  expect((await watch(engine, bo)).epoch).toBeGreaterThan(epoch);
});

test('without any node a join is refused and may be asked again', async () => {
  const engine = await stage.openEngine();
  expect(await engine.ask('node.caps', {})).toEqual({ ok: false, refusal: 'media-unavailable' });
});

test('the control link opens for nobody without the token', async () => {
  const { nodeId, controlUrl: url } = await stage.openNode();
  const link = (token: string) => NodeLink.open({ url, nodeId, token, serverId: 'test' }, () => {});
  await expect(link('guessed')).rejects.toMatchObject({ code: 'media-unavailable' });
  (await link(stage.token))[Symbol.dispose]();
});

/** `node media/main.ts` as the supervisor starts it; ended with the stage's Redis at the latest. */
async function startMediaProcess() {
  const { binary } = await ensureMediaWorker();
  const child = spawn(process.execPath, ['media/main.ts'], {
    env: {
      ...process.env,
      REDIS_URL: stage.redisUrl,
      MEDIA_CONTROL_TOKEN: stage.token,
      MEDIA_RTC_PORT: '0',
      MEDIASOUP_WORKER_BIN: binary,
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) if (line.startsWith('READY media ')) break;
  return {
    kill(signal: NodeJS.Signals) {
      child.kill(signal);
      return once(child, 'exit');
    },
  };
}
