import { z } from 'zod';
import { PageQuery, pageOf } from '#contract/catalog.ts';
import {
  OrderView,
  PayAnswer,
  PayOrder,
  PlacedOrder,
  PlaceOrder,
  Quote,
  QuoteAsk,
} from '#contract/checkout.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { OrderId, type PersonId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import { personOf } from '../gateway/ports.ts';
import { type Route, route } from '../gateway/route.ts';
import { cancelOrder } from './ending.ts';
import { fitsLink, linkKey } from './link.ts';
import { afterOf, nextOf } from './pages.ts';
import type { Checkout } from './parts.ts';
import { payOrder } from './pay.ts';
import { placeOrder } from './place.ts';
import { quote } from './quote.ts';
import type { Order } from './store.ts';
import { viewsOf } from './views.ts';

const OfOrder = z.object({ orderId: OrderId });

/** A buyer's order path over HTTP. */
export const buyerRoutes = (checkout: Checkout): Route[] => [
  route({
    method: 'post',
    path: '/quotes',
    action: 'order.quote',
    summary: 'Prices goods with a coupon; nothing is taken',
    body: QuoteAsk,
    reply: Quote,
    handle: async ({ actor, body }) => {
      const personId = personOf(actor);
      return personId === undefined ? refuse('sign-in-required') : quote(checkout, personId, body);
    },
  }),
  route({
    method: 'post',
    path: '/orders',
    action: 'order.place',
    summary: 'Places an order: stock and coupon are held until holdEndsAt. The same key is the same order',
    body: PlaceOrder,
    reply: PlacedOrder,
    status: 201,
    idempotent: true,
    handle: async ({ actor, body, idempotencyKey }) => {
      const personId = personOf(actor);
      if (personId === undefined) return refuse('sign-in-required');
      const placed = await placeOrder(checkout, personId, idempotencyKey ?? '', body);
      if (!placed.ok) return placed;
      const { orderId } = placed.value;
      const link = `/orders/${orderId}?key=${linkKey(checkout.linkSecret, orderId)}`;
      return accept({ ...(await viewOf(checkout, placed.value)), link });
    },
  }),
  route({
    method: 'get',
    path: '/orders',
    action: 'order.list-own',
    summary: 'My orders, newest first',
    query: PageQuery,
    reply: pageOf(OrderView),
    handle: async ({ actor, query: { cursor, limit } }) => {
      const personId = personOf(actor);
      if (personId === undefined) return refuse('sign-in-required');
      const orders = await checkout.store.ofPerson(personId, afterOf(cursor), limit);
      return accept({ items: await viewsOf(checkout, orders), ...nextOf(orders, limit) });
    },
  }),
  route({
    method: 'get',
    path: '/orders/:orderId',
    action: 'order.read-own',
    summary: 'One order: its buyer reads it, and whoever has its signed link',
    params: OfOrder,
    query: z.object({ key: z.string().max(100).optional() }),
    reply: OrderView,
    handle: async ({ actor, params: { orderId }, query: { key } }) => {
      const order = await checkout.store.get(orderId);
      const hasLink = key !== undefined && fitsLink(checkout.linkSecret, orderId, key);
      if (order === undefined || !(hasLink || order.personId === personOf(actor))) return refuse('not-found');
      return accept(await viewOf(checkout, order));
    },
  }),
  route({
    method: 'post',
    path: '/orders/:orderId/payments',
    action: 'order.pay',
    summary: 'Pays a held order with a confirmation token of the payment panel',
    params: OfOrder,
    body: PayOrder,
    reply: PayAnswer,
    handle: async ({ actor, params, body }) => {
      const own = await ownOrder(checkout, actor, params.orderId);
      if (!own.ok) return own;
      const answer = await payOrder(checkout, own.value, body.confirmationToken);
      if (!answer.ok) return answer;
      const { order, ...rest } = answer.value;
      return accept({ ...rest, order: await viewOf(checkout, order) });
    },
  }),
  route({
    method: 'post',
    path: '/orders/:orderId/cancel',
    action: 'order.cancel-own',
    summary: 'Leaves an order that is not paid: stock and coupon go back',
    params: OfOrder,
    reply: OrderView,
    handle: async ({ actor, params }) => {
      const own = await ownOrder(checkout, actor, params.orderId);
      if (!own.ok) return own;
      const cancelled = await cancelOrder(checkout, own.value);
      return cancelled.ok ? accept(await viewOf(checkout, cancelled.value)) : cancelled;
    },
  }),
];

/** Another's order is no order. */
async function ownOrder(
  { store }: Checkout,
  actor: Actor,
  orderId: OrderId,
): Promise<Result<Order, 'not-found'>> {
  const personId: PersonId | undefined = personOf(actor);
  const order = await store.get(orderId);
  return order && order.personId === personId ? accept(order) : refuse('not-found');
}

async function viewOf(checkout: Checkout, order: Order): Promise<OrderView> {
  const [view] = await viewsOf(checkout, [order]);
  if (view === undefined) throw new Error('an order without a view');
  return view;
}
