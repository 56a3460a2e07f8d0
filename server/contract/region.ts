import { z } from 'zod';

/** ISO 3166-1, two letters. */
export const Country = z.string().regex(/^[A-Z]{2}$/);
export type Country = z.infer<typeof Country>;

/** A state, province or prefecture as its post knows it, `CA`, `東京都`. */
export const Region = z.string().trim().min(1).max(120);

/** As much of an address as shipping and tax depend on. */
export const Destination = z.object({ country: Country, region: Region.optional() });
export type Destination = z.infer<typeof Destination>;
