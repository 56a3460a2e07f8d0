import { z } from 'zod';

/** ISO 4217 codes that Dropcast sells in. */
export const Currency = z.enum(['USD', 'EUR', 'GBP', 'CNY', 'JPY', 'KWD']);
export type Currency = z.infer<typeof Currency>;

/** An amount in the currency's minor units (cents; yen; fils), never a fraction. */
export const Money = z.object({
  amount: z.int().min(-1_000_000_000_000).max(1_000_000_000_000),
  currency: Currency,
});
export type Money = z.infer<typeof Money>;

/** A price: an amount of zero or more. */
export const Price = Money.extend({ amount: z.int().nonnegative().max(99_999_999) });
export type Price = z.infer<typeof Price>;

/** Digits after the point, by ISO 4217. */
export const currencyDigits: Record<Currency, number> = { USD: 2, EUR: 2, GBP: 2, CNY: 2, JPY: 0, KWD: 3 };
