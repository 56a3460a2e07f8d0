import { expect, test, vi } from 'vitest';
import { ConsumerId } from '#contract/media.ts';
import { SeatBook } from './seats.ts';

const seat = { roomId: 'stream_a', sessionId: 'peer' };
const layer = {
  t: 'consumer.layer',
  ...seat,
  consumerId: ConsumerId.parse('c'),
  spatialLayer: 1,
} as const;

test('[S0.4] a socket that comes back has the seat, and the late end of its former one changes nothing', () => {
  const book = new SeatBook();
  const [former, present] = [vi.fn(), vi.fn()];
  book.take(seat, 'view_1', former);
  book.take(seat, 'view_2', present);
  expect(book.leave('view_1')).toBeUndefined();
  book.hear(layer);
  expect(former).not.toHaveBeenCalled();
  expect(present.mock.calls).toEqual([['media.layer-changed', { consumerId: 'c', spatialLayer: 1 }]]);
  expect(book.leave('view_2')).toEqual(seat);
  book.hear(layer);
  expect(present).toHaveBeenCalledTimes(1);
});

test('a reset reaches every seat of its room, and of no other', () => {
  const book = new SeatBook();
  const [here, elsewhere] = [vi.fn(), vi.fn()];
  book.take(seat, 'view_1', here);
  book.take({ roomId: 'stream_b', sessionId: 'peer' }, 'view_2', elsewhere);
  book.hear({ t: 'room.reset', roomId: 'stream_a', epoch: 7 });
  expect(here.mock.calls).toEqual([['media.reset', { epoch: 7 }]]);
  expect(elsewhere).not.toHaveBeenCalled();
});
