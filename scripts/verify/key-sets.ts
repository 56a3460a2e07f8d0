import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** `components.schemas` of Stripe's OpenAPI description. */
export type Schemas = Record<string, unknown>;

/** What a comparison found so far: kinds of object seen, and paths such as `charge.outcome.reason`. */
export type KeyDifference = {
  objects: Set<string>;
  /** Keys of ours that neither the description nor stripe-mock's answer has. */
  unknown: Set<string>;
  /** The same, but the SDK's newer types name them. */
  newer: Set<string>;
  /** Keys that the description requires or stripe-mock answers, and ours lack. */
  lacking: Set<string>;
};

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const Schema = z.looseObject({
  $ref: z.string().optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
});
type Schema = z.infer<typeof Schema>;

/** The schemas a value may have: references followed, alternatives laid side by side. */
function alternatives(raw: unknown, schemas: Schemas): Schema[] {
  const schema = Schema.safeParse(raw).data;
  if (schema === undefined) return [];
  if (schema.$ref !== undefined) return alternatives(schemas[schema.$ref.split('/').at(-1) ?? ''], schemas);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => alternatives(one, schemas));
  return [schema];
}

const kindOf = ({ properties }: Schema): string | undefined => {
  const Kind = z.object({ enum: z.tuple([z.string()]) });
  return Kind.safeParse(properties?.object).data?.enum[0];
};

/** Keys that an interface of the SDK names, nested ones too; the SDK speaks a newer version than stripe-mock. */
const sdkKeys = new Map<string, Set<string>>();
function isNamedBySdk(kind: string, key: string): boolean {
  const pascal = kind.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
  let known = sdkKeys.get(kind);
  if (known === undefined) {
    const read = (file: string) => {
      try {
        const at = new URL(`../../node_modules/stripe/esm/resources/${file}.d.ts`, import.meta.url);
        return readFileSync(at, 'utf8');
      } catch {
        return '';
      }
    };
    const source = read(`${pascal}s`) || read(pascal);
    known = new Set([...source.matchAll(/^ +(\w+)\??:/gm)].map(([, name = '']) => name));
    sdkKeys.set(kind, known);
  }
  return known.has(key);
}

type Place = { kind: string; path: string; found: KeyDifference; schemas: Schemas };

function compareTrees(ours: Tree, theirs: unknown, raw: unknown, place: Place): void {
  const { schemas, found } = place;
  const kind = typeof ours.object === 'string' ? ours.object : undefined;
  const all = alternatives(raw ?? (kind && schemas[kind]), schemas).filter((one) => one.properties);
  const fitting = kind === undefined ? all : all.filter((one) => kindOf(one) === kind);
  const here = kind === undefined || kind === 'list' ? place : { ...place, kind, path: kind };
  if (kind !== undefined && kind !== 'list') found.objects.add(kind);
  if (place.path.endsWith('.metadata')) return;
  const answered = isTree(theirs) && (kind === undefined || theirs.object === kind) ? theirs : {};
  const isOpen = fitting.some(({ additionalProperties: more }) => more !== undefined && more !== false);
  const known = new Set([
    ...fitting.flatMap(({ properties = {} }) => Object.keys(properties)),
    ...Object.keys(answered),
  ]);
  for (const [key, value] of Object.entries(ours)) {
    const path = `${here.path}.${key}`;
    if (!isOpen && known.size > 0 && !known.has(key))
      (isNamedBySdk(here.kind, key) ? found.newer : found.unknown).add(path);
    const below = fitting.map(({ properties }) => properties?.[key]).filter((one) => one !== undefined);
    compareValues(value, answered[key], below.length === 0 ? undefined : { anyOf: below }, { ...here, path });
  }
  const [only] = fitting;
  const wanted = new Set([...(fitting.length === 1 ? (only?.required ?? []) : []), ...Object.keys(answered)]);
  for (const key of wanted) if (!(key in ours)) found.lacking.add(`${here.path}.${key}`);
}

function compareValues(ours: unknown, theirs: unknown, raw: unknown, place: Place): void {
  if (isTree(ours)) compareTrees(ours, theirs, raw, place);
  if (!Array.isArray(ours)) return;
  const items = alternatives(raw, place.schemas).flatMap(({ items: one }) =>
    one === undefined ? [] : [one],
  );
  const sample: unknown = Array.isArray(theirs) ? theirs[0] : undefined;
  for (const one of ours)
    compareValues(one, sample, items.length === 0 ? undefined : { anyOf: items }, place);
}

/** Compares the keys of one answer of ours, at every depth, with stripe-mock's and with the description; adds to `found`. */
export function compareKeys(ours: unknown, theirs: unknown, schemas: Schemas, found: KeyDifference): void {
  const list = z.looseObject({ object: z.literal('list'), data: z.array(z.unknown()) });
  const [mine, its] = [list.safeParse(ours), list.safeParse(theirs)];
  const place = { kind: '', path: '', found, schemas };
  if (mine.success) for (const one of mine.data.data) compareValues(one, its.data?.data[0], undefined, place);
  else compareValues(ours, theirs, undefined, place);
}
