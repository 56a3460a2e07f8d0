import type { StockCause } from '#contract/catalog.ts';
import type { VariantId } from '#contract/ids.ts';

/** Where a variant's units are. Available + held + sold = what was put in. */
export type Balances = { available: number; held: number; sold: number };

/** How one unit moves: available, held, sold. */
const moves: Record<StockCause, Balances> = {
  opening: { available: 1, held: 0, sold: 0 },
  restock: { available: 1, held: 0, sold: 0 },
  'write-off': { available: -1, held: 0, sold: 0 },
  'write-off-undone': { available: 1, held: 0, sold: 0 },
  hold: { available: -1, held: 1, sold: 0 },
  'hold-undone': { available: 1, held: -1, sold: 0 },
  release: { available: 1, held: -1, sold: 0 },
  sale: { available: 0, held: -1, sold: 1 },
  return: { available: 1, held: 0, sold: -1 },
  'return-write-off': { available: 0, held: 0, sold: -1 },
};

/** What a cause does to the balances. */
export function deltaOf(cause: StockCause, quantity: number): Balances {
  const { available, held, sold } = moves[cause];
  return { available: available * quantity, held: held * quantity, sold: sold * quantity };
}

/** Why units move, before the ledger has numbered it. `id` is unique within its variant. */
export type Cause = {
  id: string;
  cause: StockCause;
  quantity: number;
  /** The movement behind it: a hold's owner, or a vendor's change. */
  reference: string;
  reason: string;
  /** Milliseconds since 1970. */
  at: number;
};

/** A numbered entry: `version` counts a variant's changes from 1, the balances are those after it. */
export type Entry = Cause & Balances & { variantId: VariantId; version: number };

export type MovementLine = { variantId: VariantId; quantity: number };

/**
 * - `asking` takes units and is not decided; `held` has them, `refused` never got them
 * - `released` gave them back, `committed` sold them
 * - `noted` is a vendor's change or a return before it is decided, `done` after
 */
export type MovementState = 'asking' | 'held' | 'refused' | 'released' | 'committed' | 'noted' | 'done';

/** One cause for units to move: a hold from asking to its end, a vendor's change, or a return. Its id names it for good. */
export type Movement = {
  id: string;
  state: MovementState;
  /** Grows when an undecided step is fenced off: a sleeper's decision then finds the guard closed. */
  rev: number;
  /** The step that is taking units now. */
  asking: string | undefined;
  /** Steps that were decided: only these move units for good. */
  steps: string[];
  lines: MovementLine[];
  endsAt: number | undefined;
  reason: string;
  at: number;
};

/** A step that a stock document knows of and that is not settled. */
export type Pending = {
  step: string;
  movementId: string;
  cause: StockCause;
  quantity: number;
  rev: number;
  reason: string;
  at: number;
};

/** Steps that take units under guard first and are decided after: what they took is always there to be undone. */
export const takes = {
  hold: { to: 'held', undo: 'hold-undone' },
  'write-off': { to: 'done', undo: 'write-off-undone' },
} as const;
export type Take = keyof typeof takes;

/** Steps that are decided first and move units after. */
export const ends = {
  release: { from: 'held', to: 'released' },
  sale: { from: 'held', to: 'committed' },
  return: { from: 'noted', to: 'done' },
  'return-write-off': { from: 'noted', to: 'done' },
  restock: { from: 'noted', to: 'done' },
  opening: { from: 'noted', to: 'done' },
} as const satisfies Partial<Record<StockCause, { from: MovementState; to: MovementState }>>;
export type End = keyof typeof ends;

export const isTake = (cause: StockCause): cause is Take => cause in takes;
const isEnd = (cause: StockCause): cause is End => cause in ends;

/**
 * What became of a pending step: `decided` stands, `void` never will, `open` may still become either, so whoever
 * mends must close its guard first.
 */
export function verdict(pending: Pending, movement: Movement | undefined): 'decided' | 'void' | 'open' {
  if (movement === undefined) return 'void';
  if (movement.steps.includes(pending.step)) return 'decided';
  const { cause } = pending;
  const isOpen = isTake(cause)
    ? movement.state === 'asking' && movement.asking === pending.step
    : isEnd(cause) && movement.state === ends[cause].from && movement.rev === pending.rev;
  return isOpen ? 'open' : 'void';
}

/** Lines of one variant become one, in the order in which every process touches stock documents. */
export function sortedLines(lines: readonly MovementLine[]): MovementLine[] {
  const quantities = new Map<VariantId, number>();
  for (const { variantId, quantity } of lines)
    quantities.set(variantId, (quantities.get(variantId) ?? 0) + quantity);
  return [...quantities]
    .map(([variantId, quantity]) => ({ variantId, quantity }))
    .toSorted((a, b) => (a.variantId < b.variantId ? -1 : 1));
}

/**
 * Numbers what a dead process left unnumbered. `row` is a stock document as read, `known` the ledger read after it:
 * versions that the ledger lacks belong to the unwritten causes, in order, since a cause leaves the document only
 * after the ledger has it.
 */
export function numberEntries(
  row: Balances & { variantId: VariantId; version: number; unwritten: readonly Cause[] },
  known: readonly Pick<Entry, 'id' | 'version' | 'cause' | 'quantity'>[],
): Entry[] {
  const written = new Map(known.map((entry) => [entry.version, entry]));
  const ids = new Set(known.map(({ id }) => id));
  const left = row.unwritten.filter(({ id }) => !ids.has(id));
  const entries: Entry[] = [];
  let balances: Balances = { available: row.available, held: row.held, sold: row.sold };
  for (let version = row.version; version > 0 && left.length > 0; version -= 1) {
    const entry = written.get(version) ?? left.pop();
    if (entry === undefined) break;
    if (!written.has(version) && 'reference' in entry)
      entries.unshift({ ...entry, ...balances, variantId: row.variantId, version });
    const delta = deltaOf(entry.cause, entry.quantity);
    balances = {
      available: balances.available - delta.available,
      held: balances.held - delta.held,
      sold: balances.sold - delta.sold,
    };
  }
  return entries;
}
