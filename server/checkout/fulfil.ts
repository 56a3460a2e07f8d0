import { accept, type Result, refuse } from '#contract/errors.ts';
import { refundableOf } from './core/refund.ts';
import { changed } from './events.ts';
import { type Checkout, nowOf } from './parts.ts';
import type { Order } from './store.ts';
import { refundable } from './views.ts';

/** Marks a paid order as sent. Refused when it is sent already, or all of its money is on its way back. */
export async function fulfilOrder(
  checkout: Checkout,
  order: Order,
  tracking: string | undefined,
): Promise<Result<Order, 'order-not-paid' | 'conflict'>> {
  const { store } = checkout;
  const { dispute } = order;
  const isGivenBack = dispute === undefined && refundableOf(refundable(order)).amount === 0;
  if (order.state !== 'paid' || isGivenBack) return refuse('order-not-paid');
  const at = nowOf(checkout);
  const cause = 'sent';
  const sent = await store.move(order.orderId, {
    transition: 'fulfil',
    guard: { version: order.version },
    set: { tracking },
    cause,
    at,
    events: [changed(order, 'fulfilled', cause, at)],
  });
  if (sent === undefined) return refuse('conflict', 'it changed meanwhile');
  await checkout.failpoint('checkout.fulfil:moved');
  await store.relay(order.orderId);
  return accept((await store.get(order.orderId)) ?? sent);
}
