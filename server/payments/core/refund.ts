import type { Money } from '#contract/money.ts';
import { splitByWeight } from '../../platform/money.ts';
import type { Account, JournalEntry } from './journal.ts';
import type { DiscountShare } from './sale.ts';

/** What a sale was made of, as far as giving it back goes. */
export type RefundableSale = {
  /** What the buyer paid. */
  paid: Money;
  /** What the platform keeps of it. */
  fee: Money;
  discounts: readonly DiscountShare[];
  /** Whose account bears a host's share of the discount; without one nobody does. */
  hostId: string | undefined;
};

/** How a refund falls on those the sale was shared out to; all in the order's currency. */
export type RefundShare = {
  /** What the buyer gets: `fee` + `ofCharge`. */
  amount: Money;
  /** What the platform gives back of its fee. */
  fee: Money;
  /** What the vendor gives back of the transfer out of the charge. */
  ofCharge: Money;
  /** What the vendor gives back of what host and platform funded. */
  ofPlatform: Money;
  /** What each funder of the discount gets back. */
  discounts: DiscountShare[];
};

/**
 * The shares of one refund after others. All refunds so far together get what belongs to their sum (in proportion to
 * what was paid, to the nearest unit), and this one what the others have not got of it: so the shares of any refunds
 * never exceed the sale's, and sum to them exactly when all is back, whichever refunds failed in between.
 * @param standing the shares of the refunds before it, failed ones left out.
 * @throws Error when currencies differ, or more would be back than was paid.
 */
export function shareOfRefund(
  { paid, fee, discounts, hostId }: RefundableSale,
  standing: readonly RefundShare[],
  amount: Money,
): RefundShare {
  const { currency } = paid;
  const after = sum(standing.map((one) => one.amount)) + amount.amount;
  const left = paid.amount - after;
  if ([amount, ...standing.map((one) => one.amount)].some((one) => one.currency !== currency))
    throw new Error(`another currency cannot be refunded of ${currency}`);
  if (amount.amount < 0 || left < 0)
    throw new Error(`${after} ${currency} cannot be refunded of ${paid.amount}`);
  /** What of `whole` belongs to all refunds so far and was not given yet. */
  const shareOf = (whole: number, given: number): number =>
    left === 0 ? whole - given : between(0, portionOf(whole, after, paid.amount) - given, whole - given);
  const feeGiven = sum(standing.map((one) => one.fee));
  // No refund bears more fee than it has, and those to come must be able to bear the rest.
  const feeBack = between(
    Math.max(0, fee.amount - feeGiven - left),
    shareOf(fee.amount, feeGiven),
    amount.amount,
  );
  const back = discounts.map((one, index): DiscountShare => {
    const given = standing.reduce((total, share) => total + (share.discounts[index]?.amount.amount ?? 0), 0);
    return { funder: one.funder, amount: { amount: shareOf(one.amount.amount, given), currency } };
  });
  const others = back.filter(
    ({ funder }) => funder === 'platform' || (funder === 'host' && hostId !== undefined),
  );
  return {
    amount,
    fee: { amount: feeBack, currency },
    ofCharge: { amount: amount.amount - feeBack, currency },
    ofPlatform: { amount: sum(others.map((one) => one.amount)), currency },
    discounts: back,
  };
}

const sum = (amounts: readonly Money[]): number => amounts.reduce((total, { amount }) => total + amount, 0);
const between = (least: number, value: number, most: number): number =>
  Math.max(least, Math.min(value, most));

/** The part of `whole` that belongs to `back` out of `paid`, to the nearest unit; grows with `back`, up to `whole`. */
function portionOf(whole: number, back: number, paid: number): number {
  const [part = 0] = paid === 0 ? [] : splitByWeight(whole, [back, paid - back]);
  return part;
}

/** A refund of a sale, to be booked. */
export type Return = {
  subject: Account;
  /** The payment service's id of the refund. */
  serviceRefundId: string;
  vendorId: string;
  hostId: string | undefined;
  share: RefundShare;
  at: number;
};

/**
 * The entry that empties the order's passage of a refund: the vendor and the platform give back, funders of the
 * discount get back. `failed` books the same the other way round.
 */
export function returnEntry(given: Return, kind: 'return' | 'return-failed'): JournalEntry {
  const { subject, serviceRefundId, vendorId, hostId, share, at } = given;
  const { amount, fee, ofCharge, ofPlatform, discounts } = share;
  const sign = kind === 'return' ? 1 : -1;
  const { currency } = amount;
  const leg = (account: Account, minor: number) => ({
    account,
    amount: { amount: sign * minor, currency },
  });
  const funded = (by: DiscountShare['funder']) =>
    discounts.filter(({ funder }) => funder === by).reduce((sum, one) => sum + one.amount.amount, 0);
  const legs = [
    leg(subject, -amount.amount),
    leg(`vendor:${vendorId}`, ofCharge.amount + ofPlatform.amount),
    leg('platform:fees', fee.amount),
    leg('platform:discounts', -funded('platform')),
    ...(hostId === undefined ? [] : [leg(`host:${hostId}`, -funded('host'))]),
  ];
  return {
    causeId: `${kind}:${serviceRefundId}`,
    at,
    legs: legs.filter((one) => one.amount.amount !== 0),
    note: kind === 'return' ? 'refund shared out' : 'a refund that failed shared out again',
  };
}
