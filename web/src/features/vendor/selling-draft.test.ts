import { expect, test } from 'vitest';
import { SellingTerms } from '#contract/catalog.ts';
import {
  countriesOf,
  emptyShipping,
  emptyZone,
  freeCurrency,
  termsDraftOf,
  termsOf,
} from './selling-draft.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const terms = SellingTerms.parse({
  legalName: 'Aki Teaware GmbH',
  legalAddress: 'Lane 1, Kyoto',
  contactEmail: 'aki@example.org',
  conditions: 'Returns within 14 days.',
  dispatchDays: 3,
  needsDelivery: true,
  shipping: [
    {
      kind: 'table',
      zones: [
        { countries: ['US'], regions: ['CA', 'NY'], rate: usd(500), freeFrom: usd(5000) },
        { countries: ['DE', 'AT'], rate: usd(1250) },
      ],
      elsewhere: { rate: usd(2000) },
    },
    { kind: 'flat', rate: { amount: 800, currency: 'JPY' } },
  ],
  tax: { kind: 'table', zones: [{ countries: ['DE'], basisPoints: 1900 }], isIncluded: true },
  stockPolicy: 'hold-at-cart',
  cartHoldMinutes: 10,
});
const draft = () => termsDraftOf(terms);

test('[M-V1] terms that were only looked at are the terms that were there', () => {
  expect(termsOf(draft())).toEqual({ terms, faults: new Map() });
  const plain = SellingTerms.parse({
    ...{ legalName: '', legalAddress: '', conditions: '', needsDelivery: false, shipping: [] },
    ...{ stockPolicy: 'hold-at-checkout', cartHoldMinutes: 15 },
  });
  expect(termsOf(termsDraftOf(plain)).terms).toEqual(plain);
});

test('countries are read as people type them, and a word that is no country is told', () => {
  expect(countriesOf('de, AT，ch、de')).toEqual(['DE', 'AT', 'CH']);
  expect(countriesOf('Germany')).toBeUndefined();
  expect(countriesOf('XQ')).toBeUndefined();
  expect(countriesOf(' ')).toBeUndefined();
});

test('rates, percents and regions become minor units, hundredths of a percent and lists', () => {
  const filled = {
    ...draft(),
    shipping: [{ ...emptyShipping(0, 'USD'), flat: { rate: '4.5', freeFrom: '60' } }],
    tax: {
      ...draft().tax,
      kind: 'table' as const,
      isIncluded: false,
      zones: [{ ...emptyZone(0), countries: 'us', regions: 'CA, NY', percent: '7,25 %' }],
    },
  };
  const made = termsOf(filled).terms;
  expect(made?.shipping).toEqual([{ kind: 'flat', rate: usd(450), freeFrom: usd(6000) }]);
  expect(made?.tax).toEqual({
    kind: 'table',
    isIncluded: false,
    zones: [{ countries: ['US'], regions: ['CA', 'NY'], basisPoints: 725 }],
  });
});

test('a table without elsewhere does not ship elsewhere', () => {
  const [table] = draft().shipping;
  if (!table) throw new Error('the table is gone');
  const [rule] =
    termsOf({ ...draft(), shipping: [{ ...table, shipsElsewhere: false }] }).terms?.shipping ?? [];
  expect(rule).not.toHaveProperty('elsewhere');
});

test('what is wrong is named with its field, and nothing is made of it', () => {
  const made = termsOf({
    ...draft(),
    contactEmail: 'aki at home',
    dispatchDays: '91',
    cartHoldMinutes: '0',
    shipping: [
      {
        ...emptyShipping(0, 'USD'),
        kind: 'table',
        zones: [emptyZone(0)],
        elsewhere: { rate: '1', freeFrom: 'x' },
      },
      { ...emptyShipping(1, 'EUR'), kind: 'table', zones: [], shipsElsewhere: false },
    ],
    tax: { ...draft().tax, kind: 'flat', percent: '101' },
  });
  expect(made.terms).toBeUndefined();
  expect(Object.fromEntries(made.faults)).toEqual({
    contactEmail: 'email',
    dispatchDays: 'days',
    cartHoldMinutes: 'minutes',
    'shipping.0.zones.0.countries': 'countries',
    'shipping.0.zones.0.rate': 'amount',
    'shipping.0.elsewhere.freeFrom': 'amount',
    'shipping.1.zones': 'no-zone',
    'tax.percent': 'percent',
  });
});

test('another rule starts in a currency that has none', () => {
  expect(freeCurrency(draft(), 'USD')).toBe('EUR');
  expect(freeCurrency({ ...draft(), shipping: [] }, 'GBP')).toBe('GBP');
});
