import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { AccountId, IdempotencyKey, LineId, StreamId } from '#contract/ids.ts';
import { memoryDanmakuArchive, memoryDanmakuLog } from '#server/danmaku/store.memory.ts';
import { mongoDanmakuArchive } from '#server/danmaku/store.mongo.ts';
import { redisDanmakuLog } from '#server/danmaku/store.redis.ts';
import type { NewLine, Waiting } from '#server/danmaku/store.ts';
import { openMongo as connect } from '#server/platform/mongo.ts';
import { openRedis as connectRedis } from '#server/platform/redis.ts';
import { openMongo } from '../support/mongo.ts';
import { openRedis } from '../support/redis.ts';

const fresh = () => randomUUID().replaceAll('-', '');
const newStreamId = () => StreamId.parse(`stream_${fresh()}`);
const newAccountId = () => AccountId.parse(`acc_${fresh()}`);
const unseeded = async () => 0;
const newLine = (streamId: StreamId, text: string, streamMs = 1000): NewLine => ({
  lineId: LineId.parse(`line_${fresh()}`),
  streamId,
  kind: 'viewer',
  handle: 'Aki',
  text,
  streamMs,
  at: '2026-03-01T12:00:00.000Z',
});

const server = await openRedis();
const redis = connectRedis(server.url);
const mongo = await connect(openMongo());
afterAll(async () => {
  redis.disconnect();
  await mongo.close();
  await server[Symbol.asyncDispose]();
});

describe.each([
  ['memory', memoryDanmakuLog()],
  ['redis', redisDanmakuLog(redis)],
])('the %s log of danmaku', (_technology, log) => {
  const drain = async (): Promise<Waiting[]> => {
    const all: Waiting[] = [];
    await log.handOver(async (batch) => void all.push(...batch), 0);
    return all;
  };

  test('[M-C1] lines said at once get the numbers 1 to n, and the last are kept in their order', async () => {
    const streamId = newStreamId();
    const said = await Promise.all(
      Array.from({ length: 60 }, (_, at) => log.append(newLine(streamId, `${at}`), newAccountId(), unseeded)),
    );
    expect(said.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(said.map((_, at) => at + 1));
    const recent = await log.recent(streamId, 50);
    expect(recent.map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, at) => at + 11));
    expect(await log.recent(streamId, 2)).toEqual(recent.slice(-2));
    expect(await log.recent(newStreamId(), 50)).toEqual([]);
  });

  test('a resend with the same key is the same line, of one account in one room', async () => {
    const streamId = newStreamId();
    const writer = newAccountId();
    const key = IdempotencyKey.parse('key-of-the-line');
    const first = await log.append({ ...newLine(streamId, 'once'), key }, writer, unseeded);
    expect(await log.append({ ...newLine(streamId, 'twice'), key }, writer, unseeded)).toEqual(first);
    const other = await log.append({ ...newLine(streamId, 'other'), key }, newAccountId(), unseeded);
    expect([first.n, other.n, other.text]).toEqual([1, 2, 'other']);
  });

  test('a room whose number is unknown goes on from the seed', async () => {
    const streamId = newStreamId();
    const seed = async () => 1041;
    expect((await log.append(newLine(streamId, 'a'), newAccountId(), seed)).n).toBe(1042);
    expect((await log.append(newLine(streamId, 'b'), newAccountId(), unseeded)).n).toBe(1043);
  });

  test('[M-C8] likes of all are one number, and an account counts to its cap only', async () => {
    const streamId = newStreamId();
    const [a, b] = [newAccountId(), newAccountId()];
    const seven = async () => 7;
    expect(await log.likes(streamId)).toBeUndefined();
    expect(await log.like(streamId, new Map([[a, 8]]), 10, seven)).toBe(15);
    const flood = new Map([
      [a, 8],
      [b, 3],
    ]);
    expect(await log.like(streamId, flood, 10, seven)).toBe(20);
    expect(await log.like(streamId, new Map([[a, 1000]]), 10, seven)).toBe(20);
    expect(await log.likes(streamId)).toBe(20);
  });

  test('what waits for the archive is handed over once, with its writer', async () => {
    await drain();
    const streamId = newStreamId();
    const writer = newAccountId();
    const line = await log.append(newLine(streamId, 'kept'), writer, unseeded);
    const own = await log.append({ ...newLine(streamId, 'a scarf'), kind: 'order' }, undefined, unseeded);
    await log.like(streamId, new Map([[writer, 2]]), 10, unseeded);
    expect(await drain()).toEqual([
      { kind: 'line', line, accountId: writer },
      { kind: 'line', line: own, accountId: undefined },
      { kind: 'likes', streamId, likes: 2 },
    ]);
    expect(await drain()).toEqual([]);
  });

  test('a batch whose worker died is handed over again, none is lost', async () => {
    await drain();
    const line = await log.append(newLine(newStreamId(), 'not lost'), undefined, unseeded);
    const dying = async () => {
      throw new Error('the worker died');
    };
    await expect(log.handOver(dying, 60_000)).rejects.toThrow('the worker died');
    const early: Waiting[] = [];
    await log.handOver(async (batch) => void early.push(...batch), 60_000);
    expect(early).toEqual([]);
    expect(await drain()).toEqual([{ kind: 'line', line, accountId: undefined }]);
  });
});

describe.each([
  ['memory', memoryDanmakuArchive()],
  ['mongo', mongoDanmakuArchive(mongo)],
])('the %s archive of danmaku', (_technology, archive) => {
  test('[M-C1] pages run by stream time and number, each line once, and a batch twice is there once', async () => {
    const streamId = newStreamId();
    const lines = Array.from({ length: 25 }, (_, at) => ({
      ...newLine(streamId, `${at}`, Math.floor(at / 3) * 500),
      n: at + 1,
    }));
    const batch = lines.map((line): Waiting => ({ kind: 'line', line, accountId: newAccountId() }));
    await archive.add(batch.slice(0, 20));
    await archive.add(batch.toReversed());
    expect(await archive.lineCount(streamId)).toBe(25);
    expect(await archive.moments(streamId)).toHaveLength(25);
    const first = await archive.page(streamId, { limit: 10 });
    const second = await archive.page(streamId, { limit: 10, after: first.at(-1) });
    const third = await archive.page(streamId, { limit: 10, after: second.at(-1) });
    expect([...first, ...second, ...third]).toEqual(lines);
    expect((await archive.page(streamId, { limit: 2, fromMs: 1001 })).map(({ n }) => n)).toEqual([10, 11]);
    expect((await archive.last(streamId, 3)).map(({ n }) => n)).toEqual([23, 24, 25]);
  });

  test('likes only grow', async () => {
    const streamId = newStreamId();
    expect(await archive.likes(streamId)).toBe(0);
    await archive.add([
      { kind: 'likes', streamId, likes: 5 },
      { kind: 'likes', streamId, likes: 3 },
    ]);
    await archive.add([{ kind: 'likes', streamId, likes: 4 }]);
    expect(await archive.likes(streamId)).toBe(5);
  });
});
