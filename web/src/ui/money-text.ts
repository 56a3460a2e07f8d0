/** Minor units as text in the reader's language: `{amount: 3000, currency: 'USD'}` → `$30.00`. */
export function moneyText(
  { amount, currency }: { amount: number; currency: string },
  locale: string,
): string {
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
