import { beforeEach, expect, test } from 'vitest';
import { StreamId } from '#contract/ids.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { RoomController } from './room.svelte.ts';

const streamId = StreamId.parse('stream_tea');
const stream = {
  streamId,
  channelId: 'ch_hana',
  channelTitle: 'Hana',
  title: 'Autumn tea',
  state: 'live',
  currency: 'USD',
  startsAt: '2026-01-01T00:00:00.000Z',
  liveAt: '2026-01-01T00:00:10.000Z',
  version: 3,
};
const productOf = (name: string, stock = { available: 10, held: 0, sold: 0, version: 1 }) => ({
  productId: `prd_${name}`,
  vendorId: 'vnd_aki',
  title: name,
  description: '',
  attributes: [],
  variants: [
    { variantId: `var_${name}`, listPrice: { amount: 4000, currency: 'USD' }, stock, isRetired: false },
  ],
  isRetired: false,
  version: 1,
});
const pinOf = (name: string, version: number) => ({
  product: productOf(name),
  pinnedAt: '2026-01-01T00:01:00.000Z',
  streamMs: 50_000,
  version,
});
const snapshot = (pinned: object | null) => ({
  stream,
  showcase: [productOf('teapot'), productOf('scarf')],
  pinned,
  online: { online: 20 },
});

let socket: MemorySocket;
let room: RoomController;
beforeEach(() => {
  socket = new MemorySocket();
  room = new RoomController(socket, streamId);
});

const available = () => room.showcase[0]?.variants[0]?.stock.available;

test('[S0.17] the pinned card follows the newest version, whatever order the words come in', () => {
  socket.tellSnapshot(snapshot(pinOf('teapot', 4)));
  socket.tell('rooms.pinned', pinOf('scarf', 6));
  socket.tell('rooms.unpinned', { productId: 'prd_teapot', streamMs: 1, version: 5 });
  expect(room.pinned?.product.title).toBe('scarf');
  socket.tell('rooms.unpinned', { productId: 'prd_scarf', streamMs: 2, version: 7 });
  expect(room.pinned).toBeUndefined();
});

test('[S0.17] stock on the shelf and on the pinned card is the newest the server told', () => {
  socket.tellSnapshot(snapshot(pinOf('teapot', 4)));
  const told = (count: number, version: number) =>
    socket.tell('rooms.stock', {
      stock: [
        { productId: 'prd_teapot', variantId: 'var_teapot', available: count, held: 0, sold: 0, version },
      ],
    });
  told(7, 5);
  told(9, 4);
  expect([available(), room.pinned?.product.variants[0]?.stock.available]).toEqual([7, 7]);
});

test('a room that may not be entered says why, and a snapshot takes that back', () => {
  socket.tellSnapshot({ refusal: 'room-closed' });
  expect(room.refusal).toBe('room-closed');
  socket.tellSnapshot(snapshot(null));
  expect([room.refusal, room.stream?.title, room.online]).toEqual(['', 'Autumn tea', 20]);
});

test('[M-R2] stream time runs from going live on the server’s clock, and stands at the end', () => {
  socket.tellSnapshot(snapshot(null));
  const now = Date.parse('2026-01-01T00:14:52.000Z') + 10_000;
  expect(room.streamMs(now)).toBe(892_000);
  socket.tell('rooms.state-changed', { ...stream, state: 'ended', endedAt: '2026-01-01T00:10:10.000Z' });
  expect(room.streamMs(now)).toBe(600_000);
});

test('other features take their part of each snapshot, and who asks late gets the last', () => {
  const seen: unknown[] = [];
  room.onSnapshot((parts) => seen.push(parts.drops));
  socket.tellSnapshot({ ...snapshot(null), drops: 'first' });
  room.onSnapshot((parts) => seen.push(`late ${String(parts.drops)}`));
  expect(seen).toEqual(['first', 'late first']);
});
