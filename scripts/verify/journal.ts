import type { RecordedEntry } from '#server/payments/index.ts';
import type { Difference } from './difference.ts';

type Legs = Pick<RecordedEntry, 'causeId' | 'legs'>;

/** Sums of accounts by `account currency`, in minor units. */
export type Sums = Map<string, number>;

/** What is wrong with one entry by itself: legs that leave something in a currency, or are no whole units. */
export function entryDifferences({ causeId, legs }: Legs): Difference[] {
  const where = `journal ${causeId}`;
  const broken = legs.find(({ amount }) => !Number.isSafeInteger(amount.amount));
  if (broken) return [{ where, stored: String(broken.amount.amount), recomputed: 'whole minor units' }];
  if (legs.length === 0) return [{ where, stored: 'no legs', recomputed: 'two or more' }];
  const [first] = legs;
  const currency = first?.amount.currency;
  let rest = 0;
  for (const { amount } of legs) {
    if (amount.currency !== currency) return mixedDifferences({ causeId, legs });
    rest += amount.amount;
  }
  return rest === 0 ? [] : [{ where, stored: `${rest} ${currency} left`, recomputed: '0' }];
}

function mixedDifferences({ causeId, legs }: Legs): Difference[] {
  const rest = new Map<string, number>();
  for (const { amount } of legs) rest.set(amount.currency, (rest.get(amount.currency) ?? 0) + amount.amount);
  return [...rest]
    .filter(([, amount]) => amount !== 0)
    .map(([currency, amount]) => ({
      where: `journal ${causeId}`,
      stored: `${amount} ${currency} left`,
      recomputed: '0',
    }));
}

/** Adds an entry's legs to running sums. */
export function addLegs(sums: Sums, { legs }: Legs): void {
  for (const { account, amount } of legs) {
    const key = `${account} ${amount.currency}`;
    sums.set(key, (sums.get(key) ?? 0) + amount.amount);
  }
}

/** Balances as told that are not the sums of their entries. */
export function balanceDifferences(
  sums: Sums,
  told: readonly { account: string; amount: { amount: number; currency: string } }[],
): Difference[] {
  const stored = new Map(told.map(({ account, amount }) => [`${account} ${amount.currency}`, amount.amount]));
  return [...new Set([...sums.keys(), ...stored.keys()])].flatMap((key) => {
    const [one, other] = [stored.get(key) ?? 0, sums.get(key) ?? 0];
    return one === other ? [] : [{ where: `balance ${key}`, stored: String(one), recomputed: String(other) }];
  });
}
