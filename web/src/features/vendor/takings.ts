import type { DeskOrder } from '#contract/checkout.ts';
import type { Money } from '#contract/money.ts';

type Sold = Pick<DeskOrder, 'totals' | 'fee' | 'discounts' | 'refunded'>;

/** What a sale brings: `yours` = `paid` − `fee` + `funded`, each less what of it has gone back. */
export type Takings = {
  /** What the buyer paid and did not get back. */
  paid: Money;
  /** What the platform keeps of it. */
  fee: Money;
  /** What host and platform pay of the discount. */
  funded: Money;
  yours: Money;
};

/** Who gives back how much when the buyer gets `buyer`: the platform `fee`, you `yours`, of it `funded` to the funders. */
export type Share = { buyer: Money; fee: Money; funded: Money; yours: Money };

/** What a sale brings after the refunds so far. */
export function takingsOf(order: Sold): Takings {
  return left(order, order.refunded.amount);
}

/** How a refund of `amount` falls on those who shared the sale; rounded so that all refunds sum to the sale. */
export function shareOf(order: Sold, amount: Money): Share {
  const before = left(order, order.refunded.amount);
  const after = left(order, order.refunded.amount + amount.amount);
  const less = (read: (takings: Takings) => Money): Money => ({
    amount: read(before).amount - read(after).amount,
    currency: amount.currency,
  });
  return {
    buyer: less(({ paid }) => paid),
    fee: less(({ fee }) => fee),
    funded: less(({ funded }) => funded),
    yours: less(({ yours }) => yours),
  };
}

function left({ totals, fee, discounts }: Sold, back: number): Takings {
  const { amount: total, currency } = totals.total;
  const of = (amount: number): Money => ({ amount, currency });
  const keeps = (whole: number): number => whole - portionOf(whole, back, total);
  const paid = total - back;
  const kept = keeps(fee.amount);
  const funded = discounts
    .filter(({ funder }) => funder !== 'vendor')
    .reduce((sum, { amount }) => sum + keeps(amount.amount), 0);
  return { paid: of(paid), fee: of(kept), funded: of(funded), yours: of(paid - kept + funded) };
}

/** The part of `whole` that belongs to `back` out of `paid`: to the nearest unit, half upwards. */
function portionOf(whole: number, back: number, paid: number): number {
  if (paid === 0) return 0;
  return Number((2n * BigInt(whole) * BigInt(back) + BigInt(paid)) / (2n * BigInt(paid)));
}
