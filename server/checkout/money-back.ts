import { OrderId, type RefundId } from '#contract/ids.ts';
import type { ObservedPayment } from '../payments/index.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import { observeRefunds, type Refund, type RefundTurn, sentBackOf } from './core/refund.ts';
import { changed, refunded, refundFailed } from './events.ts';
import { type Checkout, nowOf } from './parts.ts';
import { shareOf } from './refunds.ts';
import type { Amendment, Order, OrderDispute } from './store.ts';

const rounds = 20;

/** Decides on the order as it is, again whenever another process moved it between reading and writing. */
async function guarded(
  { store }: Checkout,
  orderId: OrderId,
  act: (order: Order) => Promise<Order | 'nothing' | undefined>,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const order = await store.get(orderId);
    if (order === undefined) return;
    const done = await act(order);
    if (done !== undefined) return store.relay(orderId);
  }
  throw new Fault('conflict', `${orderId} kept changing`);
}

/** What the payment service says of the refunds of an order's payment: ours are done or failed, its own are noted. */
export async function refundsSeen(checkout: Checkout, payment: ObservedPayment): Promise<void> {
  const { store, failpoint } = checkout;
  const { intentId, amount } = payment;
  const seen = payment.refunds.map((one) => ({ ...one, at: one.at.getTime() }));
  await guarded(checkout, OrderId.parse(payment.subjectId), async (order) => {
    const { orderId } = order;
    await store.closeIntent(orderId, intentId);
    const isItsSale = order.paid?.intentId === intentId;
    const isOver = ['expired', 'cancelled', 'refunded'].includes(order.state);
    const isLate = order.paid === undefined && isOver && order.refusedIntents.includes(intentId);
    if (!isItsSale && !isLate) return 'nothing';
    const { refunds, turns } = observeRefunds(order, seen, (standing, part) =>
      isItsSale
        ? shareOf(checkout, order)(standing, part)
        : { amount: part, fee: none(part), ofCharge: none(part), ofPlatform: none(part), discounts: [] },
    );
    const whole = isItsSale ? order.totals.total.amount : amount.amount;
    const isFull = sentBackOf({ ...order, refunds }).amount >= whole;
    if (turns.length === 0) return 'nothing';
    await failpoint('checkout.refunded:decided');
    const at = nowOf(checkout);
    const mayEnd = order.state !== 'refunded' && order.state !== 'expiring';
    const cause = isLate ? 'late-payment-refunded' : causeOf(turns, isFull);
    const events = [
      changed(order, isFull ? 'refunded' : order.state, cause, at),
      ...turns.flatMap(({ refund, to }, index) => {
        if (to === 'failed') return refund.doneAt ? [refundFailed(order, refund, at)] : [];
        const isLast = turns.findLastIndex((turn) => turn.to === 'done') === index;
        return [refunded(order, refund, { isFull: isFull && isLast, wasSold: isItsSale }, at)];
      }),
    ];
    const moved =
      isFull && mayEnd
        ? await store.move(orderId, {
            transition: 'refund',
            guard: { version: order.version },
            set: { refunds },
            cause,
            at,
            events,
          })
        : await store.amend(orderId, { guard: { version: order.version }, set: { refunds }, events });
    if (moved) await failpoint('checkout.refunded:noted');
    return moved;
  });
}

const none = ({ currency }: Refund['amount']): Refund['amount'] => ({ amount: 0, currency });

function causeOf(turns: readonly RefundTurn[], isFull: boolean): string {
  if (isFull) return 'refunded';
  return turns.some(({ to }) => to === 'done') ? 'partly-refunded' : 'refund-failed';
}

/** A refund that was asked for and can't be made: less is left of the payment. */
export async function refundImpossible(
  checkout: Checkout,
  payment: ObservedPayment,
  refundId: RefundId,
): Promise<void> {
  await guarded(checkout, OrderId.parse(payment.subjectId), async (order) => {
    const isAsked = order.refunds.some((one) => one.refundId === refundId && one.state === 'asked');
    if (!isAsked) return 'nothing';
    logger.error({ orderId: order.orderId, refundId }, 'a refund cannot be made');
    const refunds = order.refunds.map((one) =>
      one.refundId === refundId ? { ...one, state: 'failed' as const } : one,
    );
    return amend(checkout, order, { refunds }, 'refund-failed');
  });
}

/** The payer's bank asks the money back, or has decided: the open dispute counts, or else the latest. */
export async function disputeSeen(checkout: Checkout, payment: ObservedPayment): Promise<void> {
  await guarded(checkout, OrderId.parse(payment.subjectId), async (order) => {
    const seen: OrderDispute | undefined =
      payment.disputes.findLast(({ state }) => state === 'open') ?? payment.disputes.at(-1);
    const { dispute } = order;
    const isKnown = dispute?.disputeId === seen?.disputeId && dispute?.state === seen?.state;
    if (order.paid?.intentId !== payment.intentId || seen === undefined || isKnown) return 'nothing';
    const { disputeId, state, reason, amount, evidenceDueAt, at } = seen;
    const noted = { disputeId, state, reason, amount, evidenceDueAt, at };
    return amend(checkout, order, { dispute: noted }, `dispute-${state}`);
  });
}

const amend = (checkout: Checkout, order: Order, set: Amendment['set'], cause: string) =>
  checkout.store.amend(order.orderId, {
    guard: { version: order.version },
    set,
    events: [changed(order, order.state, cause, nowOf(checkout))],
  });
