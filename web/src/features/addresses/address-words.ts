import type { Delivery } from '#contract/checkout.ts';
import { getLocale } from '../../paraglide/runtime.js';

/** An address without its name in one line, the country by its name. */
export function addressLine({ street, extra, postcode, city, region, country }: Delivery): string {
  const land = new Intl.DisplayNames([getLocale()], { type: 'region' }).of(country) ?? country;
  return [street, extra, `${postcode} ${city}`, region, land].filter(Boolean).join(', ');
}
