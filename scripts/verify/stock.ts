import { type Difference, unlessEqual } from './difference.ts';

type Units = { available: number; held: number; sold: number };
type Change = { cause: string; quantity: number };

export type StoredStock = Units & {
  variantId: string;
  version: number;
  /** Changes that the ledger may not have yet, oldest first. */
  unwritten: readonly (Change & { id: string })[];
  pending: readonly unknown[];
};
export type StoredEntry = Units & Change & { id: string; version: number };

/** Units of a variant that movements hold and have sold. */
export type MovedUnits = { held: number; committed: number };

/** How one unit moves by each cause: available, held, sold. */
const moves: Record<string, readonly [number, number, number]> = {
  opening: [1, 0, 0],
  restock: [1, 0, 0],
  'write-off': [-1, 0, 0],
  'write-off-undone': [1, 0, 0],
  hold: [-1, 1, 0],
  'hold-undone': [1, -1, 0],
  release: [1, -1, 0],
  sale: [0, -1, 1],
  return: [1, 0, -1],
  'return-write-off': [0, 0, -1],
};
const returns = ['return', 'return-write-off'];

/**
 * A variant's stock document against its ledger and its movements: entries are numbered from 1 without gaps, each
 * one's balances are the fold up to it, the document is the fold of all, what is held is what holds hold, and what is
 * sold is what was committed less what came back. While a step is pending the last two are not compared.
 */
export function stockDifferences(
  stock: StoredStock,
  entries: readonly StoredEntry[],
  moved: MovedUnits,
): Difference[] {
  const { variantId, version } = stock;
  const where = `stock ${variantId}`;
  const found: Difference[] = [];
  const sum = { available: 0, held: 0, sold: 0 };
  let returned = 0;
  const add = (at: string, { cause, quantity }: Change): void => {
    const units = moves[cause];
    if (units === undefined) found.push({ where: at, stored: cause, recomputed: 'no such cause' });
    sum.available += (units?.[0] ?? 0) * quantity;
    sum.held += (units?.[1] ?? 0) * quantity;
    sum.sold += (units?.[2] ?? 0) * quantity;
    if (returns.includes(cause)) returned += quantity;
    for (const [name, value] of Object.entries(sum))
      if (value < 0) found.push({ where: `${at}: ${name}`, stored: String(value), recomputed: '0 or more' });
  };
  const ids = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const at = `${where}, entry ${entry.version}`;
    found.push(...unlessEqual(`${where}: number of an entry`, entry.version, index + 1));
    ids.add(entry.id);
    add(at, entry);
    found.push(...balances(at, entry, sum));
  }
  const left = stock.unwritten.filter(({ id }) => !ids.has(id));
  for (const change of left) add(`${where}, change ${change.id}`, change);
  found.push(...unlessEqual(`${where}: number of changes`, version, entries.length + left.length));
  found.push(...balances(where, stock, sum));
  if (stock.pending.length > 0) return found;
  return [
    ...found,
    ...unlessEqual(`${where}: held by movements`, stock.held, moved.held),
    ...unlessEqual(`${where}: committed less returned`, stock.sold, moved.committed - returned),
  ];
}

const balances = (where: string, stored: Units, sum: Units): Difference[] => [
  ...unlessEqual(`${where}: available`, stored.available, sum.available),
  ...unlessEqual(`${where}: held`, stored.held, sum.held),
  ...unlessEqual(`${where}: sold`, stored.sold, sum.sold),
];
