/** What a chaos run found, from what clients heard and what the stores hold; never from a server's own counters. */
export type ChaosReport = {
  name: string;
  seed: number;
  /** Things clients asked for. */
  operations: number;
  /** Those they heard an answer to. */
  acknowledged: number;
  /** Answers that did not stand: a coupon told and not recorded, or another answer to the same key. */
  lost: number;
  /** Coupons over the stock, by the record or by what clients heard. */
  oversold: number;
  /** Coupons beyond a viewer's first. */
  doubled: number;
  /** Units that nobody got although enough asked. */
  undersold: number;
  /** Asked, and still without an answer at the end. */
  unresolved: number;
  /** Faults injected. */
  faults: number;
  /** Planted bugs, and whether the same checks found them. */
  controls: { name: string; caught: boolean }[];
};

export type Findings = Omit<ChaosReport, 'name' | 'seed' | 'controls'>;

/** Whether nothing was lost, oversold, doubled, undersold or left open. */
export const isClean = ({ lost, oversold, doubled, undersold, unresolved }: Findings): boolean =>
  lost + oversold + doubled + undersold + unresolved === 0;

/** Numbers in [0, 1) that a seed makes again (mulberry32). */
export function seededDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
