import { expect, test } from 'vitest';
import { VariantId } from '#contract/ids.ts';
import type { Currency } from '#contract/money.ts';
import { money } from '../../platform/money.ts';
import { price } from './price.ts';

const teapot = VariantId.parse('var_teapot');
const scarf = VariantId.parse('var_scarf');
const usd = (amount: number) => money(amount, 'USD');
const line = (variantId: VariantId, list: number, floor: number, quantity = 1) => ({
  variantId,
  quantity,
  list: usd(list),
  floor: usd(floor),
});
const byVendor = [{ funder: 'vendor' as const, basisPoints: 10_000 }];
const tenOff = {
  amountOff: usd(1000),
  minimumSpend: usd(3000),
  funders: byVendor,
  appliesTo: 'all' as const,
};

test('[RULE-2] a teapot of 40.00 with ten off costs 30.00', () => {
  expect(price({ lines: [line(teapot, 4000, 2500)], coupon: tenOff })).toMatchObject({
    goods: usd(4000),
    discount: usd(1000),
    total: usd(3000),
    funders: [{ funder: 'vendor', amount: usd(1000) }],
    coupon: 'applied',
  });
});

test('[RULE-2] a coupon is cut at the floor, and below its minimum spend it takes nothing', () => {
  expect(price({ lines: [line(teapot, 4000, 3600)], coupon: tenOff }).total).toEqual(usd(3600));
  expect(price({ lines: [line(teapot, 2999, 0)], coupon: tenOff })).toMatchObject({
    total: usd(2999),
    discount: usd(0),
    funders: [],
    coupon: 'below-minimum',
  });
});

test('[RULE-2] a coupon for some goods counts and touches only those', () => {
  const lines = [line(teapot, 4000, 0), line(scarf, 6000, 0)] as const;
  const priced = price({ lines: [...lines], coupon: { ...tenOff, appliesTo: [teapot] } });
  expect(priced.lines.map(({ total }) => total.amount)).toEqual([3000, 6000]);
  const short = price({
    lines: [...lines],
    coupon: { ...tenOff, minimumSpend: usd(5000), appliesTo: [teapot] },
  });
  expect(short.coupon).toBe('below-minimum');
});

test('[RULE-2] an offer price replaces the list price, the coupon comes after it, then shipping, then tax', () => {
  const priced = price({
    lines: [line(teapot, 4000, 2000, 2)],
    unitPrice: { prices: [{ variantId: teapot, price: usd(3500) }] },
    coupon: tenOff,
    shipping: { flat: usd(500), freeFrom: usd(7000) },
    tax: { basisPoints: 2000, isIncluded: false },
  });
  expect(priced).toMatchObject({
    goods: usd(7000),
    discount: usd(1000),
    shipping: usd(500),
    tax: usd(1300),
    total: usd(7800),
  });
});

test('[RULE-2] tax that prices include is told and not added; shipping is free from its threshold', () => {
  const priced = price({
    lines: [line(teapot, 12_000, 0)],
    shipping: { flat: usd(500), freeFrom: usd(12_000) },
    tax: { basisPoints: 2000, isIncluded: true },
  });
  expect(priced).toMatchObject({ shipping: usd(0), tax: usd(2000), isTaxIncluded: true, total: usd(12_000) });
});

test('[RULE-2] what one line cannot give above its floor, the others give', () => {
  const lines = [line(teapot, 5000, 4900), line(scarf, 5000, 0)] as const;
  const priced = price({ lines: [...lines], coupon: tenOff });
  expect(priced.lines.map(({ discount }) => discount.amount)).toEqual([100, 900]);
});

test('currencies do not mix', () => {
  const lines = [line(teapot, 100, 0), { ...line(scarf, 100, 0), list: money(100, 'JPY') }] as const;
  expect(() => price({ lines: [...lines] })).toThrow('JPY');
});

test.each<[Currency, number, number, number, number]>([
  // By line: 3 + 3 + 3, 2 + 2 + 2, 17 + 17 + 17.
  ['JPY', 33, 1000, 10, 109],
  ['USD', 15, 1500, 7, 52],
  ['KWD', 333, 500, 50, 1049],
])(
  '[RULE-2] tax in %s is rounded once, on the sum, and not line by line',
  (currency, each, basisPoints, tax, total) => {
    const lines = ['a', 'b', 'c'].map((name) => ({
      variantId: VariantId.parse(`var_${name}`),
      quantity: 1,
      list: money(each, currency),
      floor: money(0, currency),
    }));
    const [first, ...others] = lines;
    if (first === undefined) throw new Error('no lines');
    expect(price({ lines: [first, ...others], tax: { basisPoints, isIncluded: false } })).toMatchObject({
      tax: money(tax, currency),
      total: money(total, currency),
    });
  },
);

test('[RULE-2] a discount of one cent over three lines is one cent, of the first; three funders pay it once', () => {
  const lines = [line(teapot, 100, 0), line(scarf, 100, 0), line(VariantId.parse('var_c'), 100, 0)] as const;
  const funders = [
    { funder: 'vendor' as const, basisPoints: 3334 },
    { funder: 'host' as const, basisPoints: 3333 },
    { funder: 'platform' as const, basisPoints: 3333 },
  ];
  const coupon = { ...tenOff, amountOff: usd(1), minimumSpend: usd(0), funders };
  const priced = price({ lines: [...lines], coupon });
  expect(priced.lines.map(({ discount }) => discount.amount)).toEqual([1, 0, 0]);
  expect(priced.funders.map(({ amount }) => amount.amount)).toEqual([1, 0, 0]);
  expect(priced.total).toEqual(usd(299));
});
