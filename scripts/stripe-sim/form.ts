/** A form body as Stripe reads it: every leaf is a string, brackets nest, numbered or empty brackets list. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };
/** The top level of a form. */
export type Form = { [key: string]: FormValue };

type Branch = Map<string, Branch | string>;

const pathOf = (name: string): string[] => {
  const head = name.split('[', 1)[0] ?? name;
  const rest = [...name.slice(head.length).matchAll(/\[([^\]]*)\]/g)].map((part) => part[1] ?? '');
  return [head, ...rest];
};

const plant = (branch: Branch, path: readonly string[], value: string): void => {
  const [first = '', ...rest] = path;
  const key = first === '' ? String(branch.size) : first;
  if (rest.length === 0) {
    branch.set(key, value);
    return;
  }
  const below = branch.get(key);
  const next: Branch = below instanceof Map ? below : new Map();
  branch.set(key, next);
  plant(next, rest, value);
};

const leaf = (value: Branch | string): FormValue => {
  if (typeof value === 'string') return value;
  const keys = [...value.keys()];
  if (keys.length > 0 && keys.every((key, index) => key === String(index)))
    return [...value.values()].map(leaf);
  return Object.fromEntries([...value].map(([key, below]) => [key, leaf(below)]));
};

/** Reads `a[b][c]=1&expand[]=x` into nested values. A name given twice keeps its last value. */
export const parseForm = (text: string): Form => {
  const root: Branch = new Map();
  for (const [name, value] of new URLSearchParams(text)) plant(root, pathOf(name), value);
  return Object.fromEntries([...root].map(([key, value]) => [key, leaf(value)]));
};
