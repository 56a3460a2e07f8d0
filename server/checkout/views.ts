import type { DeskOrder, Dispute, OrderRefund, OrderView } from '#contract/checkout.ts';
import { AccountId } from '#contract/ids.ts';
import { type Refund, type RefundableOrder, refundableOf, refundedOf } from './core/refund.ts';
import type { Checkout } from './parts.ts';
import type { Order, OrderDispute } from './store.ts';

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
    seller: { ...order.seller, legalName: order.seller.legalName || vendorName },
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
    invoiceNumber: order.invoiceNumber,
    tracking: order.tracking,
    refunds: order.refunds.map(refundViewOf),
    refunded: refundedOf(order),
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
    invoiceNumber: order.invoiceNumber,
    tracking: order.tracking,
    refunds: order.refunds.map(refundViewOf),
    refunded: refundedOf(order),
    refundable: refundableOf(refundable(order)),
    dispute: order.dispute && disputeViewOf(order.dispute),
    history: historyOf(order),
  }));
}

/** An order as refunds of it are decided on. */
export const refundable = ({ state, paid, dispute, lines, totals, refunds }: Order): RefundableOrder => ({
  state,
  isPaid: paid !== undefined,
  isDisputed: dispute !== undefined && dispute.state !== 'won',
  lines,
  totals,
  refunds,
});

const refundViewOf = ({ refundId, state, amount, lines, units, reason, by, at }: Refund): OrderRefund => ({
  refundId,
  state,
  amount,
  lines,
  units,
  reason,
  by,
  at: new Date(at).toISOString(),
});

const disputeViewOf = ({ evidenceDueAt, at, ...dispute }: OrderDispute): Dispute => ({
  ...dispute,
  evidenceDueAt: evidenceDueAt?.toISOString(),
  at: at.toISOString(),
});

const historyOf = ({ history }: Order): OrderView['history'] =>
  history.map(({ at, state, cause }) => ({ at: at.toISOString(), state, cause }));
