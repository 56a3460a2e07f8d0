import type { Currency, Money } from '#contract/money.ts';

export const money = (amount: number, currency: Currency): Money => ({ amount, currency });

/** Adds amounts of one currency. @throws Error on mixed currencies: that is a bug, never a customer's doing. */
export function add(...amounts: [Money, ...Money[]]): Money {
  const [{ currency }] = amounts;
  let sum = 0;
  for (const one of amounts) {
    if (one.currency !== currency) throw new Error(`cannot add ${one.currency} to ${currency}`);
    sum += one.amount;
  }
  return { amount: sum, currency };
}

/**
 * Splits `total` minor units in proportion to `weights` by largest remainder: the parts are integers and sum to the
 * total exactly. All weights zero: equal parts. The first of equals gets the odd unit.
 */
export function splitByWeight(total: number, weights: readonly number[]): number[] {
  if (weights.length === 0) return [];
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((weight) => BigInt(total) * BigInt(sum === 0 ? 1 : weight));
  const whole = BigInt(sum === 0 ? weights.length : sum);
  const parts = shares.map((share) => floorDiv(share, whole));
  const order = shares
    .map((share, index) => ({ index, rest: share - (parts[index] ?? 0n) * whole }))
    .toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  let left = BigInt(total) - parts.reduce((a, b) => a + b, 0n);
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts.map(Number);
}

/** Hundredths of a percent (basis points) of an amount, half away from zero. */
export function portion(amount: number, basisPoints: number): number {
  const exact = amount * basisPoints;
  return Math.sign(exact) * Math.floor((Math.abs(exact) + 5000) / 10_000);
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
