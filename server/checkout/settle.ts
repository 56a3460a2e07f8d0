import type { OrderId } from '#contract/ids.ts';
import { checkoutEvents } from '#contract/internal/checkout.ts';
import { logger } from '../platform/logger.ts';
import { type Checkout, termOf } from './parts.ts';
import { deskViewsOf, viewsOf } from './views.ts';

/** Hears the orders' own events: a sale is settled and shown to those it concerns. Each step may run again. */
export function listen(checkout: Checkout): void {
  const { outbox, rooms, live, store, identity } = checkout;

  outbox.subscribe(checkoutEvents.orderChanged, 'checkout.buyer', async ({ orderId, personId }) => {
    const order = await store.get(orderId);
    const [view] = order ? await viewsOf(checkout, [order]) : [];
    if (view) await live.tellPerson(personId, 'checkout.order-changed', view);
  });

  outbox.subscribe(checkoutEvents.orderPaid, 'checkout.settle', ({ orderId }) => settle(checkout, orderId));

  outbox.subscribe(checkoutEvents.orderPaid, 'checkout.timeline', async (sale) => {
    if (sale.streamId === undefined) return;
    const { orderId, vendorId, lines, goods, discount, total } = sale;
    await rooms.timeline.append(sale.streamId, {
      id: `order-paid:${orderId}`,
      at: new Date(sale.paidAt),
      kind: 'order-paid',
      data: { orderId, vendorId, lines, goods, discount, total },
    });
  });

  outbox.subscribe(checkoutEvents.orderPaid, 'checkout.sold', async ({ orderId, vendorId }) => {
    const order = await store.get(orderId);
    const [view] = order ? await deskViewsOf(checkout, [order]) : [];
    if (view === undefined) return;
    for (const accountId of await identity.roles.holdersOf({ role: 'vendor', vendorId }))
      await live.tellPerson(accountId, 'checkout.sold', view);
  });

  outbox.subscribe(checkoutEvents.orderRefunded, 'checkout.terms-back', async ({ orderId }, { at }) => {
    const order = await store.get(orderId);
    for (const { kind } of order?.terms ?? []) await termOf(checkout, kind).giveBack(orderId, at);
  });
}

/** Makes a paid order's promises true: coupon used, units sold, money shared out, other payments called off. */
async function settle(checkout: Checkout, orderId: OrderId): Promise<void> {
  const { store, catalog, payments, failpoint } = checkout;
  const order = await store.get(orderId);
  if (order?.paid === undefined) throw new Error(`${orderId} is to be settled and is not paid`);
  const { paid, vendorId, channelId, totals, discounts, fee } = order;
  for (const { kind } of order.terms) await termOf(checkout, kind).commit(orderId, paid.at);
  await failpoint('checkout.settle:terms-committed');
  const sold = await catalog.holds.commit(order.holdOwner);
  if (!sold.ok) logger.error({ orderId, holdOwner: order.holdOwner }, 'a paid order holds no stock');
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
