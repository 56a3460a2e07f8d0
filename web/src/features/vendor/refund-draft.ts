import type { DeskOrder, RefundOrder } from '#contract/checkout.ts';
import type { VariantId } from '#contract/ids.ts';
import { currencyDigits, type Money } from '#contract/money.ts';
import { readAmount } from '../../ui/amount-text.ts';

/** What stands in a refund's fields: all that is left, by units, or an amount. */
export type RefundDraft = {
  kind: 'whole' | 'lines' | 'amount';
  /** How many units of each variant. */
  quantities: Partial<Record<VariantId, number>>;
  amount: string;
  units: RefundOrder['units'];
  reason: string;
};

export type RefundFaults = {
  quantities?: 'missing';
  amount?: 'missing' | 'too-large';
  reason?: 'missing';
};

/** Why there is nothing to refund on an order; undefined: there is. */
export type Obstacle = 'not-paid' | 'all-back' | 'dispute-open' | 'dispute-lost';

const sold: readonly DeskOrder['state'][] = ['paid', 'fulfilled', 'refunded'];

/** What stands in the way of refunding an order. */
export function obstacleOf({ state, dispute, refundable }: DeskOrder): Obstacle | undefined {
  if (!sold.includes(state)) return 'not-paid';
  if (dispute?.state === 'open') return 'dispute-open';
  if (dispute?.state === 'lost') return 'dispute-lost';
  return refundable.amount === 0 ? 'all-back' : undefined;
}

/** Units of a variant that no standing refund names. */
export function openUnits({ lines, refunds }: Pick<DeskOrder, 'lines' | 'refunds'>, variantId: VariantId) {
  const bought = lines.find((line) => line.variantId === variantId)?.quantity ?? 0;
  const back = refunds
    .filter(({ state }) => state !== 'failed')
    .flatMap((refund) => refund.lines)
    .reduce((sum, line) => sum + (line.variantId === variantId ? line.quantity : 0), 0);
  return bought - back;
}

const chosen = ({ quantities }: RefundDraft, { lines }: DeskOrder): RefundOrder['lines'] =>
  lines.flatMap(({ variantId }) => {
    const quantity = quantities[variantId] ?? 0;
    return quantity > 0 ? [{ variantId, quantity }] : [];
  });

/**
 * What the buyer would get. Units of a line share what was paid for it, and the tax on it, by largest remainder;
 * shipping goes back with the last of all units. Undefined while the fields do not say an amount.
 */
export function amountOf(draft: RefundDraft, order: DeskOrder): Money | undefined {
  const { refundable } = order;
  if (draft.kind === 'whole') return refundable;
  if (draft.kind === 'amount') {
    const amount = readAmount(draft.amount, currencyDigits[refundable.currency]);
    return amount === undefined || amount === 0 ? undefined : { ...refundable, amount };
  }
  const units = chosen(draft, order);
  if (units.length === 0) return undefined;
  const isLast = order.lines.every(
    ({ variantId }) => openUnits(order, variantId) === (draft.quantities[variantId] ?? 0),
  );
  const amount = isLast ? refundable.amount : Math.min(refundable.amount, paidFor(order, units));
  return { ...refundable, amount };
}

function paidFor(order: DeskOrder, units: RefundOrder['lines']): number {
  const { lines, totals } = order;
  const weights = [...lines.map(({ total }) => total.amount), totals.shipping.amount];
  const taxes = totals.isTaxIncluded ? [] : split(totals.tax.amount, weights);
  return units.reduce((sum, { variantId, quantity }) => {
    const index = lines.findIndex((line) => line.variantId === variantId);
    const line = lines[index];
    if (line === undefined) return sum;
    const each = split(line.total.amount + (taxes[index] ?? 0), Array<number>(line.quantity).fill(1));
    const before = line.quantity - openUnits(order, variantId);
    return sum + each.slice(before, before + quantity).reduce((one, other) => one + other, 0);
  }, 0);
}

/** Largest remainder; the first of equals gets the odd unit. */
function split(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((one, other) => one + other, 0);
  if (sum === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = exact.map((one) => Number(one / BigInt(sum)));
  const rests = exact.map((one, index) => ({ index, rest: one % BigInt(sum) }));
  const order = rests.toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  const over = total - parts.reduce((one, other) => one + other, 0);
  for (const { index } of order.slice(0, over)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** What of the fields does not make a refund yet. */
export function refundFaultsOf(draft: RefundDraft, order: DeskOrder): RefundFaults {
  const faults: RefundFaults = {};
  const amount = amountOf(draft, order);
  if (draft.kind === 'lines' && amount === undefined) faults.quantities = 'missing';
  if (draft.kind === 'amount') {
    if (amount === undefined) faults.amount = 'missing';
    else if (amount.amount > order.refundable.amount) faults.amount = 'too-large';
    if (draft.units !== 'keep' && chosen(draft, order).length === 0) faults.quantities = 'missing';
  }
  if (draft.reason.trim() === '') faults.reason = 'missing';
  return faults;
}

/** The refund that the fields ask for. What was shown is what is asked: only all that is left goes without an amount. */
export function refundOf(draft: RefundDraft, order: DeskOrder): RefundOrder | undefined {
  if (Object.keys(refundFaultsOf(draft, order)).length > 0) return undefined;
  const { kind, units } = draft;
  const reason = draft.reason.trim();
  if (kind === 'whole') return { lines: [], units, reason };
  const amount = amountOf(draft, order);
  const lines = kind === 'amount' && units === 'keep' ? [] : chosen(draft, order);
  return amount ? { lines, amount, units, reason } : undefined;
}
