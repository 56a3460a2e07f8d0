import { expect, test } from 'vitest';
import { type StoredEntry, type StoredStock, stockDifferences } from './stock.ts';

const entry = (
  version: number,
  cause: string,
  quantity: number,
  units: [number, number, number],
): StoredEntry => ({
  id: `e${version}`,
  version,
  cause,
  quantity,
  available: units[0],
  held: units[1],
  sold: units[2],
});
const entries = [
  entry(1, 'opening', 10, [10, 0, 0]),
  entry(2, 'hold', 3, [7, 3, 0]),
  entry(3, 'sale', 2, [7, 1, 2]),
  entry(4, 'return', 1, [8, 1, 1]),
];
const stock: StoredStock = {
  variantId: 'var_1',
  version: 4,
  available: 8,
  held: 1,
  sold: 1,
  unwritten: [],
  pending: [],
};
const moved = { held: 1, committed: 2 };
const first = (
  changed: Partial<StoredStock>,
  all: readonly StoredEntry[] = entries,
  units: typeof moved = moved,
): string | undefined => stockDifferences({ ...stock, ...changed }, all, units)[0]?.where;
const changedAt = (index: number, more: Partial<StoredEntry>) =>
  entries.map((one, place) => (place === index ? { ...one, ...more } : one));

test('[M-O11] a stock document that is the fold of its entries leaves no difference', () => {
  expect(stockDifferences(stock, entries, moved)).toEqual([]);
});

test.each([
  ['stock var_1: available', first({ available: 9 })],
  ['stock var_1: held', first({ held: 2 })],
  ['stock var_1: sold', first({ sold: 0 })],
  ['stock var_1: number of changes', first({ version: 5 })],
  ['stock var_1: number of an entry', first({}, entries.toSpliced(1, 1))],
  ['stock var_1: number of an entry', first({}, changedAt(2, { version: 7 }))],
  ['stock var_1, entry 2: available', first({}, changedAt(1, { available: 6 }))],
  ['stock var_1, entry 3: held', first({}, changedAt(2, { quantity: 1 }))],
  ['stock var_1, entry 4', first({}, changedAt(3, { cause: 'gift' }))],
  ['stock var_1, entry 1: available', first({}, changedAt(0, { cause: 'write-off' }))],
  ['stock var_1: held by movements', first({}, entries, { held: 0, committed: 2 })],
  ['stock var_1: committed less returned', first({}, entries, { held: 1, committed: 3 })],
])('[M-O11] a planted difference is named first: %s', (name, where) => {
  expect(where).toBe(name);
});

test('[M-O11] a change that the ledger has not got yet counts, once, and a pending step leaves movements alone', () => {
  const unwritten = [
    { id: 'e4', cause: 'return', quantity: 1 },
    { id: 'e5', cause: 'hold', quantity: 2 },
  ];
  const now = { version: 5, available: 6, held: 3, unwritten, pending: [{}] };
  expect(first(now)).toBeUndefined();
  expect(first({ ...now, available: 5 })).toBe('stock var_1: available');
  expect(first({ ...now, pending: [] })).toBe('stock var_1: held by movements');
});
