/** A version as an ETag: 7 → `"7"`. */
export const etagOf = ({ version }: { version: number }): string => `"${version}"`;

/** `"7"` → 7; undefined without one. */
export function versionOf(ifMatch: string | undefined): number | undefined {
  const found = /^"(\d{1,9})"$/.exec(ifMatch ?? '');
  return found ? Number(found[1]) : undefined;
}
