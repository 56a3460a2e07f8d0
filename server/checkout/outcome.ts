import { OrderId } from '#contract/ids.ts';
import type { ObservedPayment, PaymentOutcome } from '../payments/index.ts';
import { logger } from '../platform/logger.ts';
import { onMoney } from './core/money-came.ts';
import { endOrder } from './ending.ts';
import { changed, paid } from './events.ts';
import { disputeSeen, refundImpossible, refundsSeen } from './money-back.ts';
import { type Checkout, lateHoldOwner, nowOf, termOf } from './parts.ts';
import { declined } from './pay.ts';
import type { Order, OrderPaid } from './store.ts';

/** What a payment's turn does to its order; the payment service's object has been fetched before. */
export const orderOutcome = (checkout: Checkout): PaymentOutcome => ({
  purpose: 'order',
  paid: (payment) => moneyCame(checkout, payment),

  async failed(payment) {
    const order = await orderOf(checkout, payment);
    if (order?.paying?.attempt !== payment.attempt) return;
    await declined(checkout, order, payment.attempt, payment.failureCode ?? 'card_declined');
  },

  async cancelled({ intentId, ...payment }) {
    const order = await orderOf(checkout, payment);
    if (order === undefined) return;
    await checkout.store.closeIntent(order.orderId, intentId);
    if (order.state === 'paying' || order.state === 'authorised')
      await endOrder(checkout, order.orderId, { as: 'cancelled', cause: 'payment-cancelled' }, { intentId });
  },

  async authorised({ intentId, ...payment }) {
    const order = await orderOf(checkout, payment);
    if (order?.paying?.attempt !== payment.attempt) return;
    await checkout.store.noteIntent(order.orderId, payment.attempt, intentId);
    const at = nowOf(checkout);
    const cause = 'authorised';
    const moved = await checkout.store.move(order.orderId, {
      transition: 'authorise',
      guard: { attempt: payment.attempt },
      cause,
      at,
      events: [changed(order, 'authorised', cause, at)],
    });
    if (moved) await checkout.store.relay(order.orderId);
  },

  refunded: (payment) => refundsSeen(checkout, payment),
  refundImpossible: (payment, refundId) => refundImpossible(checkout, payment, refundId),
  disputed: (payment) => disputeSeen(checkout, payment),
});

const orderOf = ({ store }: Checkout, { subjectId }: Pick<ObservedPayment, 'subjectId'>) =>
  store.get(OrderId.parse(subjectId));

/** Each round decides on the order as it is; another process may move it between reading and moving. */
async function moneyCame(checkout: Checkout, payment: ObservedPayment): Promise<'kept' | 'refund'> {
  const { store, failpoint } = checkout;
  const { intentId, amount, chargeId } = payment;
  if (chargeId === undefined) throw new Error(`${intentId} is paid without a charge`);
  for (let round = 0; round < 5; round += 1) {
    const order = await orderOf(checkout, payment);
    if (order === undefined) {
      logger.error({ intentId, orderId: payment.subjectId }, 'money for an order that nobody placed');
      return 'refund';
    }
    const decision = onMoney(
      {
        state: order.state,
        total: order.totals.total,
        paidBy: order.paid?.intentId,
        refused: order.refusedIntents,
        isFreeing: order.ending?.isFreeing,
      },
      { intentId, amount },
    );
    if (decision === 'known') {
      await store.relay(order.orderId);
      return 'kept';
    }
    if (decision === 'refund') {
      logger.warn({ intentId, orderId: order.orderId, state: order.state }, 'payment turned away');
      return 'refund';
    }
    if (decision === 'wait') throw new Error(`${intentId} is paid, ${order.orderId} is ${order.state}`);
    const sale: OrderPaid = { intentId, chargeId, at: paidAt(order, payment), card: payment.card };
    await failpoint('checkout.paid:decided');
    const done =
      decision === 'complete' ? await complete(checkout, order, sale) : await revive(checkout, order, sale);
    if (done !== undefined) return done;
  }
  throw new Error(`${intentId}: the order kept changing`);
}

/** The payment service dates in whole seconds, and so may date a payment before its order. */
const paidAt = ({ placedAt }: Order, { at }: ObservedPayment): Date => (at < placedAt ? placedAt : at);

async function complete(checkout: Checkout, order: Order, sale: OrderPaid): Promise<'kept' | undefined> {
  const { store, failpoint } = checkout;
  const at = nowOf(checkout);
  const moved = await store.move(order.orderId, {
    transition: 'complete',
    // Not when its stock was given up between reading and moving.
    guard: { version: order.version },
    set: { paid: sale, paying: undefined },
    cause: 'paid',
    at,
    events: [changed(order, 'paid', 'paid', at), paid(order, sale.at)],
  });
  if (moved === undefined) return undefined;
  await failpoint('checkout.paid:moved');
  await store.relay(order.orderId);
  return 'kept';
}

/** Money that came too late: a sale after all if stock and coupon can be had again, else it goes back. */
async function revive(
  checkout: Checkout,
  order: Order,
  sale: OrderPaid,
): Promise<'kept' | 'refund' | undefined> {
  const { store, catalog, config, failpoint } = checkout;
  const { orderId, personId } = order;
  const holdOwner = lateHoldOwner(orderId);
  const now = nowOf(checkout);
  const isHeld = await (async () => {
    const stock = await catalog.holds.hold({
      holdOwner,
      lines: order.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
      endsAt: new Date(now.getTime() + config.holdMs),
    });
    if (!stock.ok) return false;
    for (const { kind, ref } of order.terms)
      if (!(await termOf(checkout, kind).reserve({ orderId, ref, personId, now })).ok) return false;
    return true;
  })();
  await failpoint('checkout.late:held-again');
  if (isHeld) {
    const cause = 'late-payment';
    const moved = await store.move(orderId, {
      transition: 'revive',
      guard: { isNotRefused: sale.intentId },
      set: { paid: sale, holdOwner, adopted: [] },
      cause,
      at: now,
      events: [changed(order, 'paid', cause, now), paid(order, sale.at)],
    });
    if (moved) {
      await store.relay(orderId);
      return 'kept';
    }
  }
  if (!(await store.refuseIntent(orderId, sale.intentId))) return undefined;
  await failpoint('checkout.late:refused');
  await catalog.holds.release(holdOwner, 'late-payment-refunded');
  for (const { kind } of order.terms) await termOf(checkout, kind).giveBack(orderId, now);
  return 'refund';
}
