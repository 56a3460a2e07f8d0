import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StreamId } from '#contract/ids.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { DropsController } from './drops.svelte.ts';

const streamId = StreamId.parse('stream_tea');
const usd = (amount: number) => ({ amount, currency: 'USD' });
const drop = {
  dropId: 'drop_tea',
  streamId,
  title: 'Teapot drop',
  state: 'open',
  coupon: { kind: 'fixed', amountOff: usd(1000) },
  minimumSpend: usd(3000),
  productIds: ['prd_teapot'],
  stock: 5,
  left: 2,
  perViewer: 1,
  claimWindowMs: 120_000,
  validity: { kind: 'after-grant', minutes: 15 },
  funders: [{ funder: 'vendor', basisPoints: 10_000 }],
  openedAt: '2026-01-01T00:00:00.000Z',
  closesAt: '2026-01-01T00:02:00.000Z',
};
const grant = {
  grantId: 'grant_mia',
  dropId: drop.dropId,
  streamId,
  title: drop.title,
  amountOff: usd(1000),
  minimumSpend: usd(3000),
  productIds: drop.productIds,
  state: 'granted',
  grantedAt: '2026-01-01T00:00:10.000Z',
  validUntil: '2026-01-01T00:15:10.000Z',
  receiptId: 'rcpt_tea-1-1-1-3',
};
const granted = { dropId: drop.dropId, outcome: 'granted', receiptId: 'rcpt_tea-1-1-1-3', number: 3, grant };
const gone = { dropId: drop.dropId, outcome: 'sold-out', receiptId: 'rcpt_tea-1-1-1-9', number: 9 };

let socket: MemorySocket;
let drops: DropsController;
beforeEach(() => {
  vi.useFakeTimers();
  socket = new MemorySocket();
  drops = new DropsController(
    socket.enter(streamId, () => {}),
    socket,
  );
});
afterEach(() => vi.useRealTimers());

const flush = () => vi.advanceTimersByTimeAsync(0);
const keys = () => socket.asked.map(({ d }) => (d as { key: string }).key);

test('[S3.6] an opened drop shows a claim control, and asks guests to sign in', () => {
  expect(drops.face(true)).toBeUndefined();
  socket.tell('drops.opened', drop);
  expect([drops.face(true), drops.face(false)]).toEqual(['open', 'guest']);
});

test('[S3.6] who comes late finds the open drop in the snapshot; one that is over is no news', () => {
  drops.take({ drops: { serverNow: 0, drop: { ...drop, state: 'exhausted' }, grant: null, usable: [] } });
  expect(drops.face(true)).toBeUndefined();
  drops.take({ drops: { serverNow: 0, drop, grant: null, usable: [] } });
  expect(drops.face(true)).toBe('open');
});

test('[S3.7] a tap is acknowledged at once and shows no outcome before the server’s answer', async () => {
  socket.tell('drops.opened', drop);
  void drops.claim();
  expect(drops.face(true)).toBe('claiming');
  await vi.advanceTimersByTimeAsync(1999);
  expect(drops.isSlow).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect([drops.isSlow, drops.face(true)]).toEqual([true, 'claiming']);
  socket.answer({ ok: true, value: granted });
  await flush();
  expect([drops.face(true), drops.isSlow, drops.usable.length]).toEqual(['yours', false, 1]);
});

test('[S3.7] an answer that got lost is asked for with the same key, and taps in between add nothing', async () => {
  socket.tell('drops.opened', drop);
  void drops.claim();
  void drops.claim();
  socket.link = 'reconnecting';
  expect(drops.face(true)).toBe('offline');
  socket.answer({ ok: false, refusal: 'not-known-yet' });
  await flush();
  socket.link = 'open';
  expect(drops.face(true)).toBe('claiming');
  socket.answer({ ok: true, value: granted });
  await flush();
  expect(new Set(keys()).size).toBe(1);
  expect([keys().length, drops.face(true)]).toEqual([2, 'yours']);
});

test('[S3.7] a refusal that decided nothing leaves the button, and the next tap carries the same key', async () => {
  socket.tell('drops.opened', drop);
  socket.replies.push({ ok: false, refusal: 'too-many-requests' }, { ok: true, value: gone });
  await drops.claim();
  expect([drops.face(true), drops.refusal]).toEqual(['open', 'too-many-requests']);
  await drops.claim();
  expect([drops.face(true), drops.refusal, new Set(keys()).size]).toEqual(['gone', '', 1]);
});

test('[S3.7] each answer has its face', async () => {
  const faces = {
    granted: 'yours',
    'already-granted': 'already-yours',
    'sold-out': 'gone',
    'drop-closed': 'closed',
    'not-eligible': 'not-eligible',
  };
  for (const [outcome, face] of Object.entries(faces)) {
    socket.tell('drops.opened', { ...drop, dropId: `drop_${outcome}` });
    await vi.advanceTimersByTimeAsync(400);
    const hasGrant = outcome.endsWith('granted');
    const dropId = `drop_${outcome}`;
    socket.replies.push({
      ok: true,
      value: { dropId, outcome, ...(hasGrant && { grant: { ...grant, dropId } }) },
    });
    await drops.claim();
    expect(drops.face(true)).toBe(face);
  }
});

test('a winning card stays 12 s, a losing one 6 s for who tapped and 3 s for who watched', async () => {
  const goesAfter = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(drops.drop).toBeDefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(drops.drop).toBeUndefined();
  };
  socket.tell('drops.opened', drop);
  socket.replies.push({ ok: true, value: granted });
  await drops.claim();
  await goesAfter(12_000);

  socket.tell('drops.opened', drop);
  socket.replies.push({ ok: true, value: gone });
  await drops.claim();
  await goesAfter(6000);

  socket.tell('drops.opened', drop);
  socket.tell('drops.exhausted', { ...drop, state: 'exhausted', left: 0 });
  expect(drops.face(true)).toBe('gone');
  await goesAfter(3000);
});

test('a card that is over stays while somebody looks at it', async () => {
  socket.tell('drops.opened', drop);
  socket.tell('drops.closed', { ...drop, state: 'closed', closeReason: 'window-over' });
  drops.linger();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(drops.face(true)).toBe('closed');
});

test('the next drop never slides under a finger: the slot rests 400 ms in between', async () => {
  socket.tell('drops.opened', drop);
  socket.tell('drops.opened', { ...drop, dropId: 'drop_next' });
  expect(drops.drop).toBeUndefined();
  await vi.advanceTimersByTimeAsync(399);
  expect(drops.drop).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(drops.drop?.dropId).toBe('drop_next');
});

test('[S3.19] what is left is the server’s word for this drop alone', () => {
  socket.tell('drops.opened', drop);
  socket.tell('drops.left', { dropId: 'drop_other', left: 0 });
  expect(drops.drop?.left).toBe(2);
  socket.tell('drops.left', { dropId: drop.dropId, left: 1 });
  expect(drops.drop?.left).toBe(1);
});

test('a coupon in use or used stands no longer among the usable ones', () => {
  socket.tell('drops.granted', grant);
  expect(drops.usable).toHaveLength(1);
  socket.tell('drops.grant-changed', { ...grant, state: 'reserved' });
  expect(drops.usable).toEqual([]);
});
