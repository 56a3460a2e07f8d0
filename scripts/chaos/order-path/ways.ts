import type { OrderId, PersonId } from '#contract/ids.ts';
import type { Goods, Process, Stage } from '../../../tests/support/order-stage.ts';

/** One purchase of a run, on its way. */
export type Item = {
  index: number;
  buyer: PersonId;
  key: string;
  goods: Goods;
  /** A coupon of the buyer's, where it buys with one. */
  coupon: string | undefined;
  token: string;
  orderId: OrderId | undefined;
};

/**
 * A way an order can go, in steps that one process takes: `before` by a process that lives, `act` by the one that dies
 * (after `passMs`, `actLater`), `after` by whoever the buyer or the vendor turns to then.
 */
export type Way = {
  name: string;
  units: number;
  hasCoupon: boolean;
  card: string;
  before?(stage: Stage, item: Item): Promise<void>;
  act(stage: Stage, hands: Process, item: Item): Promise<void>;
  passMs?: number;
  actLater?(stage: Stage, hands: Process, item: Item): Promise<void>;
  after(stage: Stage, item: Item): Promise<void>;
  /** The states that it may end in. */
  ends: readonly string[];
};

export const list = 10_000;
const off = 3000;
export const couponOf = { off, funders: [{ funder: 'platform' as const, basisPoints: 10_000 }] };
const totalOf = ({ coupon }: Item): number => (coupon === undefined ? list : list - off);
const holdMs = 300_000;

async function place(stage: Stage, hands: Process, item: Item): Promise<void> {
  const { buyer, key, goods, coupon } = item;
  const ask = stage.askFor(goods, totalOf(item), coupon === undefined ? {} : { coupon });
  const placed = await hands.checkout.place(buyer, key, ask);
  if (!placed.ok) throw new Error(`not placed: ${placed.refusal}`);
  item.orderId = placed.value.orderId;
}

async function pay({ till }: Stage, hands: Process, { orderId, token }: Item): Promise<void> {
  if (orderId === undefined) return;
  const answer = await hands.checkout.pay(await till.orderNow(orderId), token);
  if (!answer.ok) throw new Error(`not paid: ${answer.refusal}`);
}

/** Handles what the payment service posted of an order, as a woken worker does. */
async function hear(stage: Stage, hands: Process, { orderId }: Item): Promise<void> {
  const { till } = stage;
  await till.stripe.webhooksSettled();
  for (const { id, event } of till.stripe.events().slice(-120))
    if (orderId !== undefined && JSON.stringify(event.data.object).includes(orderId))
      await hands.payments.handleEvent(id);
}

/** The unit goes to another buyer, after the first one's hold is over. */
async function lapse(stage: Stage, item: Item): Promise<void> {
  const { till } = stage;
  await place(stage, till, item);
  if (item.orderId === undefined) return;
  // Its end alone, so that nobody else's hold ends with it.
  await till.checkout.cancel(await till.orderNow(item.orderId));
  await till.place(till.newPerson(), stage.askFor(item.goods, list));
}

/** Pays an order past the house, as an authentication does that was passed when nobody listened. Answers the intent. */
export async function payPast(
  { till }: Pick<Stage, 'till'>,
  { orderId, amount, token }: { orderId: OrderId | undefined; amount: number; token: string },
): Promise<string> {
  const intent = await till.sdk.paymentIntents.create({
    amount,
    currency: 'usd',
    confirm: true,
    confirmation_token: token,
    allowed_payment_method_types: ['card'],
    transfer_group: orderId ?? '',
    metadata: { purpose: 'order', subjectId: orderId ?? '', attempt: 9 },
  });
  return intent.id;
}

/** Every way of an order whose steps a death can part. */
export const ways: readonly Way[] = [
  {
    name: 'buy',
    ...{ units: 5, hasCoupon: true, card: 'pm_card_visa', ends: ['paid'] },
    async act(stage, hands, item) {
      await place(stage, hands, item);
      await pay(stage, hands, item);
      await hear(stage, hands, item);
      await hands.payments.sweepTransfers();
    },
    // The browser sends what it had no answer to once more.
    async after(stage, item) {
      await place(stage, stage.till, item);
      await pay(stage, stage.till, item);
    },
  },
  {
    name: 'leave',
    ...{ units: 5, hasCoupon: true, card: 'pm_card_threeDSecure2Required', ends: ['expired', 'cancelled'] },
    async act(stage, hands, item) {
      await place(stage, hands, item);
      await pay(stage, hands, item);
    },
    passMs: holdMs,
    async actLater(_, hands, { orderId }) {
      if (orderId !== undefined) await hands.checkout.endHold(orderId);
    },
    async after() {},
  },
  {
    name: 'late',
    ...{ units: 1, hasCoupon: false, card: 'pm_card_visa', ends: ['refunded'] },
    before: lapse,
    async act(stage, hands, item) {
      const intentId = await payPast(stage, { ...item, amount: totalOf(item) });
      await hands.payments.observePayment(intentId, 'late');
    },
    async after() {},
  },
  {
    name: 'late, and there is one',
    ...{ units: 5, hasCoupon: true, card: 'pm_card_visa', ends: ['refunded', 'paid'] },
    async before(stage, item) {
      const { till } = stage;
      await place(stage, till, item);
      if (item.orderId !== undefined) await till.checkout.cancel(await till.orderNow(item.orderId));
    },
    async act(stage, hands, item) {
      const intentId = await payPast(stage, { ...item, amount: totalOf(item) });
      await hands.payments.observePayment(intentId, 'late');
      await hands.payments.sweepTransfers();
    },
    async after() {},
  },
  {
    name: 'give back',
    ...{ units: 5, hasCoupon: true, card: 'pm_card_visa', ends: ['refunded'] },
    async before(stage, item) {
      const { till } = stage;
      await place(stage, till, item);
      await pay(stage, till, item);
      await hear(stage, till, item);
      await till.payments.sweepTransfers();
    },
    async act(stage, hands, item) {
      await giveBack(hands, item);
      await hear(stage, hands, item);
      await hands.payments.sweepReversals();
    },
    after: ({ till }, item) => giveBack(till, item),
  },
];

/** In two parts; the second takes the units back. The same keys are the same refunds. */
async function giveBack({ checkout }: Pick<Process, 'checkout'>, { orderId, key }: Item): Promise<void> {
  if (orderId === undefined) return;
  const part = { amount: 2345, currency: 'USD' as const };
  await checkout.refund(orderId, `${key}-part`, { lines: [], amount: part, units: 'keep', reason: 'late' });
  const rest = await checkout.refund(orderId, `${key}-rest`, { lines: [], units: 'restock', reason: 'back' });
  if (!rest.ok) throw new Error(`not refunded: ${rest.refusal}`);
}
