/**
 * The form under which a handle is unique: `Aki`, `aki` and full-width `ａｋｉ` are one. Compatibility forms and case
 * are folded away; look-alikes of other scripts stay different.
 */
export function foldHandle(handle: string): string {
  return handle.trim().normalize('NFKC').toLowerCase().normalize('NFC');
}
