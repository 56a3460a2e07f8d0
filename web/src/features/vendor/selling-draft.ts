import { SellingTerms, type ShippingRule, type StockPolicy, type TaxRule } from '#contract/catalog.ts';
import { Currency, currencyDigits } from '#contract/money.ts';
import { amountText, readAmount, readCount } from '../../ui/amount-text.ts';

/** A rate as typed; an empty `freeFrom` never waives it. */
export type RateDraft = { rate: string; freeFrom: string };
/** Countries and regions as typed, with commas between; `key` stays while rows come and go. */
export type ZoneDraft = { key: number; countries: string; regions: string };

/** What sending costs in one currency. */
export type ShippingDraft = {
  key: number;
  currency: Currency;
  kind: ShippingRule['kind'];
  flat: RateDraft;
  zones: (ZoneDraft & RateDraft)[];
  shipsElsewhere: boolean;
  elsewhere: RateDraft;
};

export type TaxDraft = {
  kind: 'none' | TaxRule['kind'];
  isIncluded: boolean;
  percent: string;
  zones: (ZoneDraft & { percent: string })[];
};

/** Selling terms as typed. */
export type TermsDraft = {
  legalName: string;
  legalAddress: string;
  contactEmail: string;
  taxNumber: string;
  conditions: string;
  dispatchDays: string;
  needsDelivery: boolean;
  shipping: ShippingDraft[];
  tax: TaxDraft;
  stockPolicy: StockPolicy;
  cartHoldMinutes: string;
};

/** What is wrong in a field; the name of a field within a list is like `shipping.0.zones.1.countries`. */
type TermsFault = 'amount' | 'countries' | 'percent' | 'email' | 'days' | 'minutes' | 'no-zone';
export type TermsFaults = Map<string, TermsFault>;

/** An empty zone. */
export const emptyZone = (key: number): ZoneDraft & RateDraft & { percent: string } => ({
  key,
  countries: '',
  regions: '',
  rate: '',
  freeFrom: '',
  percent: '',
});

/** What sending costs in one more currency, to be filled. */
export const emptyShipping = (key: number, currency: Currency): ShippingDraft => ({
  key,
  currency,
  kind: 'flat',
  flat: { rate: '', freeFrom: '' },
  zones: [emptyZone(0)],
  shipsElsewhere: true,
  elsewhere: { rate: '', freeFrom: '' },
});

/** Fields filled with the terms as they stand. */
export function termsDraftOf(terms: SellingTerms): TermsDraft {
  const { legalName, legalAddress, contactEmail, taxNumber, conditions, dispatchDays } = terms;
  return {
    legalName,
    legalAddress,
    contactEmail: contactEmail ?? '',
    taxNumber: taxNumber ?? '',
    conditions,
    dispatchDays: dispatchDays === undefined ? '' : `${dispatchDays}`,
    needsDelivery: terms.needsDelivery,
    shipping: terms.shipping.map(shippingDraftOf),
    tax: taxDraftOf(terms.tax),
    stockPolicy: terms.stockPolicy,
    cartHoldMinutes: `${terms.cartHoldMinutes}`,
  };
}

type Rate = Pick<Extract<ShippingRule, { kind: 'flat' }>, 'rate' | 'freeFrom'>;
type Zone = { countries: string[]; regions?: string[] | undefined };

const textOf = ({ amount, currency }: Rate['rate']): string => amountText(amount, currencyDigits[currency]);
const rateDraftOf = ({ rate, freeFrom }: Rate): RateDraft => ({
  rate: textOf(rate),
  freeFrom: freeFrom ? textOf(freeFrom) : '',
});
const zoneDraftOf = ({ countries, regions = [] }: Zone, key: number): ZoneDraft => ({
  key,
  countries: countries.join(', '),
  regions: regions.join(', '),
});

function shippingDraftOf(rule: ShippingRule, key: number): ShippingDraft {
  if (rule.kind === 'flat') return { ...emptyShipping(key, rule.rate.currency), flat: rateDraftOf(rule) };
  const { zones, elsewhere } = rule;
  const currency = zones[0]?.rate.currency ?? elsewhere?.rate.currency ?? 'USD';
  return {
    ...emptyShipping(key, currency),
    kind: 'table',
    zones: zones.map((zone, at) => ({ ...zoneDraftOf(zone, at), ...rateDraftOf(zone) })),
    shipsElsewhere: elsewhere !== undefined,
    elsewhere: elsewhere ? rateDraftOf(elsewhere) : { rate: '', freeFrom: '' },
  };
}

const percentText = (basisPoints: number): string => `${basisPoints / 100}`;

function taxDraftOf(tax: TaxRule | undefined): TaxDraft {
  const empty = { isIncluded: tax?.isIncluded ?? true, percent: '', zones: [emptyZone(0)] };
  if (tax === undefined) return { ...empty, kind: 'none' };
  if (tax.kind === 'flat') return { ...empty, kind: 'flat', percent: percentText(tax.basisPoints) };
  const zones = tax.zones.map((zone, at) => ({
    ...zoneDraftOf(zone, at),
    percent: percentText(zone.basisPoints),
  }));
  return { ...empty, kind: 'table', zones };
}

/** Words between commas; full-width ones too. */
const listed = (typed: string): string[] =>
  typed
    .split(/[,，、;；\n]/)
    .map((one) => one.normalize('NFKC').trim())
    .filter((one) => one !== '');

const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** Two-letter codes as typed, upper case; undefined when there is none or one is no country. */
export function countriesOf(typed: string): string[] | undefined {
  const codes = [...new Set(listed(typed).map((one) => one.toUpperCase()))];
  const isKnown = (code: string) => /^[A-Z]{2}$/.test(code) && countryNames.of(code) !== undefined;
  return codes.length > 0 && codes.every(isKnown) ? codes : undefined;
}

/** The terms that the fields make, or what is wrong where. */
export function termsOf(draft: TermsDraft): { terms?: SellingTerms; faults: TermsFaults } {
  const faults: TermsFaults = new Map();
  const take = <Value>(field: string, fault: TermsFault, value: Value | undefined): Value | undefined => {
    if (value === undefined) faults.set(field, fault);
    return value;
  };
  const rate = (field: string, currency: Currency, { rate: typed, freeFrom }: RateDraft) => {
    const read = (name: string, text: string) => {
      const amount = take(`${field}.${name}`, 'amount', readAmount(text, currencyDigits[currency]));
      return { amount, currency };
    };
    return {
      rate: read('rate', typed),
      ...(freeFrom.trim() === '' ? {} : { freeFrom: read('freeFrom', freeFrom) }),
    };
  };
  const zone = (field: string, { countries, regions }: ZoneDraft) => ({
    countries: take(`${field}.countries`, 'countries', countriesOf(countries)),
    ...(listed(regions).length > 0 ? { regions: listed(regions) } : {}),
  });
  const basisPoints = (field: string, typed: string) => {
    const read = readAmount(typed.replace(/[%％]/, ''), 2);
    return take(field, 'percent', read !== undefined && read <= 10_000 ? read : undefined);
  };

  const shipping = draft.shipping.map((one, at) => {
    const field = `shipping.${at}`;
    if (one.kind === 'flat') return { kind: 'flat', ...rate(`${field}.flat`, one.currency, one.flat) };
    if (one.zones.length === 0) faults.set(`${field}.zones`, 'no-zone');
    return {
      kind: 'table',
      zones: one.zones.map((row, index) => ({
        ...zone(`${field}.zones.${index}`, row),
        ...rate(`${field}.zones.${index}`, one.currency, row),
      })),
      ...(one.shipsElsewhere ? { elsewhere: rate(`${field}.elsewhere`, one.currency, one.elsewhere) } : {}),
    };
  });
  const { kind, isIncluded, percent, zones } = draft.tax;
  if (kind === 'table' && zones.length === 0) faults.set('tax.zones', 'no-zone');
  const tax = {
    none: () => undefined,
    flat: () => ({ kind, isIncluded, basisPoints: basisPoints('tax.percent', percent) }),
    table: () => ({
      kind,
      isIncluded,
      zones: zones.map((row, index) => ({
        ...zone(`tax.zones.${index}`, row),
        basisPoints: basisPoints(`tax.zones.${index}.percent`, row.percent),
      })),
    }),
  }[kind]();
  const days = draft.dispatchDays.trim();
  const dispatchDays = days === '' ? undefined : take('dispatchDays', 'days', readCount(days, 0, 90));
  const minutes = take('cartHoldMinutes', 'minutes', readCount(draft.cartHoldMinutes, 1, 60));
  const contactEmail = draft.contactEmail.trim();
  if (contactEmail !== '' && !SellingTerms.shape.contactEmail.safeParse(contactEmail).success)
    faults.set('contactEmail', 'email');
  const taxNumber = draft.taxNumber.trim();
  if (faults.size > 0) return { faults };
  const terms = SellingTerms.parse({
    legalName: draft.legalName,
    legalAddress: draft.legalAddress,
    ...(contactEmail === '' ? {} : { contactEmail }),
    ...(taxNumber === '' ? {} : { taxNumber }),
    conditions: draft.conditions,
    ...(dispatchDays === undefined ? {} : { dispatchDays }),
    needsDelivery: draft.needsDelivery,
    shipping,
    ...(tax ? { tax } : {}),
    stockPolicy: draft.stockPolicy,
    cartHoldMinutes: minutes,
  });
  return { terms, faults };
}

/** A currency that no rule is in yet. */
export const freeCurrency = ({ shipping }: TermsDraft, first: Currency): Currency | undefined =>
  [first, ...Currency.options].find((one) => !shipping.some(({ currency }) => currency === one));
