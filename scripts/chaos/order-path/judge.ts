import type { Order } from '#server/checkout/index.ts';
import type { Goods, Stage } from '../../../tests/support/order-stage.ts';
import type { Findings } from '../report.ts';

type Kind = 'lost' | 'oversold' | 'doubled' | 'undersold' | 'unresolved';

/** What is wrong after a run, each in words: only a list of nothing is good. */
export class Harms {
  readonly words: string[] = [];
  readonly #counts: Record<Kind, number> = { lost: 0, oversold: 0, doubled: 0, undersold: 0, unresolved: 0 };

  add(kind: Kind, words: string): void {
    this.#counts[kind] += 1;
    if (this.words.length < 20) this.words.push(`${kind}: ${words}`);
  }

  /** Adds unless it holds. */
  unless(holds: boolean, kind: Kind, words: () => string): void {
    if (!holds) this.add(kind, words());
  }

  findings(run: { operations: number; acknowledged: number; faults: number }): Findings {
    return { ...run, ...this.#counts };
  }
}

const over = ['paid', 'fulfilled', 'expired', 'cancelled', 'refunded'];
export const isSold = ({ state }: Pick<Order, 'state'>): boolean => state === 'paid' || state === 'fulfilled';

/** Money of the payment service by order, from its own list. */
export type ServiceBooks = Map<
  string,
  { charges: { intentId: string; amount: number; back: number }[]; transferred: number; openIntents: number }
>;

/** Nobody can charge what waits for a card: its secret never left the house, or its order was called off with it. */
const endOfIntent = ['succeeded', 'canceled', 'requires_payment_method'];

/** Reads the payment service's list once. */
export function serviceBooks({ till }: Pick<Stage, 'till'>): ServiceBooks {
  const books: ServiceBooks = new Map();
  const of = (orderId: string) => {
    const known = books.get(orderId) ?? { charges: [], transferred: 0, openIntents: 0 };
    books.set(orderId, known);
    return known;
  };
  const objects = till.stripe.control.objects();
  for (const intent of objects.payment_intents)
    if (!endOfIntent.includes(intent.status)) of(intent.metadata.subjectId ?? '').openIntents += 1;
  for (const charge of objects.charges) {
    if (!charge.paid || charge.transfer_group === null) continue;
    const intentId = typeof charge.payment_intent === 'string' ? charge.payment_intent : '';
    of(charge.transfer_group).charges.push({ intentId, amount: charge.amount, back: charge.amount_refunded });
  }
  for (const { transfer_group: group, amount, amount_reversed: back } of objects.transfers)
    if (group !== null) of(group).transferred += amount - back;
  return books;
}

/** What each order's passage still holds in the journal: nothing, when it is settled. */
export async function passages({ till }: Pick<Stage, 'till'>): Promise<Map<string, number>> {
  const sums = await till.payments.journal.balances();
  return new Map(sums.map(({ account, amount }) => [account, amount.amount]));
}

type Looked = {
  books: ServiceBooks;
  sums: ReadonlyMap<string, number>;
  /** Whether money may have come a second time and gone back: somebody paid behind the house's back. */
  mayBePaidTwice?: boolean;
};

/**
 * Holds one order against the payment service's list and the journal: it is at an end, what is kept of its charges is
 * what it cost less what was given back, or nothing when it is no sale, it was charged once, and its passage is empty.
 */
export function judgeOrder(
  harms: Harms,
  order: Order,
  { books, sums, mayBePaidTwice = false }: Looked,
): void {
  const { orderId, state } = order;
  const { charges = [], transferred = 0, openIntents = 0 } = books.get(orderId) ?? {};
  harms.unless(over.includes(state), 'unresolved', () => `${orderId} is ${state}`);
  harms.unless(openIntents === 0, 'unresolved', () => `${orderId} is ${state} and may still be charged`);
  const kept = charges.reduce((sum, { amount, back }) => sum + amount - back, 0);
  const wanted = isSold(order) ? order.totals.total.amount - givenBack(order) : 0;
  harms.unless(kept === wanted, 'lost', () => `${orderId} is ${state}: ${kept} kept instead of ${wanted}`);
  harms.unless(
    mayBePaidTwice || charges.length <= 1,
    'doubled',
    () => `${orderId} was charged ${charges.length} times`,
  );
  const sale = charges.find(({ intentId }) => intentId === order.paid?.intentId);
  harms.unless(
    !isSold(order) || sale !== undefined,
    'lost',
    () => `${orderId} is paid by a charge that is not there`,
  );
  const passage = sums.get(`order:${orderId}`) ?? 0;
  harms.unless(passage === 0, 'lost', () => `${orderId} leaves ${passage} in its passage`);
  const owed = owedToVendor(order);
  harms.unless(
    transferred === owed,
    transferred > owed ? 'doubled' : 'lost',
    () => `${orderId} is ${state}: ${transferred} lie with the vendor instead of ${owed}`,
  );
}

/** What a sale leaves with its vendor: the money less the fee, with what others fund of the discount, less what went back. */
function owedToVendor(order: Order): number {
  if (!isSold(order)) return 0;
  const { totals, fee, discounts } = order;
  const others = discounts
    .filter(({ funder }) => funder !== 'vendor')
    .reduce((sum, { amount }) => sum + amount.amount, 0);
  return totals.total.amount - fee.amount + others - reversed(order);
}

const reversed = ({ refunds }: Order): number =>
  refunds.reduce(
    (sum, { share, state }) =>
      sum + (state === 'failed' ? 0 : share.ofCharge.amount + share.ofPlatform.amount),
    0,
  );

/** What went back of a sale that stands, by the order's own list. */
function givenBack(order: Order): number {
  return order.refunds.reduce((sum, { amount, state }) => sum + (state === 'failed' ? 0 : amount.amount), 0);
}

/** A variant's three balances sum to what was put in, none is negative, none is held, and sold is what was bought. */
export async function judgeStock(
  harms: Harms,
  stage: Stage,
  { variantId }: Goods,
  { putIn, sold }: { putIn: number; sold: number },
): Promise<void> {
  const row = await stage.stockOf(variantId);
  const words = () => `${variantId}: ${JSON.stringify(row)} of ${putIn}, ${sold} bought`;
  harms.unless(row.available >= 0 && row.held >= 0, 'oversold', words);
  harms.unless(row.sold <= sold, 'oversold', words);
  harms.unless(row.held === 0, 'unresolved', words);
  harms.unless(row.available + row.held + row.sold >= putIn, 'undersold', words);
  harms.unless(row.available + row.held + row.sold <= putIn, 'oversold', words);
  harms.unless(row.sold >= sold, 'lost', words);
}

/** Everything that workers do, until nothing is on its way: at most `rounds` times over what is left. */
export async function mend(stage: Stage, rounds = 2): Promise<void> {
  const { till } = stage;
  await till.settled();
  for (let round = 0; round < rounds; round += 1) {
    await till.catalog.sweep();
    await till.payments.sweepInbox();
    await till.payments.reconcile(new Date(0));
    await till.checkout.sweepHolds();
    await till.outbox.sweep();
    await till.checkout.sweepRefunds();
    await till.payments.sweepRefunds();
    await till.payments.sweepTransfers();
    await till.payments.sweepReversals();
    await till.settled();
  }
}
