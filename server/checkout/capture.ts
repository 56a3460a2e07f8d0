import { accept, type Result, refuse } from '#contract/errors.ts';
import type { OrderId } from '#contract/ids.ts';
import type { Checkout } from './parts.ts';
import type { Order } from './store.ts';

/**
 * Takes the money that the bank holds for an authorised order. Refused when it holds none (any more); a second call
 * finds it taken. The sale itself is made by what the payment service says, as ever.
 */
export async function captureOrder(
  { store, payments, failpoint }: Checkout,
  orderId: OrderId,
): Promise<Result<Order, 'not-found' | 'order-not-payable' | 'hold-ended'>> {
  const order = await store.get(orderId);
  if (order === undefined) return refuse('not-found');
  if (order.paid) return accept(order);
  const intentId = order.paying?.intentId;
  if (order.state !== 'authorised' || intentId === undefined) return refuse('order-not-payable');
  const stands = await payments.capture(intentId);
  await failpoint('checkout.capture:sent');
  if (stands === 'cancelled') return refuse('hold-ended');
  return accept((await store.get(orderId)) ?? order);
}
