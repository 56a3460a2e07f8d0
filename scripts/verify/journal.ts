import type { Money } from '#contract/money.ts';

/** A difference between what is stored and what its parts say; `where` names the document. */
export type Difference = { where: string; stored: string; recomputed: string };

type Entry = { causeId: string; legs: readonly { account: string; amount: Money }[] };
type Balance = { account: string; amount: Money };

/** Entries whose legs do not sum to zero in each currency, and balances that are not the sum of their entries. */
export function journalDifferences(entries: readonly Entry[], balances: readonly Balance[]): Difference[] {
  const sums = new Map<string, number>();
  const found: Difference[] = [];
  for (const { causeId, legs } of entries) {
    const rest = new Map<string, number>();
    for (const { account, amount } of legs) {
      const key = `${account} ${amount.currency}`;
      sums.set(key, (sums.get(key) ?? 0) + amount.amount);
      rest.set(amount.currency, (rest.get(amount.currency) ?? 0) + amount.amount);
    }
    for (const [currency, amount] of rest)
      if (amount !== 0)
        found.push({ where: `journal ${causeId}`, stored: `${amount} ${currency}`, recomputed: '0' });
  }
  const stored = new Map(
    balances.map(({ account, amount }) => [`${account} ${amount.currency}`, amount.amount]),
  );
  for (const key of new Set([...sums.keys(), ...stored.keys()]))
    if ((sums.get(key) ?? 0) !== (stored.get(key) ?? 0))
      found.push({
        where: `balance ${key}`,
        stored: String(stored.get(key) ?? 0),
        recomputed: String(sums.get(key) ?? 0),
      });
  return found;
}
