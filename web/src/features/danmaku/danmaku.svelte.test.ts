import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StreamId } from '#contract/ids.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { DanmakuController, type ShownLine } from './danmaku.svelte.ts';

const streamId = StreamId.parse('stream_tea');
const lineOf = (n: number, text: string, more: object = {}) => ({
  lineId: `line_${n}`,
  streamId,
  n,
  kind: 'viewer',
  handle: 'jun',
  text,
  streamMs: n,
  at: '2026-01-01T00:00:00.000Z',
  ...more,
});

let socket: MemorySocket;
let danmaku: DanmakuController;
let flown: ShownLine[];
beforeEach(() => {
  vi.useFakeTimers();
  socket = new MemorySocket();
  danmaku = new DanmakuController(
    socket.enter(streamId, () => {}),
    () => 'mia',
  );
  flown = [];
  danmaku.onLine((line) => flown.push(line));
});
afterEach(() => vi.useRealTimers());

const texts = () => danmaku.lines.map(({ text }) => text);
const flush = () => vi.advanceTimersByTimeAsync(0);
const keyAsked = () => String(Object.entries(socket.asked[0]?.d ?? {}).find(([name]) => name === 'key')?.[1]);

test('[M-C1] the last 50 lines fill the list without flying, and new ones fly', () => {
  danmaku.take({ danmaku: { lines: [lineOf(1, 'first'), lineOf(2, 'second')], likes: 7 } });
  expect([texts(), danmaku.likes, flown]).toEqual([['first', 'second'], 7, []]);
  socket.tell('danmaku.posted', lineOf(3, 'third'));
  expect([texts(), flown.map(({ text }) => text)]).toEqual([['first', 'second', 'third'], ['third']]);
});

test('[M-C1] the own line shows at once, flies once, and takes its place in the room’s order', async () => {
  const posting = danmaku.post('  that glaze though ');
  expect(texts()).toEqual(['that glaze though']);
  socket.tell('danmaku.posted', lineOf(4, 'earlier'));
  const own = lineOf(5, 'that glaze though', { handle: 'mia', key: keyAsked() });
  socket.tell('danmaku.posted', own);
  socket.answer({ ok: true, value: { line: own } });
  expect(await posting).toBe(true);
  expect(texts()).toEqual(['earlier', 'that glaze though']);
  expect(flown.filter(({ isOwn }) => isOwn)).toHaveLength(1);
});

test('[M-C1] a line told twice stands once', () => {
  socket.tell('danmaku.posted', lineOf(1, 'once'));
  socket.tell('danmaku.posted', lineOf(1, 'once'));
  expect(texts()).toEqual(['once']);
});

test('[M-C2] a line sent too fast stays on the own screen with the reason, and the wait is known', async () => {
  const posting = danmaku.post('again');
  socket.answer({ ok: false, refusal: 'sent-too-fast', retryAfterMs: 3000 });
  expect(await posting).toBe(false);
  const [line] = danmaku.lines;
  expect([line?.refusal, danmaku.waitUntil - performance.now()]).toEqual(['sent-too-fast', 3000]);
  danmaku.forget(line?.id ?? '');
  expect(danmaku.lines).toEqual([]);
});

test('[M-C1] nothing and more than 100 characters are not sent', async () => {
  expect(await danmaku.post('   ')).toBe(false);
  expect(await danmaku.post('茶'.repeat(101))).toBe(false);
  expect(socket.asked).toEqual([]);
});

test('[M-C8] taps count at once and travel together; the room’s number never falls behind them', async () => {
  for (let tap = 0; tap < 3; tap += 1) danmaku.like();
  expect(danmaku.likes).toBe(3);
  socket.tell('danmaku.likes', { likes: 2 });
  expect(danmaku.likes).toBe(3);
  await vi.advanceTimersByTimeAsync(400);
  expect(socket.asked).toEqual([{ t: 'danmaku.like', d: { taps: 3 } }]);
  socket.tell('danmaku.likes', { likes: 40 });
  expect(danmaku.likes).toBe(40);
  await flush();
});
