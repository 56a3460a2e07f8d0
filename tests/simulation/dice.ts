/** Chance by a seed: the same seed throws the same numbers. */
export type Dice = {
  /** A whole number from 0 up to and without `bound`. */
  below(bound: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError on an empty list. */
  pick<Item>(items: readonly Item[]): Item;
};

/** Dice of a seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = (seed * 0x9e3779b1) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    below,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}
