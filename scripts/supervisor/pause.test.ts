import { expect, test } from 'vitest';
import { pauseAfter, type Restarts } from './pause.ts';

function pauses(runsMs: number[]): number[] {
  let restarts: Restarts = { inARow: 0 };
  return runsMs.map((ranMs) => {
    const next = pauseAfter(restarts, ranMs);
    restarts = next;
    return next.pauseMs;
  });
}

test('pauses double from half a second to thirty', () => {
  expect(pauses(Array.from({ length: 9 }, () => 100))).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test('a minute of good health begins them anew, and a second less does not', () => {
  expect(pauses([0, 0, 59_999, 60_000, 0])).toEqual([500, 1000, 2000, 500, 1000]);
});
