import { accept, type Result, refuse } from '#contract/errors.ts';
import { Fault } from '../platform/fault.ts';
import { refundableOf } from './core/refund.ts';
import { changed } from './events.ts';
import { type Checkout, nowOf } from './parts.ts';
import type { Order } from './store.ts';
import { refundable } from './views.ts';

const rounds = 10;

/** Marks a paid order as sent. Refused when it is sent already, or all of its money is on its way back. */
export async function fulfilOrder(
  checkout: Checkout,
  { orderId }: Pick<Order, 'orderId'>,
  tracking: string | undefined,
): Promise<Result<Order, 'not-found' | 'order-not-paid'>> {
  const { store, failpoint } = checkout;
  // Decided under the version: a refund that comes between reading and moving counts.
  for (let round = 0; round < rounds; round += 1) {
    const order = await store.get(orderId);
    if (order === undefined) return refuse('not-found');
    const isGivenBack = order.dispute === undefined && refundableOf(refundable(order)).amount === 0;
    if (order.state !== 'paid' || isGivenBack) return refuse('order-not-paid');
    const at = nowOf(checkout);
    const cause = 'sent';
    const sent = await store.move(orderId, {
      transition: 'fulfil',
      guard: { version: order.version },
      set: { tracking },
      cause,
      at,
      events: [changed(order, 'fulfilled', cause, at)],
    });
    if (sent === undefined) continue;
    await failpoint('checkout.fulfil:moved');
    await store.relay(orderId);
    return accept((await store.get(orderId)) ?? sent);
  }
  throw new Fault('conflict', `${orderId} kept changing`);
}
