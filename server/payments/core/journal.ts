import type { Money } from '#contract/money.ts';

/**
 * Who money is owed to or held by. Debits are positive: `payment-service` is what lies with it for us, a negative
 * `vendor:…` is what we owe that vendor, `order:…` is a passage that is empty when the order has settled.
 */
export type Account =
  | 'payment-service'
  | 'platform:fees'
  | 'platform:discounts'
  | 'platform:disputes'
  | `vendor:${string}`
  | `host:${string}`
  | `order:${string}`;

export type Leg = { account: Account; amount: Money };

/**
 * One fact about money, told once: `causeId` names the fact (`charge:ch_…`, `sale:ord_…`), `legs` say where it went,
 * `at` is when, in milliseconds since 1970.
 */
export type JournalEntry = { causeId: string; at: number; legs: readonly Leg[]; note: string };

export type Balance = { account: Account; amount: Money };

/** What is wrong with an entry, or undefined: legs are whole minor units and sum to zero in each currency. */
export function faultOf({ causeId, legs }: JournalEntry): string | undefined {
  if (legs.length < 2) return `${causeId}: an entry has two legs or more`;
  if (legs.some(({ amount }) => !Number.isSafeInteger(amount.amount)))
    return `${causeId}: a leg is no whole number of minor units`;
  const uneven = balancesOf(legs.map(({ amount }) => ({ account: 'payment-service', amount }))).find(
    ({ amount }) => amount.amount !== 0,
  );
  return uneven && `${causeId}: legs leave ${uneven.amount.amount} ${uneven.amount.currency}`;
}

/** Running sums by account and currency, in order of first sight. */
export type Sums = Map<string, Balance>;

/** Adds legs to running sums. */
export function addTo(sums: Sums, legs: Iterable<Leg>): void {
  for (const { account, amount } of legs) {
    const key = `${account} ${amount.currency}`;
    const sum = sums.get(key)?.amount.amount ?? 0;
    sums.set(key, { account, amount: { amount: sum + amount.amount, currency: amount.currency } });
  }
}

/** Sums legs by account and currency. */
export function balancesOf(legs: Iterable<Leg>): Balance[] {
  const sums: Sums = new Map();
  addTo(sums, legs);
  return [...sums.values()];
}

/** Whether two entries say the same; the instant and the note may differ. */
export function isSameFact(one: JournalEntry, other: JournalEntry): boolean {
  const words = ({ legs }: JournalEntry) =>
    legs.map(({ account, amount }) => `${account} ${amount.amount} ${amount.currency}`).join('\n');
  return one.causeId === other.causeId && words(one) === words(other);
}
