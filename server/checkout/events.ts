import type { OrderState } from '#contract/checkout.ts';
import { checkoutEvents } from '#contract/internal/checkout.ts';
import { type OutboxEvent, outboxEvent } from '../platform/outbox.ts';
import type { Refund } from './core/refund.ts';
import type { Order } from './store.ts';

const about = ({ orderId, streamId, vendorId, personId }: Order) => ({
  orderId,
  vendorId,
  personId,
  ...(streamId && { streamId }),
});

/** Tells the buyer's screens that the order has come to a state. */
export const changed = (order: Order, state: OrderState, cause: string, at: Date): OutboxEvent =>
  outboxEvent(checkoutEvents.orderChanged, { ...about(order), state, cause }, at);

/** Tells of a sale: settles it, and every slice that counts sales hears it. */
export const paid = (order: Order, at: Date): OutboxEvent =>
  outboxEvent(
    checkoutEvents.orderPaid,
    {
      ...about(order),
      ...(order.channelId && { channelId: order.channelId }),
      lines: order.lines.map(({ productId, variantId, quantity, total }) => ({
        productId,
        variantId,
        quantity,
        total,
      })),
      goods: order.totals.goods,
      discount: order.totals.discount,
      total: order.totals.total,
      paidAt: at.toISOString(),
    },
    at,
  );

/** Tells that an order ended without a sale. */
export const ended = (order: Order, state: 'expired' | 'cancelled', cause: string, at: Date): OutboxEvent =>
  outboxEvent(checkoutEvents.orderCancelled, { ...about(order), state, cause }, at);

/** Tells that a refund has gone to the buyer. */
export const refunded = (
  order: Order,
  { refundId, amount }: Refund,
  { isFull, wasSold }: { isFull: boolean; wasSold: boolean },
  at: Date,
): OutboxEvent =>
  outboxEvent(checkoutEvents.orderRefunded, { ...about(order), refundId, amount, isFull, wasSold }, at);

/** Tells that a refund came back from the buyer's bank. */
export const refundFailed = (order: Order, { refundId, amount }: Refund, at: Date): OutboxEvent =>
  outboxEvent(checkoutEvents.refundFailed, { ...about(order), refundId, amount }, at);
