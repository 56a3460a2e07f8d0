import type { DeskOrder } from '#contract/checkout.ts';
import type { Money } from '#contract/money.ts';
import { takingsOf } from './takings.ts';

/** What a vendor sold in one currency, as amounts that visibly sum: buyers paid − fee + funded = yours. */
export type Sales = {
  orders: number;
  /** After what went back to buyers. */
  paid: Money;
  refunded: Money;
  discounts: Money;
  fee: Money;
  /** What host and platform pay of the discounts. */
  funded: Money;
  yours: Money;
};

type Sold = Pick<DeskOrder, 'state' | 'totals' | 'fee' | 'discounts' | 'refunded'>;
const counted: ReadonlySet<DeskOrder['state']> = new Set(['paid', 'fulfilled']);

/** Sums paid orders by currency, the one with the most orders first; wholly refunded ones do not count. */
export function salesOf(orders: readonly Sold[]): Sales[] {
  const paid = orders.filter(({ state }) => counted.has(state));
  const groups = Map.groupBy(paid, ({ totals }) => totals.total.currency);
  return [...groups]
    .map(([currency, sold]) => {
      const sum = (read: (order: Sold) => Money): Money => ({
        amount: sold.reduce((all, order) => all + read(order).amount, 0),
        currency,
      });
      return {
        orders: sold.length,
        paid: sum((order) => takingsOf(order).paid),
        refunded: sum((order) => order.refunded),
        discounts: sum(({ totals }) => totals.discount),
        fee: sum((order) => takingsOf(order).fee),
        funded: sum((order) => takingsOf(order).funded),
        yours: sum((order) => takingsOf(order).yours),
      };
    })
    .toSorted((a, b) => b.orders - a.orders);
}
