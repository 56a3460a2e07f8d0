import type { OrderId } from '#contract/ids.ts';
import { logger } from '../platform/logger.ts';
import { type Checkout, holdOwnersOf, termOf } from './parts.ts';

/** Makes a paid order's promises true: coupon used, units sold, money shared out, other payments called off. */
export async function settle(checkout: Checkout, orderId: OrderId): Promise<void> {
  const { store, catalog, payments, failpoint } = checkout;
  const order = await store.get(orderId);
  if (order?.paid === undefined) throw new Error(`${orderId} is to be settled and is not paid`);
  const { paid, vendorId, channelId, totals, discounts, fee } = order;
  // What came back in full gives its terms back: a late run must not use them up again.
  if (order.state !== 'refunded')
    for (const { kind } of order.terms) await termOf(checkout, kind).commit(orderId, paid.at);
  await failpoint('checkout.settle:terms-committed');
  for (const holdOwner of holdOwnersOf(order)) {
    const sold = await catalog.holds.commit(holdOwner);
    if (!sold.ok) logger.error({ orderId, holdOwner }, 'a paid order holds no stock');
  }
  await failpoint('checkout.settle:stock-sold');
  await payments.planTransfer({
    purpose: 'order',
    subjectId: orderId,
    chargeId: paid.chargeId,
    vendorId,
    hostId: channelId,
    paid: totals.total,
    fee,
    discounts,
    transferGroup: orderId,
    paidAt: paid.at,
    transferAfter: paid.at,
  });
  await failpoint('checkout.settle:transfer-planned');
  for (const intentId of order.openIntents) {
    if (intentId !== paid.intentId && (await payments.cancel(intentId)) === 'paid')
      await payments.observePayment(intentId, `settle:${orderId}`);
    await store.closeIntent(orderId, intentId);
  }
}
