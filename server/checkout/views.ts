import type { DeskOrder, OrderView, Seller } from '#contract/checkout.ts';
import { AccountId } from '#contract/ids.ts';
import type { Checkout } from './parts.ts';
import type { Order } from './store.ts';

/** Orders as their buyers see them, in the same order. */
export async function viewsOf(
  { identity }: Pick<Checkout, 'identity'>,
  orders: readonly Order[],
): Promise<OrderView[]> {
  const vendorIds = [...new Set(orders.map(({ vendorId }) => vendorId))];
  const names = new Map(
    (await identity.vendors.many(vendorIds)).map(({ vendorId, name }) => [vendorId, name]),
  );
  return orders.map((order) => viewOf(order, names.get(order.vendorId) ?? ''));
}

function viewOf(order: Order, vendorName: string): OrderView {
  const [coupon] = order.terms;
  return {
    orderId: order.orderId,
    state: order.state,
    version: order.version,
    vendorId: order.vendorId,
    vendorName,
    seller: sellerOf(vendorName),
    streamId: order.streamId,
    lines: order.lines,
    totals: order.totals,
    coupon: coupon && { ref: coupon.ref, label: coupon.label },
    placedAt: order.placedAt.toISOString(),
    holdEndsAt: order.holdEndsAt.toISOString(),
    paidAt: order.paid?.at.toISOString(),
    card: order.paid?.card,
    lastFailure: order.lastFailure && {
      code: order.lastFailure.code,
      at: order.lastFailure.at.toISOString(),
    },
    email: order.email,
    delivery: order.delivery,
    refunds: [],
    refunded: { amount: 0, currency: order.totals.total.currency },
    history: historyOf(order),
  };
}

/** Orders as their vendor sees them: buyers by handle, guests as `guest`. */
export async function deskViewsOf(
  { identity }: Pick<Checkout, 'identity'>,
  orders: readonly Order[],
): Promise<DeskOrder[]> {
  const accountIds = orders.flatMap(({ personId }) => AccountId.safeParse(personId).data ?? []);
  const handles = new Map<string, string>(
    (await identity.accounts.many([...new Set(accountIds)])).map(({ accountId, handle }) => [
      accountId,
      handle,
    ]),
  );
  return orders.map((order) => ({
    orderId: order.orderId,
    state: order.state,
    streamId: order.streamId,
    buyer: handles.get(order.personId) ?? 'guest',
    lines: order.lines,
    totals: order.totals,
    discounts: order.discounts,
    fee: order.fee,
    placedAt: order.placedAt.toISOString(),
    paidAt: order.paid?.at.toISOString(),
    email: order.email,
    delivery: order.delivery,
    refunds: [],
    refunded: { amount: 0, currency: order.totals.total.currency },
    refundable: order.totals.total,
    history: historyOf(order),
  }));
}

/** Who sells, by the public name alone. */
export const sellerOf = (vendorName: string): Seller => ({
  legalName: vendorName,
  legalAddress: '',
  conditions: '',
});

const historyOf = ({ history }: Order): OrderView['history'] =>
  history.map(({ at, state, cause }) => ({ at: at.toISOString(), state, cause }));
