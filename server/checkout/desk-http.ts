import { z } from 'zod';
import { PageQuery, pageOf } from '#contract/catalog.ts';
import { DeskOrder, DeskOrderFilter, FulfilOrder, RefundOrder } from '#contract/checkout.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { OrderId, VendorId } from '#contract/ids.ts';
import { type Route, route } from '../gateway/route.ts';
import { fulfilOrder } from './fulfil.ts';
import { afterOf, nextOf } from './pages.ts';
import type { Checkout } from './parts.ts';
import { refundOrder } from './refunds.ts';
import type { Order } from './store.ts';
import { deskViewsOf } from './views.ts';

const OfVendor = z.object({ vendorId: VendorId });
const OfSale = OfVendor.extend({ orderId: OrderId });

/** A vendor's sales over HTTP. */
export const deskRoutes = (checkout: Checkout): Route[] => [
  route({
    method: 'get',
    path: '/vendors/:vendorId/orders',
    action: 'order.read-desk',
    summary: "A vendor's sales, newest first",
    params: OfVendor,
    query: PageQuery.extend(DeskOrderFilter.shape),
    reply: pageOf(DeskOrder),
    scope: ({ params }) => ({ vendorId: params.vendorId }),
    handle: async ({ params: { vendorId }, query: { cursor, limit, state } }) => {
      const orders = await checkout.store.ofVendor(vendorId, { state }, afterOf(cursor), limit);
      return accept({ items: await deskViewsOf(checkout, orders), ...nextOf(orders, limit) });
    },
  }),
  route({
    method: 'get',
    path: '/vendors/:vendorId/orders/:orderId',
    action: 'order.read-desk',
    summary: 'One sale of a vendor: what to send, to whom, and what it brings',
    params: OfSale,
    reply: DeskOrder,
    scope: ({ params }) => ({ vendorId: params.vendorId }),
    handle: async ({ params }) => {
      const sale = await saleOf(checkout, params);
      return sale.ok ? viewOf(checkout, sale.value) : sale;
    },
  }),
  route({
    method: 'post',
    path: '/vendors/:vendorId/orders/:orderId/fulfil',
    action: 'order.fulfil',
    summary: 'Marks a paid order as sent',
    params: OfSale,
    body: FulfilOrder,
    reply: DeskOrder,
    scope: ({ params }) => ({ vendorId: params.vendorId }),
    handle: async ({ params, body, audit }) => {
      const sale = await saleOf(checkout, params);
      if (!sale.ok) return sale;
      const sent = await fulfilOrder(checkout, sale.value, body.tracking);
      if (!sent.ok) return sent;
      audit({
        object: params.orderId,
        before: { state: sale.value.state },
        after: { state: sent.value.state },
      });
      return viewOf(checkout, sent.value);
    },
  }),
  route({
    method: 'post',
    path: '/vendors/:vendorId/orders/:orderId/refunds',
    action: 'order.refund',
    summary: 'Gives money back: of lines, an amount, or all that is left. The same key is the same refund',
    params: OfSale,
    body: RefundOrder,
    reply: DeskOrder,
    status: 201,
    idempotent: true,
    scope: ({ params }) => ({ vendorId: params.vendorId }),
    handle: async ({ params, body, idempotencyKey, audit }) => {
      const sale = await saleOf(checkout, params);
      if (!sale.ok) return sale;
      const refunded = await refundOrder(checkout, params.orderId, idempotencyKey ?? '', body);
      if (!refunded.ok) return refunded;
      audit({ object: params.orderId, before: moneyOf(sale.value), after: moneyOf(refunded.value) });
      return viewOf(checkout, refunded.value);
    },
  }),
];

/** Another vendor's sale, and what was never paid, is none. */
async function saleOf(
  { store }: Checkout,
  { vendorId, orderId }: { vendorId: VendorId; orderId: OrderId },
): Promise<Result<Order, 'not-found'>> {
  const order = await store.get(orderId);
  return order?.vendorId === vendorId && order.paid ? accept(order) : refuse('not-found');
}

async function viewOf(checkout: Checkout, order: Order): Promise<Result<DeskOrder, 'not-found'>> {
  const [view] = await deskViewsOf(checkout, [order]);
  return view ? accept(view) : refuse('not-found');
}

const moneyOf = ({ state, refunds }: Order) => ({
  state,
  refunds: refunds.map(({ refundId, amount, units, reason }) => ({ refundId, amount, units, reason })),
});
