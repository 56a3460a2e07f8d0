import { createHash } from 'node:crypto';
import type { RefundOrder } from '#contract/checkout.ts';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { type OrderId, RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import { decideRefund, type Refund, type RefundShare, standingOf } from './core/refund.ts';
import { changed } from './events.ts';
import { type Checkout, nowOf } from './parts.ts';
import { settle } from './settle.ts';
import type { Order } from './store.ts';
import { refundable } from './views.ts';

/** The refund that a vendor's key names: the same key again is the same refund. */
function refundIdOf(orderId: OrderId, key: string): RefundId {
  const digest = createHash('sha256').update(`${orderId} ${key}`).digest('base64url');
  return RefundId.parse(`rfd_${digest.slice(0, 32)}`);
}

/**
 * Gives money back. What is decided is written on the order under its version, so that two who refund at once never
 * give back more than was paid; then the payment service is asked, and its word makes it `done`.
 */
export async function refundOrder(
  checkout: Checkout,
  orderId: OrderId,
  key: string,
  ask: RefundOrder,
): Promise<Result<Order, ErrorCode>> {
  const { store, failpoint } = checkout;
  const refundId = refundIdOf(orderId, key);
  const askDigest = digestOf(ask);
  for (let round = 0; round < 20; round += 1) {
    const order = await store.get(orderId);
    if (order === undefined) return refuse('not-found');
    const known = order.refunds.find((one) => one.refundId === refundId);
    if (known && known.askDigest !== askDigest) return refuse('key-reused');
    if (known) return sent(checkout, order, known);
    const decided = decideRefund(refundable(order), ask);
    if (!decided.ok) return decided;
    const at = nowOf(checkout);
    const { amount, lines } = decided.value;
    const refund: Refund = {
      refundId,
      serviceRefundId: undefined,
      state: 'asked',
      amount,
      share: shareOf(checkout, order)(standingOf(order.refunds), amount),
      lines,
      units: ask.units,
      reason: ask.reason,
      by: 'vendor',
      at: at.getTime(),
      doneAt: undefined,
      askDigest,
    };
    const noted = await store.amend(orderId, {
      guard: { version: order.version },
      set: { refunds: [...order.refunds, refund] },
      events: [changed(order, order.state, 'refund-asked', at)],
    });
    if (noted === undefined) continue;
    await failpoint('checkout.refund:noted');
    return sent(checkout, noted, refund);
  }
  throw new Fault('conflict', `${orderId} kept changing`);
}

/** Who bears how much of a refund of this order, after others. */
export const shareOf =
  ({ payments }: Pick<Checkout, 'payments'>, { totals, fee, discounts, channelId }: Order) =>
  (standing: readonly RefundShare[], amount: Money) =>
    payments.shareOfRefund({ paid: totals.total, fee, discounts, hostId: channelId }, standing, amount);

async function sent(checkout: Checkout, order: Order, refund: Refund): Promise<Result<Order, ErrorCode>> {
  const { store } = checkout;
  const { orderId } = order;
  if (refund.state === 'asked') await send(checkout, order, refund);
  await store.relay(orderId);
  return accept((await store.get(orderId)) ?? order);
}

async function send(
  { payments, failpoint }: Checkout,
  { paid }: Order,
  { refundId, amount, reason }: Refund,
): Promise<void> {
  if (paid === undefined) throw new Error(`${refundId} is of an order that nobody paid`);
  await payments.refund({ intentId: paid.intentId, refundId, amount, reason });
  await failpoint('checkout.refund:sent');
}

/**
 * Makes a refund true that the payment service has: units back to the shelf or out of the books, shares booked and
 * reversed. The sale itself is settled first. Each step may run again.
 */
export async function finishRefund(checkout: Checkout, orderId: OrderId, refundId: RefundId): Promise<void> {
  const { store, catalog, payments, failpoint } = checkout;
  const order = await store.get(orderId);
  const refund = order?.refunds.find((one) => one.refundId === refundId);
  if (order?.paid === undefined || refund?.serviceRefundId === undefined)
    throw new Error(`${refundId} of ${orderId} is to be finished and is not there`);
  await settle(checkout, orderId);
  const { units, lines, reason, share, serviceRefundId, doneAt, at } = refund;
  if (units !== 'keep' && lines.length > 0 && doneAt !== undefined)
    await catalog.holds.takeBack({ returnId: refundId, lines, as: units, reason });
  await failpoint('checkout.refund:units-back');
  await payments.bookReturn({
    purpose: 'order',
    subjectId: orderId,
    refundId,
    serviceRefundId,
    vendorId: order.vendorId,
    hostId: order.channelId,
    share,
    at: new Date(doneAt ?? at),
    hasFailed: refund.state === 'failed',
  });
  await failpoint('checkout.refund:booked');
}

const askedMs = 10_000;

/** Asks again for refunds of which the payment service gave no word. Returns how many orders it looked at. */
export async function sweepRefunds(checkout: Checkout): Promise<number> {
  const { store, payments, clock } = checkout;
  if (!clock.isTrusted()) return 0;
  const before = new Date(nowOf(checkout).getTime() - askedMs);
  const orderIds = await store.refundsAsked(before, 100);
  for (const orderId of orderIds) {
    try {
      const order = await store.get(orderId);
      const asked =
        order?.refunds.filter(({ state, at }) => state === 'asked' && at < before.getTime()) ?? [];
      if (order?.paid === undefined || asked.length === 0) continue;
      for (const refund of asked) await send(checkout, order, refund);
      await payments.observePayment(order.paid.intentId, `refunds:${orderId}`);
    } catch (fault) {
      logger.warn({ err: fault, orderId }, 'refund not made yet, will be tried again');
    }
  }
  return orderIds.length;
}

const digestOf = ({ lines, amount, units, reason }: RefundOrder): string =>
  createHash('sha256')
    .update(JSON.stringify([lines, amount, units, reason]))
    .digest('base64url');
