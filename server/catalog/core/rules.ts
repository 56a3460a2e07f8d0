import { currenciesOf, type SellingTerms, type ShippingRule, type TaxRule } from '#contract/catalog.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { Currency } from '#contract/money.ts';
import type { Destination } from '#contract/region.ts';
import type { ShippingRate, TaxRate } from './price.ts';

type Rules = {
  shipping?: ShippingRate;
  tax?: TaxRate;
  /** False: a rule depends on a country or region that was not given; the price will change with it. */
  isFinal: boolean;
};

/**
 * What a vendor's terms ask of an order in one currency to one destination; `price()` takes shipping and tax as they
 * are here. A zone that names the region goes before one of the whole country, and of equals the first. Until the
 * place is known that a rule depends on, the price shown is that of the country or of `elsewhere`, or nothing. No
 * shipping rule in the currency: sending is free.
 */
export function rulesFor(
  { shipping, tax }: Pick<SellingTerms, 'shipping' | 'tax'>,
  currency: Currency,
  destination: Destination | undefined,
): Result<Rules, 'not-shipped-there'> {
  const rule = shipping.find((one) => currenciesOf(one).has(currency));
  const sent = rule ? shippingTo(rule, destination) : { rate: undefined, isFinal: true };
  if (sent === 'nowhere') return refuse('not-shipped-there');
  const taxed = tax ? taxIn(tax, destination) : { rate: undefined, isFinal: true };
  return accept({
    ...(sent.rate && { shipping: sent.rate }),
    ...(taxed.rate && { tax: taxed.rate }),
    isFinal: sent.isFinal && taxed.isFinal,
  });
}

type Zone = { countries: string[]; regions?: string[] | undefined };

function shippingTo(rule: ShippingRule, destination: Destination | undefined) {
  if (rule.kind === 'flat') return { rate: rateOf(rule), isFinal: true };
  const { zone, isFinal } = zoneOf(rule.zones, destination);
  const found = zone ?? rule.elsewhere;
  if (found === undefined && isFinal) return 'nowhere';
  return { rate: found && rateOf(found), isFinal };
}

function taxIn(rule: TaxRule, destination: Destination | undefined) {
  const { isIncluded } = rule;
  if (rule.kind === 'flat') return { rate: { basisPoints: rule.basisPoints, isIncluded }, isFinal: true };
  const { zone, isFinal } = zoneOf(rule.zones, destination);
  return { rate: zone && { basisPoints: zone.basisPoints, isIncluded }, isFinal };
}

const rateOf = ({ rate, freeFrom }: Pick<Extract<ShippingRule, { kind: 'flat' }>, 'rate' | 'freeFrom'>) => ({
  flat: rate,
  ...(freeFrom && { freeFrom }),
});

/** The zone of a destination as far as it is known; not final while a missing country or region could change it. */
function zoneOf<Of extends Zone>(
  zones: readonly Of[],
  destination: Destination | undefined,
): { zone: Of | undefined; isFinal: boolean } {
  if (destination === undefined) return { zone: undefined, isFinal: false };
  const { country, region } = destination;
  const inCountry = zones.filter(({ countries }) => countries.includes(country));
  const byRegion = inCountry.filter(hasRegions);
  const named = region === undefined ? undefined : byRegion.find(({ regions }) => lists(regions, region));
  const zone = named ?? inCountry.find((one) => !hasRegions(one));
  return { zone, isFinal: region !== undefined || byRegion.length === 0 };
}

const hasRegions = ({ regions = [] }: Zone): boolean => regions.length > 0;
const folded = (name: string): string => name.normalize('NFKC').trim().toUpperCase();
const lists = (regions: readonly string[] = [], region: string): boolean =>
  regions.some((one) => folded(one) === folded(region));
