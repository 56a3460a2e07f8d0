import { z } from 'zod';
import { type ApiError, invalid } from './api-error.ts';
import type { FormValue } from './form.ts';

/** Building blocks for parameters. Every leaf arrives as a string. */
export const text = z.string().max(5000);
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, 'integer')
  .transform(Number);
export const flag = z.enum(['true', 'false']).transform((word) => word === 'true');

/** Added to what is there; an empty value takes a key away, an empty string takes all. */
export const metadata = z.union([
  z.literal(''),
  z.record(z.string().max(40), z.string().max(500)).refine((given) => Object.keys(given).length <= 50),
]);

/** Joins metadata as Stripe does. */
export const mergeMetadata = (
  old: Record<string, string>,
  given: '' | Record<string, string> | undefined,
): Record<string, string> => {
  if (given === undefined) return old;
  if (given === '') return {};
  return Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== ''));
};

export const address = z.strictObject({
  city: text.optional(),
  country: text.optional(),
  line1: text.optional(),
  line2: text.optional(),
  postal_code: text.optional(),
  state: text.optional(),
});
export const shipping = z.strictObject({
  address,
  name: text,
  phone: text.optional(),
  carrier: text.optional(),
  tracking_number: text.optional(),
});
export const billingDetails = z.strictObject({
  address: address.optional(),
  email: text.optional(),
  name: text.optional(),
  phone: text.optional(),
  tax_id: text.optional(),
});

/** An address with every key Stripe answers. */
export const fullAddress = (given: z.infer<typeof address> | undefined) => ({
  city: given?.city ?? null,
  country: given?.country ?? null,
  line1: given?.line1 ?? null,
  line2: given?.line2 ?? null,
  postal_code: given?.postal_code ?? null,
  state: given?.state ?? null,
});

/** Three letters; minor units, at least 50 and at most eight digits, as Stripe asks of a charge. */
export const currency = z
  .string()
  .regex(/^[a-zA-Z]{3}$/, 'currency')
  .transform((code) => code.toLowerCase());

const range = z.union([
  integer.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({
    gt: integer.optional(),
    gte: integer.optional(),
    lt: integer.optional(),
    lte: integer.optional(),
  }),
]);

/** What every list takes. */
export const paging = {
  limit: integer.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
  created: range.optional(),
};
export type Paging = z.infer<ReturnType<typeof z.object<typeof paging>>>;

const bracketed = (path: readonly PropertyKey[]): string =>
  path.map((part, index) => (index === 0 ? String(part) : `[${String(part)}]`)).join('');

const valueAt = (form: FormValue | undefined, path: readonly PropertyKey[]): FormValue | undefined => {
  const [first, ...rest] = path;
  if (first === undefined || form === undefined) return form;
  if (typeof form === 'string') return undefined;
  return valueAt(Array.isArray(form) ? form[Number(first)] : form[String(first)], rest);
};

const explain = (form: FormValue, issue: z.core.$ZodIssue): ApiError => {
  const name = bracketed(issue.path);
  const given = valueAt(form, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const unknown = bracketed([...issue.path, issue.keys[0] ?? '']);
    if (unknown === 'payment_method_types')
      return invalid(
        'The parameter payment_method_types is no longer supported. Use allowed_payment_method_types instead.',
        unknown,
        'payment_method_types_no_longer_supported',
      );
    return invalid(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown');
  }
  if (given === undefined) return invalid(`Missing required param: ${name}.`, name, 'parameter_missing');
  if (given === '')
    return invalid(
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset.`,
      name,
      'parameter_invalid_empty',
    );
  if (issue.message === 'integer')
    return invalid(`Invalid integer: ${String(given)}`, name, 'parameter_invalid_integer');
  if (issue.message === 'currency') return invalid(`Invalid currency: ${String(given)}`, name);
  if (issue.code === 'invalid_value')
    return invalid(`Invalid ${name}: must be one of ${issue.values.map(String).join(', ')}`, name);
  return invalid(`Invalid ${name}`, name);
};

/** Parses a form, or says what is wrong with it in Stripe's words. */
export const parseParams = <S extends z.ZodType>(schema: S, form: FormValue): z.infer<S> => {
  const parsed = schema.safeParse(form);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw first === undefined ? invalid('Invalid request') : explain(form, first);
};
