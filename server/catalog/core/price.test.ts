import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VariantId } from '#contract/ids.ts';
import { type Currency, Currency as CurrencySchema } from '#contract/money.ts';
import { money } from '../../platform/money.ts';
import { type PriceInput, price } from './price.ts';

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

const amount = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 99_999_999 }));
const shares = fc
  .tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 }))
  .map(([a, b]) => [Math.min(a, b), Math.abs(a - b), 10_000 - Math.max(a, b)] as const);

const anyOrder = fc
  .record({
    currency: fc.constantFrom<Currency>(...CurrencySchema.options),
    lines: fc.array(fc.record({ list: amount, floor: amount, quantity: fc.integer({ min: 1, max: 99 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
    special: fc.option(amount, { nil: undefined }),
    coupon: fc.option(fc.record({ amountOff: amount, minimumSpend: amount, shares, first: fc.nat(6) }), {
      nil: undefined,
    }),
    shipping: fc.option(fc.record({ flat: amount, freeFrom: amount }), { nil: undefined }),
    tax: fc.option(fc.record({ basisPoints: fc.integer({ min: 0, max: 3000 }), isIncluded: fc.boolean() }), {
      nil: undefined,
    }),
  })
  .map(({ currency, lines, special, coupon, shipping, tax }): PriceInput => {
    const of = (minor: number) => money(minor, currency);
    const [first, ...rest] = lines.map(({ list, floor, quantity }, index) => ({
      variantId: VariantId.parse(`var_${index}`),
      quantity,
      list: of(Math.max(list, floor)),
      floor: of(Math.min(list, floor)),
    }));
    if (first === undefined) throw new Error('at least one line');
    const named = [first, ...rest].map(({ variantId }) => variantId);
    return {
      lines: [first, ...rest],
      ...(special === undefined
        ? {}
        : { unitPrice: { prices: [{ variantId: first.variantId, price: of(special) }] } }),
      ...(coupon && {
        coupon: {
          amountOff: of(coupon.amountOff),
          minimumSpend: of(coupon.minimumSpend),
          appliesTo: coupon.first === 0 ? ('all' as const) : named.slice(0, coupon.first),
          funders: (['vendor', 'host', 'platform'] as const).map((funder, index) => ({
            funder,
            basisPoints: coupon.shares[index] ?? 0,
          })),
        },
      }),
      ...(shipping && { shipping: { flat: of(shipping.flat), freeFrom: of(shipping.freeFrom) } }),
      ...(tax && { tax }),
    };
  });

test('[RULE-2] in 100,000 orders of every currency no line goes below its floor and no cent is lost', () => {
  const digits = new Set<string>();
  fc.assert(
    fc.property(anyOrder, (order) => {
      const priced = price(order);
      digits.add(priced.total.currency);
      const all = (amounts: { amount: number }[]) => amounts.reduce((sum, one) => sum + one.amount, 0);
      for (const [index, { unit, quantity, subtotal, discount, total }] of priced.lines.entries()) {
        const floor = order.lines[index]?.floor.amount ?? 0;
        if (unit.amount < floor || total.amount < floor * quantity) throw new Error('below the floor');
        if (discount.amount < 0 || subtotal.amount - discount.amount !== total.amount)
          throw new Error('a line does not add up');
      }
      const goods = all(priced.lines.map(({ subtotal }) => subtotal));
      const discount = all(priced.lines.map(({ discount: off }) => off));
      const added = priced.isTaxIncluded ? 0 : priced.tax.amount;
      const total = goods - discount + priced.shipping.amount + added;
      if (
        priced.goods.amount !== goods ||
        priced.discount.amount !== discount ||
        priced.total.amount !== total
      )
        throw new Error('the sums differ');
      if (all(priced.funders.map(({ amount: paid }) => paid)) !== (priced.funders.length > 0 ? discount : 0))
        throw new Error('the funders do not pay the discount');
      if (discount > (order.coupon?.amountOff.amount ?? 0)) throw new Error('more off than the coupon gives');
      for (const value of [
        total,
        priced.tax.amount,
        ...priced.funders.map(({ amount: { amount: paid } }) => paid),
      ])
        if (!Number.isSafeInteger(value) || value < 0) throw new Error('no amount in minor units');
    }),
    { numRuns: 100_000 },
  );
  expect([...digits].toSorted()).toEqual([...CurrencySchema.options].toSorted());
}, 120_000);

test('[RULE-2] a coupon takes all it may: its whole amount, or everything above the floors', () => {
  fc.assert(
    fc.property(anyOrder, (order) => {
      const { coupon, discount, lines } = price(order);
      if (coupon !== 'applied' || order.coupon === undefined) return;
      const { appliesTo, amountOff } = order.coupon;
      const room = lines
        .map(({ variantId, subtotal, quantity }, index) =>
          appliesTo === 'all' || appliesTo.includes(variantId)
            ? subtotal.amount - (order.lines[index]?.floor.amount ?? 0) * quantity
            : 0,
        )
        .reduce((a, b) => a + b, 0);
      expect(discount.amount).toBe(Math.min(amountOff.amount, room));
    }),
    { numRuns: 5000 },
  );
});
