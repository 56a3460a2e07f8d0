/** How often a part died shortly after its start, as far as restarts go. */
export type Restarts = { inARow: number };

const firstMs = 500;
const longestMs = 30_000;
const wellMs = 60_000;

/** The pause before a dead part starts again: 0.5 s doubling to 30 s, from the beginning after 60 s of good health. */
export function pauseAfter({ inARow }: Restarts, ranMs: number): Restarts & { pauseMs: number } {
  const before = ranMs >= wellMs ? 0 : inARow;
  return { inARow: before + 1, pauseMs: Math.min(firstMs * 2 ** Math.min(before, 10), longestMs) };
}
