import { expect, test } from 'vitest';
import type { Currency } from '#contract/money.ts';
import { salesOf } from './sales.ts';

const order = (
  total: number,
  {
    discount = 0,
    funder = 'vendor' as const,
    state = 'paid' as const,
    currency = 'USD' as Currency,
    refunded = 0,
  }: {
    discount?: number;
    funder?: 'vendor' | 'host' | 'platform';
    state?: 'paid' | 'fulfilled' | 'refunded';
    currency?: Currency;
    refunded?: number;
  } = {},
) => {
  const price = (amount: number) => ({ amount, currency });
  return {
    state,
    refunded: price(refunded),
    fee: price(total * 0.05),
    discounts: discount > 0 ? [{ funder, amount: price(discount) }] : [],
    totals: {
      goods: price(total + discount),
      discount: price(discount),
      shipping: price(0),
      tax: price(0),
      isTaxIncluded: true,
      total: price(total),
    },
  };
};

test('what buyers paid, less the fee, is the vendor’s', () => {
  const [sales] = salesOf([order(3000, { discount: 1000 }), order(4000, { state: 'fulfilled' })]);
  expect(sales).toMatchObject({
    orders: 2,
    paid: { amount: 7000 },
    discounts: { amount: 1000 },
    fee: { amount: 350 },
    funded: { amount: 0 },
    yours: { amount: 6650 },
  });
});

test('a discount that host or platform fund is added', () => {
  const [sales] = salesOf([order(3000, { discount: 1000, funder: 'host' })]);
  expect([sales?.funded.amount, sales?.yours.amount]).toEqual([1000, 3850]);
});

test('refunded orders do not count, and currencies are never added up', () => {
  const all = salesOf([
    order(1000, { state: 'refunded' }),
    order(100, { currency: 'JPY' }),
    order(2000),
    order(20),
  ]);
  expect(all.map(({ paid }) => paid)).toEqual([
    { amount: 2020, currency: 'USD' },
    { amount: 100, currency: 'JPY' },
  ]);
});

test('[M-O10] what went back in part is taken off, the fee with it', () => {
  const [sales] = salesOf([order(3000, { refunded: 1000 }), order(1000)]);
  expect(sales).toMatchObject({
    orders: 2,
    paid: { amount: 3000 },
    refunded: { amount: 1000 },
    fee: { amount: 150 },
    yours: { amount: 2850 },
  });
});
