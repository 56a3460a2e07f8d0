import { setTimeout } from 'node:timers/promises';
import type { CartEdit, OrderState, PlaceOrder, QuoteAsk, RefundOrder } from '#contract/checkout.ts';
import type { OrderId, PersonId, ProductId, StreamId, VariantId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { SnapshotPart } from '../gateway/ports.ts';
import { captureOrder } from './capture.ts';
import { cartsOf, clearCart, editCart, listenForCarts, sweepCarts } from './cart.ts';
import { refundedOf } from './core/refund.ts';
import { deskRoutes } from './desk-http.ts';
import { cancelOrder, endHold, sweepHolds } from './ending.ts';
import { fulfilOrder } from './fulfil.ts';
import { buyerRoutes } from './http.ts';
import { listen } from './listen.ts';
import { orderOutcome } from './outcome.ts';
import { addressRoutes, cartRoutes } from './own-http.ts';
import type { Checkout, CheckoutParts } from './parts.ts';
import { payOrder } from './pay.ts';
import { placeOrder } from './place.ts';
import type { PriceTerm } from './ports.ts';
import { quote } from './quote.ts';
import { refundOrder, sweepRefunds } from './refunds.ts';
import type { Order } from './store.ts';

export { checkoutMigrations } from './migrations.ts';
export type { PriceTerm } from './ports.ts';
export type { Order } from './store.ts';

/** What others may count of an order; never who bought. */
export type OrderFact = {
  orderId: OrderId;
  state: OrderState;
  vendorId: VendorId;
  streamId: StreamId | undefined;
  lines: { productId: ProductId; variantId: VariantId; title: string; quantity: number; total: Money }[];
  goods: Money;
  discount: Money;
  total: Money;
  /** What is back with the buyer or on its way; refunds of money that came too late are of no sale. */
  refunded: Money;
  fee: Money;
  placedAt: Date;
  /** When the money came; undefined: it has not. */
  paidAt: Date | undefined;
  termRef: string | undefined;
};

export type CheckoutFace = ReturnType<typeof createCheckout>;

/** The one order path: quote, hold, pay, and what money that came or never came makes of an order. */
export function createCheckout({ terms = [], ...parts }: CheckoutParts & { terms?: readonly PriceTerm[] }) {
  const checkout: Checkout = {
    wait: setTimeout,
    ...parts,
    failpoint: parts.failpoint ?? (() => {}),
    terms: new Map(terms.map((term) => [term.kind, term])),
  };
  parts.payments.registerOutcome(orderOutcome(checkout));
  listen(checkout);
  listenForCarts(checkout);
  const snapshots: SnapshotPart[] = [];
  return {
    routes: [
      ...buyerRoutes(checkout),
      ...deskRoutes(checkout),
      ...cartRoutes(checkout),
      ...addressRoutes(checkout),
    ],
    snapshots,
    /** Names a way to a lower price; once per kind, at composition. */
    registerTerm(term: PriceTerm): void {
      checkout.terms.set(term.kind, term);
    },
    quote: (personId: PersonId, ask: QuoteAsk) => quote(checkout, personId, ask),
    place: (
      personId: PersonId,
      key: string,
      ask: PlaceOrder,
      more: {
        /** `later`: the bank holds the money until {@link capture}. */ capture?: Order['capture'];
      } = {},
    ) => placeOrder(checkout, personId, key, ask, more),
    pay: (order: Order, confirmationToken: string) => payOrder(checkout, order, confirmationToken),
    /** Takes the money that the bank holds for an authorised order. */
    capture: (orderId: OrderId) => captureOrder(checkout, orderId),
    cancel: (order: Order) => cancelOrder(checkout, order),
    /** Gives money back; the same key is the same refund. */
    refund: (orderId: OrderId, key: string, ask: RefundOrder) => refundOrder(checkout, orderId, key, ask),
    fulfil: (order: Order, tracking?: string) => fulfilOrder(checkout, order, tracking),
    carts: {
      of: (personId: PersonId) => cartsOf(checkout, personId),
      edit: (personId: PersonId, vendorId: VendorId, edit: CartEdit) =>
        editCart(checkout, personId, vendorId, edit),
      clear: (personId: PersonId, vendorId: VendorId) => clearCart(checkout, personId, vendorId),
    },

    /** A worker's part, woken at the hold's end: the stored instant decides. */
    endHold: (orderId: OrderId) => endHold(checkout, orderId),
    /** Swept every few seconds: holds that ended, orders on their way to an end, tries without a word. */
    sweepHolds: () => sweepHolds(checkout),
    /** Swept every few seconds: refunds of which no word came. */
    sweepRefunds: () => sweepRefunds(checkout),
    /** Swept every second: what carts hold no longer. */
    sweepCarts: () => sweepCarts(checkout),

    orders: {
      get: (orderId: OrderId): Promise<Order | undefined> => parts.store.get(orderId),
      /** Every order of a stream that was placed there, oldest first. */
      byStream: async (streamId: StreamId): Promise<OrderFact[]> =>
        (await parts.store.ofStream(streamId)).map(factOf),
    },
  };
}

const factOf = (order: Order): OrderFact => ({
  orderId: order.orderId,
  state: order.state,
  vendorId: order.vendorId,
  streamId: order.streamId,
  lines: order.lines.map(({ productId, variantId, title, quantity, total }) => ({
    productId,
    variantId,
    title,
    quantity,
    total,
  })),
  goods: order.totals.goods,
  discount: order.totals.discount,
  total: order.totals.total,
  refunded: order.paid ? refundedOf(order) : { ...order.totals.total, amount: 0 },
  fee: order.fee,
  placedAt: order.placedAt,
  paidAt: order.paid?.at,
  termRef: order.terms[0]?.ref,
});
