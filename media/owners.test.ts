import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OwnerBook } from './owners.ts';

const hana = { roomId: 'stream_a', sessionId: 'view_hana' };
const bo = { roomId: 'stream_a', sessionId: 'view_bo' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('[S0.4] a peer whose server is gone lives 15 s, and one adopted meanwhile lives on', () => {
  const givenUp = vi.fn();
  const book = new OwnerBook<string>(15_000, givenUp);
  book.take(hana, 'first server');
  book.take(bo, 'first server');
  book.orphanAll('first server');

  vi.advanceTimersByTime(14_000);
  expect(givenUp).not.toHaveBeenCalled();
  book.take(hana, 'second server');
  vi.advanceTimersByTime(2_000);

  expect(givenUp.mock.calls).toEqual([[bo]]);
  expect(book.ownerOf(hana)).toBe('second server');
  expect(book.ownerOf(bo)).toBeUndefined();
});

test('a late goodbye of the former server does not orphan a peer the next one holds', () => {
  const givenUp = vi.fn();
  const book = new OwnerBook<string>(15_000, givenUp);
  book.take(hana, 'first server');
  book.take(hana, 'second server');
  book.orphanAll('first server');
  vi.advanceTimersByTime(60_000);
  expect(givenUp).not.toHaveBeenCalled();
});

test('a server that was out of reach for a moment has its peers back, but not those it gave away', () => {
  const givenUp = vi.fn();
  const book = new OwnerBook<string>(15_000, givenUp);
  book.take(hana, 'server');
  book.take(bo, 'server');
  book.orphan(bo);
  book.orphanAll('server');
  vi.advanceTimersByTime(1_000);
  book.reclaimAll('server');
  vi.advanceTimersByTime(60_000);
  expect(givenUp.mock.calls).toEqual([[bo]]);
  expect(book.ownerOf(hana)).toBe('server');
});
