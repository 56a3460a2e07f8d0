/** Minor units as a plain decimal for a text field: `(1250, 2)` → `12.50`. */
export const amountText = (minor: number, digits: number): string => (minor / 10 ** digits).toFixed(digits);

/**
 * What a person typed as minor units: `12.5`, `12,50` and full-width digits are read; undefined for anything that is
 * no amount or has more decimals than the currency.
 */
export function readAmount(typed: string, digits: number): number | undefined {
  const plain = typed.normalize('NFKC').replaceAll(/\s/g, '').replace(',', '.');
  const found = /^(\d{1,9})(?:\.(\d*))?$/.exec(plain);
  if (!found) return undefined;
  const [, whole = '0', part = ''] = found;
  if (part.length > digits) return undefined;
  return Number(whole) * 10 ** digits + Number(part.padEnd(digits, '0') || '0');
}

/** A whole number within bounds, or undefined. */
export function readCount(typed: string, least: number, most: number): number | undefined {
  const plain = typed.normalize('NFKC').trim();
  if (!/^\d{1,9}$/.test(plain)) return undefined;
  const count = Number(plain);
  return count >= least && count <= most ? count : undefined;
}
