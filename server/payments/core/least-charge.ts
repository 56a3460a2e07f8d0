import type { Currency } from '#contract/money.ts';

/**
 * The least that a card is charged, in minor units. A copy of docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
 * for an account that settles in US dollars; where no minimum is stated (CNY, KWD), about the worth of half a dollar.
 */
export const leastCharges: Record<Currency, number> = {
  USD: 50,
  EUR: 50,
  GBP: 50,
  CNY: 400,
  JPY: 50,
  KWD: 200,
};
