import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SellingTerms, type ShippingRule, type TaxRule } from '#contract/catalog.ts';
import { type Currency, Currency as CurrencySchema } from '#contract/money.ts';
import { money } from '../../platform/money.ts';
import { rulesFor } from './rules.ts';

const usd = (amount: number) => money(amount, 'USD');
const table: ShippingRule = {
  kind: 'table',
  zones: [
    { countries: ['US', 'CA'], rate: usd(900) },
    { countries: ['US'], regions: ['HI', 'AK'], rate: usd(2500), freeFrom: usd(20_000) },
    { countries: ['US'], rate: usd(1) },
  ],
};
const salesTax: TaxRule = {
  kind: 'table',
  zones: [
    { countries: ['US'], regions: ['CA'], basisPoints: 725 },
    { countries: ['DE', 'AT'], basisPoints: 1900 },
  ],
  isIncluded: false,
};
const ok = (value: object) => ({ ok: true, value });

test('[RULE-2] one rate is the same for every place, and without rules nothing is added', () => {
  const flat: ShippingRule = { kind: 'flat', rate: usd(500), freeFrom: usd(5000) };
  const tax: TaxRule = { kind: 'flat', basisPoints: 2000, isIncluded: true };
  const expected = ok({
    shipping: { flat: usd(500), freeFrom: usd(5000) },
    tax: { basisPoints: 2000, isIncluded: true },
    isFinal: true,
  });
  expect(rulesFor({ shipping: [flat], tax }, 'USD', undefined)).toEqual(expected);
  expect(rulesFor({ shipping: [flat], tax }, 'USD', { country: 'JP' })).toEqual(expected);
  expect(rulesFor({ shipping: [] }, 'USD', undefined)).toEqual(ok({ isFinal: true }));
});

test('[RULE-2] a zone that names the region goes before one of the whole country, however the region is written', () => {
  const rateTo = (country: string, region?: string) =>
    rulesFor({ shipping: [table] }, 'USD', { country, ...(region && { region }) });
  expect(rateTo('US', 'HI')).toEqual(
    ok({ shipping: { flat: usd(2500), freeFrom: usd(20_000) }, isFinal: true }),
  );
  expect(rateTo('US', ' ｈi ')).toMatchObject({ value: { shipping: { flat: usd(2500) } } });
  expect(rateTo('US', 'NY')).toEqual(ok({ shipping: { flat: usd(900) }, isFinal: true }));
  expect(rateTo('CA', 'HI')).toEqual(ok({ shipping: { flat: usd(900) }, isFinal: true }));
});

test('[RULE-2] where no zone is and nothing is said of elsewhere, nothing is sent; elsewhere takes the rest', () => {
  expect(rulesFor({ shipping: [table] }, 'USD', { country: 'JP' })).toMatchObject({
    ok: false,
    refusal: 'not-shipped-there',
  });
  const open = { ...table, elsewhere: { rate: usd(4000) } };
  expect(rulesFor({ shipping: [open] }, 'USD', { country: 'JP' })).toEqual(
    ok({ shipping: { flat: usd(4000) }, isFinal: true }),
  );
  const onlyIslands = { ...table, zones: table.zones.slice(1, 2) };
  expect(rulesFor({ shipping: [onlyIslands] }, 'USD', { country: 'US', region: 'NY' })).toMatchObject({
    refusal: 'not-shipped-there',
  });
});

test('[RULE-2] without a zone for the place there is no tax', () => {
  const taxIn = (country: string, region?: string) =>
    rulesFor({ shipping: [], tax: salesTax }, 'USD', { country, ...(region && { region }) });
  expect(taxIn('AT')).toEqual(ok({ tax: { basisPoints: 1900, isIncluded: false }, isFinal: true }));
  expect(taxIn('US', 'CA')).toEqual(ok({ tax: { basisPoints: 725, isIncluded: false }, isFinal: true }));
  expect(taxIn('US', 'OR')).toEqual(ok({ isFinal: true }));
  expect(taxIn('JP')).toEqual(ok({ isFinal: true }));
});

test('[RULE-2] until the place is known that a rule depends on, the total is not final and shows what elsewhere costs', () => {
  const open = { ...table, elsewhere: { rate: usd(4000) } };
  expect(rulesFor({ shipping: [table] }, 'USD', undefined)).toEqual(ok({ isFinal: false }));
  expect(rulesFor({ shipping: [open] }, 'USD', undefined)).toEqual(
    ok({ shipping: { flat: usd(4000) }, isFinal: false }),
  );
  expect(rulesFor({ shipping: [], tax: salesTax }, 'USD', undefined)).toEqual(ok({ isFinal: false }));
  // A country whose regions differ needs its region; one whose do not is enough.
  expect(rulesFor({ shipping: [table] }, 'USD', { country: 'US' })).toEqual(
    ok({ shipping: { flat: usd(900) }, isFinal: false }),
  );
  expect(rulesFor({ shipping: [table] }, 'USD', { country: 'CA' })).toMatchObject({
    value: { isFinal: true },
  });
  expect(rulesFor({ shipping: [], tax: salesTax }, 'USD', { country: 'US' })).toEqual(ok({ isFinal: false }));
  const onlyIslands = { ...table, zones: table.zones.slice(1, 2) };
  expect(rulesFor({ shipping: [onlyIslands] }, 'USD', { country: 'US' })).toEqual(ok({ isFinal: false }));
});

test('[RULE-2] each currency has its own rule, and one without sends for nothing', () => {
  const yen: ShippingRule = { kind: 'flat', rate: money(800, 'JPY') };
  const dinar: ShippingRule = { kind: 'flat', rate: money(1250, 'KWD') };
  const shipping = [table, yen, dinar];
  expect(rulesFor({ shipping }, 'JPY', undefined)).toEqual(
    ok({ shipping: { flat: money(800, 'JPY') }, isFinal: true }),
  );
  expect(rulesFor({ shipping }, 'KWD', { country: 'KW' })).toMatchObject({
    value: { shipping: { flat: money(1250, 'KWD') } },
  });
  expect(rulesFor({ shipping }, 'EUR', { country: 'JP' })).toEqual(ok({ isFinal: true }));
});

test('terms with two rules for a currency, or a rule in two currencies, do not parse', () => {
  const yen: ShippingRule = { kind: 'flat', rate: money(800, 'JPY'), freeFrom: usd(100) };
  const parse = (shipping: ShippingRule[]) => SellingTerms.shape.shipping.safeParse(shipping).success;
  expect(parse([table])).toBe(true);
  expect(parse([table, { kind: 'flat', rate: usd(1) }])).toBe(false);
  expect(parse([yen])).toBe(false);
  expect(parse([{ ...table, elsewhere: { rate: money(1, 'JPY') } }])).toBe(false);
});

const places = ['US', 'CA', 'DE', 'JP'];
const names = ['CA', 'NY', '東京都', 'Bayern'];
const zone = {
  countries: fc.subarray(places, { minLength: 1 }),
  regions: fc.option(fc.subarray(names), { nil: undefined }),
};
const cost = fc.integer({ min: 0, max: 99_999 });
const anyRule = (currency: Currency): fc.Arbitrary<ShippingRule> => {
  const rate = cost.map((amount) => money(amount, currency));
  const zones = fc.array(fc.record({ ...zone, rate }), { minLength: 1, maxLength: 5 });
  return fc.oneof(
    fc.record({ kind: fc.constant('flat' as const), rate }),
    fc.record({
      kind: fc.constant('table' as const),
      zones,
      elsewhere: fc.option(fc.record({ rate }), { nil: undefined }),
    }),
  );
};
const anyTax: fc.Arbitrary<TaxRule> = fc.record({
  kind: fc.constant('table' as const),
  zones: fc.array(fc.record({ ...zone, basisPoints: fc.nat(3000) }), { minLength: 1, maxLength: 5 }),
  isIncluded: fc.boolean(),
});
const anyTerms = fc.constantFrom(...CurrencySchema.options).chain((currency) =>
  fc.record({
    currency: fc.constant(currency),
    shipping: anyRule(currency).map((rule) => [rule]),
    tax: fc.option(anyTax, { nil: undefined }),
    country: fc.constantFrom(...places, 'ZZ'),
    region: fc.constantFrom(...names, 'Elsewhere'),
  }),
);

test('[RULE-2] a known address always has a final answer, in the order’s currency, out of a zone that lists it', () => {
  fc.assert(
    fc.property(anyTerms, ({ currency, shipping, tax, country, region }) => {
      const answer = rulesFor({ shipping, tax }, currency, { country, region });
      const [rule] = shipping;
      const zones = rule?.kind === 'table' ? rule.zones : [];
      const fits = zones.filter(
        ({ countries, regions = [] }) =>
          countries.includes(country) && (regions.length === 0 || regions.includes(region)),
      );
      if (!answer.ok) {
        expect({ kind: rule?.kind, fits }).toEqual({ kind: 'table', fits: [] });
        return;
      }
      expect(answer.value.isFinal).toBe(true);
      expect(answer.value.shipping?.flat.currency).toBe(currency);
      const regional = fits.filter(({ regions = [] }) => regions.length > 0);
      if (fits.length > 0) {
        const chosen = regional[0] ?? fits[0];
        expect(answer.value.shipping?.flat).toEqual(chosen?.rate);
      }
    }),
    { numRuns: 2000 },
  );
});

test('[RULE-2] an answer that is final without region or country is what every address there gets', () => {
  fc.assert(
    fc.property(anyTerms, fc.boolean(), ({ currency, shipping, tax, country, region }, hasCountry) => {
      const early = rulesFor({ shipping, tax }, currency, hasCountry ? { country } : undefined);
      if (early.ok && !early.value.isFinal) return;
      expect(rulesFor({ shipping, tax }, currency, { country, region })).toEqual(early);
    }),
    { numRuns: 2000 },
  );
});
