import { AddressEdit } from '#contract/checkout.ts';

export type AddressField =
  | 'name'
  | 'street'
  | 'extra'
  | 'city'
  | 'region'
  | 'postcode'
  | 'country'
  | 'phone'
  | 'isDefault';

const needed: AddressField[] = ['name', 'street', 'postcode', 'city', 'country'];

/** A filled form as an address, or the fields that are still to be filled in, first things first. */
export function addressOf(
  form: FormData,
): { ok: true; address: AddressEdit } | { ok: false; missing: AddressField[] } {
  const given: Record<string, string> = {};
  for (const [name, value] of form)
    if (typeof value === 'string' && value.trim() !== '') given[name] = value.trim();
  const missing = needed.filter((name) => given[name] === undefined);
  const { isDefault, ...fields } = given;
  const parsed = AddressEdit.safeParse({ ...fields, isDefault: isDefault !== undefined });
  if (missing.length > 0) return { ok: false, missing };
  if (parsed.success) return { ok: true, address: parsed.data };
  const [issue] = parsed.error.issues;
  const field = needed.find((name) => name === issue?.path[0]);
  return { ok: false, missing: field ? [field] : ['name'] };
}
