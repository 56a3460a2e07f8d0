import type { OrderId } from '#contract/ids.ts';
import { checkoutEvents } from '#contract/internal/checkout.ts';
import { leaveCart } from './cart-orders.ts';
import { giveInvoiceNumber } from './invoices.ts';
import { type Checkout, termOf } from './parts.ts';
import { finishRefund } from './refunds.ts';
import { settle } from './settle.ts';
import { deskViewsOf, viewsOf } from './views.ts';

/** Hears the orders' own events: a sale is settled and shown to those it concerns. Each step may run again. */
export function listen(checkout: Checkout): void {
  const { outbox, rooms, live, store, identity } = checkout;

  outbox.subscribe(checkoutEvents.orderChanged, 'checkout.invoice', async ({ orderId, vendorId, state }) => {
    if (state === 'paid') await giveInvoiceNumber(checkout, { orderId, vendorId });
  });

  outbox.subscribe(checkoutEvents.orderChanged, 'checkout.cart', async ({ orderId, state }) => {
    const order = state === 'held' || state === 'paid' ? await store.get(orderId) : undefined;
    if (order?.isFromCart) await leaveCart(checkout, order);
  });

  outbox.subscribe(checkoutEvents.orderChanged, 'checkout.buyer', async ({ orderId, personId }) => {
    const order = await store.get(orderId);
    const [view] = order ? await viewsOf(checkout, [order]) : [];
    if (view) await live.tellPerson(personId, 'checkout.order-changed', view);
  });

  const tellVendor = async (orderId: OrderId, t: 'checkout.sold' | 'checkout.desk-order-changed') => {
    const order = await store.get(orderId);
    const [view] = order?.paid ? await deskViewsOf(checkout, [order]) : [];
    if (order === undefined || view === undefined) return;
    const { vendorId } = order;
    for (const accountId of await identity.roles.holdersOf({ role: 'vendor', vendorId }))
      await live.tellPerson(accountId, t, view);
  };

  outbox.subscribe(checkoutEvents.orderChanged, 'checkout.desk', async ({ orderId, cause }) => {
    if (!newSales.includes(cause)) await tellVendor(orderId, 'checkout.desk-order-changed');
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

  outbox.subscribe(checkoutEvents.orderPaid, 'checkout.sold', ({ orderId }) =>
    tellVendor(orderId, 'checkout.sold'),
  );

  outbox.subscribe(
    checkoutEvents.orderRefunded,
    'checkout.return',
    async ({ orderId, refundId, wasSold }) => {
      if (wasSold) await finishRefund(checkout, orderId, refundId);
    },
  );
  outbox.subscribe(checkoutEvents.refundFailed, 'checkout.return', ({ orderId, refundId }) =>
    finishRefund(checkout, orderId, refundId),
  );

  outbox.subscribe(
    checkoutEvents.orderRefunded,
    'checkout.terms-back',
    async ({ orderId, isFull }, { at }) => {
      const order = isFull ? await store.get(orderId) : undefined;
      for (const { kind } of order?.terms ?? []) await termOf(checkout, kind).giveBack(orderId, at);
      await checkout.failpoint('checkout.refund:terms-back');
    },
  );
}

/** Causes that `checkout.sold` tells the vendor of. */
const newSales = ['paid', 'late-payment'];
