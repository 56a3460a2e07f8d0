import type { OrderLine, OrderState, RefundOrder, Totals } from '#contract/checkout.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { RefundId, type VariantId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { splitByWeight } from '../../platform/money.ts';

/** Who bears how much of one refund; payments computes it when the refund is asked for. */
export type RefundShare = {
  amount: Money;
  fee: Money;
  /** Reversed of the transfer that was paid out of the charge. */
  ofCharge: Money;
  /** Reversed of the transfer that the platform paid for a discount. */
  ofPlatform: Money;
  discounts: { funder: 'vendor' | 'host' | 'platform'; amount: Money }[];
};

/** Units of an order's variant. */
export type Units = { variantId: VariantId; quantity: number };

/** One refund as the order keeps it; instants in milliseconds. */
export type Refund = {
  refundId: RefundId;
  /** The payment service's name of it, once it has one. */
  serviceRefundId: string | undefined;
  state: 'asked' | 'done' | 'failed';
  amount: Money;
  share: RefundShare;
  lines: Units[];
  units: 'restock' | 'write-off' | 'keep';
  reason: string;
  by: 'vendor' | 'payment-service';
  at: number;
  /** When the payment service had it; stays when the bank sends it back later. */
  doneAt: number | undefined;
  /** Of what was asked, so that its key is not used for another refund. */
  askDigest: string;
};

/** What a refund is decided on. */
export type RefundableOrder = {
  state: OrderState;
  isPaid: boolean;
  /** The bank has asked it back, or has it back. */
  isDisputed: boolean;
  lines: readonly OrderLine[];
  totals: Totals;
  refunds: readonly Refund[];
};

const sold: readonly OrderState[] = ['paid', 'fulfilled', 'refunded'];

/** What is back with the buyer or on its way. */
export function refundedOf({ totals, refunds }: Pick<RefundableOrder, 'totals' | 'refunds'>): Money {
  const standing = refunds.filter(({ state }) => state !== 'failed');
  return sumOf(standing, totals);
}

/** What the payment service has sent back. */
export function sentBackOf({ totals, refunds }: Pick<RefundableOrder, 'totals' | 'refunds'>): Money {
  return sumOf(
    refunds.filter(({ state }) => state === 'done'),
    totals,
  );
}

/** What may still be refunded: nothing of what was never a sale, nor of what the bank has taken into its hands. */
export function refundableOf(order: RefundableOrder): Money {
  const { totals } = order;
  const isOpen = order.isPaid && !order.isDisputed && sold.includes(order.state);
  const left = isOpen ? totals.total.amount - refundedOf(order).amount : 0;
  return { amount: Math.max(0, left), currency: totals.total.currency };
}

/** Units named by refunds that stand, or that went back before their refund failed. */
export function returnedOf(refunds: readonly Refund[], variantId: VariantId): number {
  return refunds
    .filter(({ state, doneAt }) => state !== 'failed' || doneAt !== undefined)
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => sum + (line.variantId === variantId ? line.quantity : 0), 0);
}

/**
 * How much goes back for which units. The units of a line share what was paid for it by largest remainder, with the
 * tax on it; shipping goes back with the last of all units. Never more than is left of what was paid.
 */
export function decideRefund(
  order: RefundableOrder,
  ask: Pick<RefundOrder, 'lines' | 'amount'>,
): Result<
  { amount: Money; lines: Units[] },
  'not-refundable' | 'refund-too-large' | 'more-than-bought' | 'currency-mismatch'
> {
  const left = refundableOf(order);
  if (left.amount === 0) return refuse('not-refundable');
  if (ask.amount && ask.amount.currency !== left.currency) return refuse('currency-mismatch');
  const open = order.lines.map(({ variantId, quantity }) => ({
    variantId,
    quantity: quantity - returnedOf(order.refunds, variantId),
  }));
  const openOf = (variantId: VariantId) => open.find((line) => line.variantId === variantId)?.quantity ?? 0;
  if (ask.lines.some(({ variantId, quantity }) => quantity > openOf(variantId)))
    return refuse('more-than-bought');
  if (ask.amount) {
    if (ask.amount.amount > left.amount) return refuse('refund-too-large');
    return accept({ amount: ask.amount, lines: [...ask.lines] });
  }
  const lines = ask.lines.length > 0 ? [...ask.lines] : open.filter(({ quantity }) => quantity > 0);
  const isLast = open.every(({ variantId, quantity }) => {
    const now = lines.find((line) => line.variantId === variantId)?.quantity ?? 0;
    return now === quantity;
  });
  const amount = isLast ? left.amount : Math.min(left.amount, paidFor(order, lines));
  return amount === 0 ? refuse('not-refundable') : accept({ amount: { ...left, amount }, lines });
}

function paidFor({ lines, totals, refunds }: RefundableOrder, units: readonly Units[]): number {
  const { tax, isTaxIncluded, shipping } = totals;
  const weights = [...lines.map(({ total }) => total.amount), shipping.amount];
  const taxes = isTaxIncluded ? weights.map(() => 0) : splitByWeight(tax.amount, weights);
  return units.reduce((sum, { variantId, quantity }) => {
    const index = lines.findIndex((line) => line.variantId === variantId);
    const line = lines[index];
    if (line === undefined) return sum;
    const each = splitByWeight(line.total.amount + (taxes[index] ?? 0), Array<number>(line.quantity).fill(1));
    const before = returnedOf(refunds, variantId);
    return sum + each.slice(before, before + quantity).reduce((one, other) => one + other, 0);
  }, 0);
}

/** A refund as the payment service tells of it. */
export type SeenRefund = {
  serviceRefundId: string;
  refundId: RefundId | undefined;
  amount: Money;
  hasFailed: boolean;
  at: number;
};

/** What became of a refund by what was seen. */
export type RefundTurn = { refund: Refund; to: 'done' | 'failed' };

/**
 * The order's refunds after a look at the payment service: asked ones are done, ones that the bank sent back have
 * failed, and ones made there are appended. `shareOf` is asked with the shares of those that stand.
 */
export function observeRefunds(
  order: Pick<RefundableOrder, 'refunds' | 'totals'>,
  seen: readonly SeenRefund[],
  shareOf: (standing: readonly RefundShare[], amount: Money) => RefundShare,
): { refunds: Refund[]; turns: RefundTurn[] } {
  const refunds = order.refunds.map((refund) => ({ ...refund }));
  const turns: RefundTurn[] = [];
  for (const { serviceRefundId, refundId, amount, hasFailed, at } of seen) {
    const known =
      refunds.find((one) => one.serviceRefundId === serviceRefundId) ??
      refunds.find((one) => one.refundId === refundId && one.serviceRefundId === undefined);
    if (known === undefined) {
      const refund: Refund = {
        refundId: RefundId.parse(`rfd_${serviceRefundId}`.slice(0, 84)),
        serviceRefundId,
        state: hasFailed ? 'failed' : 'done',
        amount,
        share: shareOf(standingBeside(amount, { totals: order.totals, refunds }), amount),
        lines: [],
        units: 'keep',
        reason: '',
        by: 'payment-service',
        at,
        doneAt: hasFailed ? undefined : at,
        askDigest: '',
      };
      refunds.push(refund);
      turns.push({ refund, to: hasFailed ? 'failed' : 'done' });
      continue;
    }
    known.serviceRefundId = serviceRefundId;
    if (hasFailed && known.state !== 'failed') {
      known.state = 'failed';
      turns.push({ refund: known, to: 'failed' });
    } else if (!hasFailed && known.state === 'asked') {
      known.state = 'done';
      known.doneAt = at;
      turns.push({ refund: known, to: 'done' });
    }
  }
  return { refunds, turns };
}

/** Shares of the refunds that stand: back or on their way. */
export const standingOf = (refunds: readonly Refund[]): RefundShare[] =>
  refunds.filter(({ state }) => state !== 'failed').map(({ share }) => share);

/** Those that stand beside one that is there: what is only asked for gives way where there is no room for all. */
function standingBeside(amount: Money, order: Pick<RefundableOrder, 'totals' | 'refunds'>): RefundShare[] {
  const isRoom = refundedOf(order).amount + amount.amount <= order.totals.total.amount;
  return standingOf(isRoom ? order.refunds : order.refunds.filter(({ state }) => state === 'done'));
}

function sumOf(refunds: readonly Refund[], { total }: Totals): Money {
  return { amount: refunds.reduce((sum, { amount }) => sum + amount.amount, 0), currency: total.currency };
}
