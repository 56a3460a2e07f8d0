import type { Currency, Money } from '#contract/money.ts';
import type { Account, JournalEntry, Leg } from './journal.ts';

/** Who pays for a discount, in the order's currency. */
export type DiscountShare = { funder: 'vendor' | 'host' | 'platform'; amount: Money };

export type Sale = {
  subject: Account;
  /** The entry's cause, `sale:ord_…`. */
  causeId: string;
  vendorId: string;
  /** Whose account bears a host's share of the discount. */
  hostId: string | undefined;
  /** What the buyer paid. */
  paid: Money;
  /** What the platform keeps of it. */
  fee: Money;
  discounts: readonly DiscountShare[];
  at: number;
};

/** What goes to the vendor: `ofCharge` out of the buyer's money, `ofPlatform` from others' shares of the discount. */
export type VendorShare = { ofCharge: Money; ofPlatform: Money };

/** Splits a sale: the vendor gets what was paid less the fee, and what others fund of the discount. */
export function shareOf({ paid, fee, discounts, hostId }: Sale): VendorShare {
  const { currency } = paid;
  const others = sum(discounts, 'platform') + (hostId === undefined ? 0 : sum(discounts, 'host'));
  return {
    ofCharge: { amount: paid.amount - fee.amount, currency },
    ofPlatform: { amount: others, currency },
  };
}

/** The entry that empties the order's passage: to the vendor, to the platform, and from those who fund discounts. */
export function saleEntry(sale: Sale): JournalEntry {
  const share = shareOf(sale);
  const { currency } = sale.paid;
  const owed = share.ofCharge.amount + share.ofPlatform.amount;
  const legs: Leg[] = [
    leg(sale.subject, sale.paid.amount, currency),
    leg(`vendor:${sale.vendorId}`, -owed, currency),
    leg('platform:fees', -sale.fee.amount, currency),
    leg('platform:discounts', sum(sale.discounts, 'platform'), currency),
  ];
  if (sale.hostId !== undefined) legs.push(leg(`host:${sale.hostId}`, sum(sale.discounts, 'host'), currency));
  return {
    causeId: sale.causeId,
    at: sale.at,
    legs: legs.filter(({ amount }) => amount.amount !== 0),
    note: 'sale shared out',
  };
}

const sum = (discounts: readonly DiscountShare[], funder: DiscountShare['funder']): number =>
  discounts
    .filter((share) => share.funder === funder)
    .reduce((total, { amount }) => total + amount.amount, 0);

const leg = (account: Account, amount: number, currency: Currency): Leg => ({
  account,
  amount: { amount, currency },
});
