import type { DeskOrder } from '#contract/checkout.ts';
import type { Money } from '#contract/money.ts';

/** What a vendor sold in one currency, as amounts that visibly sum: buyers paid − fee + funded = yours. */
export type Sales = {
  orders: number;
  paid: Money;
  discounts: Money;
  fee: Money;
  /** What host and platform pay of the discounts. */
  funded: Money;
  yours: Money;
};

type Sold = Pick<DeskOrder, 'state' | 'totals' | 'fee' | 'discounts'>;
const counted: ReadonlySet<DeskOrder['state']> = new Set(['paid', 'fulfilled']);

/** Sums paid orders by currency, the one with the most orders first; refunded ones do not count. */
export function salesOf(orders: readonly Sold[]): Sales[] {
  const paid = orders.filter(({ state }) => counted.has(state));
  const groups = Map.groupBy(paid, ({ totals }) => totals.total.currency);
  return [...groups]
    .map(([currency, sold]) => {
      const sum = (read: (order: Sold) => number): Money => ({
        amount: sold.reduce((all, order) => all + read(order), 0),
        currency,
      });
      const total = sum(({ totals }) => totals.total.amount);
      const fee = sum((order) => order.fee.amount);
      const funded = sum(({ discounts }) =>
        discounts.reduce((all, { funder, amount }) => all + (funder === 'vendor' ? 0 : amount.amount), 0),
      );
      return {
        orders: sold.length,
        paid: total,
        discounts: sum(({ totals }) => totals.discount.amount),
        fee,
        funded,
        yours: { amount: total.amount - fee.amount + funded.amount, currency },
      };
    })
    .toSorted((a, b) => b.orders - a.orders);
}
