import type { VariantId } from '#contract/ids.ts';
import { Fault } from '../platform/fault.ts';
import {
  type Cause,
  type End,
  type Entry,
  ends,
  type Movement,
  type MovementLine,
  numberEntries,
  type Pending,
  type Take,
  takes,
} from './core/stock.ts';
import type { Moved, StockStore } from './store.ts';

/** Called between every two steps with the name of the one just made; a test throws in it to stand for a death. */
export type FailPoint = (name: string) => void | Promise<void>;

export type StepParts = {
  store: StockStore;
  now: () => number;
  /** Names a step, unlike any other. */
  newId: () => string;
  failpoint: FailPoint;
};

const undoneId = (step: string): string => `${step}:undone`;

/** Puts a change of a stock document into the ledger and tells of it. */
export async function write(
  { store, failpoint }: StepParts,
  variantId: VariantId,
  cause: Cause,
  moved: Moved,
  step?: string,
): Promise<void> {
  const { productId: _, ...balances } = moved;
  await store.append({ ...cause, ...balances, variantId });
  await failpoint('entered');
  await store.settle(variantId, {
    ...(step === undefined ? {} : { step }),
    written: { id: cause.id, told: moved },
  });
  await failpoint('settled');
}

/** Takes back what a void step took, once. */
export async function undo(
  parts: StepParts,
  variantId: VariantId,
  { step, movementId, quantity }: Pick<Pending, 'step' | 'movementId' | 'quantity'>,
  cause: Take,
): Promise<void> {
  const back: Cause = {
    id: undoneId(step),
    cause: takes[cause].undo,
    quantity,
    reference: movementId,
    reason: '',
    at: parts.now(),
  };
  const moved = await parts.store.move(variantId, step, back);
  if (moved) await write(parts, variantId, back, moved);
}

/** Takes back all that a void attempt took, and completes the ledger. */
export async function undoAll(
  parts: StepParts,
  { id, asking: step, lines }: Pick<Movement, 'id' | 'lines'> & { asking: string },
  cause: Take,
): Promise<void> {
  for (const { variantId, quantity } of lines) {
    await undo(parts, variantId, { step, movementId: id, quantity }, cause);
    await writeOut(parts, variantId);
  }
}

/**
 * Takes a movement's units variant by variant in sorted order, then decides it. Short of one variant, it is decided
 * against and the others are put back. Answers the variant that was short.
 */
export async function takeAll(
  parts: StepParts,
  { id, asking: step, lines, rev, reason }: Movement & { asking: string },
  cause: Take,
): Promise<VariantId | undefined> {
  const { store, failpoint } = parts;
  const taken: { line: MovementLine; cause: Cause; moved: Moved }[] = [];
  const giveUp = async () => {
    for (const { line, cause: why, moved } of taken) {
      await write(parts, line.variantId, why, moved);
      await undo(parts, line.variantId, { step, movementId: id, quantity: line.quantity }, cause);
    }
  };
  for (const line of lines) {
    const at = parts.now();
    const { quantity } = line;
    const why: Cause = { id: step, cause, quantity, reference: id, reason, at };
    const pending: Pending = { step, movementId: id, cause, quantity, rev, reason, at };
    const moved = await store.take(line.variantId, pending, why);
    if (moved === undefined) {
      await store.changeMovement(id, { state: 'asking', asking: step }, { state: 'refused' });
      await failpoint('refused');
      await giveUp();
      return line.variantId;
    }
    taken.push({ line, cause: why, moved });
    await failpoint('taken');
  }
  const decided = await store.changeMovement(
    id,
    { state: 'asking', asking: step },
    { state: takes[cause].to, step },
  );
  if (decided === undefined) {
    await giveUp();
    throw new Fault('not-known-yet', `another process decided ${id}`);
  }
  await failpoint('decided');
  for (const { line, cause: why, moved } of taken) await write(parts, line.variantId, why, moved, step);
  return undefined;
}

/** Decides an end and then moves the units. False: the movement was no longer as it was read; nothing moved. */
export async function endAll(
  parts: StepParts,
  movement: Movement,
  cause: End,
  reason: string,
): Promise<boolean> {
  const { store, failpoint } = parts;
  const { id, rev, lines } = movement;
  const step = parts.newId();
  const at = parts.now();
  for (const { variantId, quantity } of lines) {
    await store.intend(variantId, { step, movementId: id, cause, quantity, rev, reason, at });
    await failpoint('intended');
  }
  const { from, to } = ends[cause];
  const decided = await store.changeMovement(id, { state: from, rev }, { state: to, step, reason });
  if (decided === undefined) {
    for (const { variantId } of lines) await store.settle(variantId, { step });
    return false;
  }
  await failpoint('decided');
  for (const { variantId, quantity } of lines) {
    const why: Cause = { id: step, cause, quantity, reference: id, reason, at };
    const moved = await store.move(variantId, step, why);
    await failpoint('moved');
    if (moved) await write(parts, variantId, why, moved);
  }
  return true;
}

/** Numbers and writes what a variant's ledger lacks, so that it can be read whole. */
export async function writeOut({ store }: Pick<StepParts, 'store'>, variantId: VariantId): Promise<void> {
  const [row] = await store.rows([variantId]);
  if (row === undefined || row.unwritten.length === 0) return;
  const known = await store.entries(variantId, 0, Number.MAX_SAFE_INTEGER);
  const missing = numberEntries(row, known);
  const written = new Map<string, Entry>([...known, ...missing].map((entry) => [entry.id, entry]));
  for (const entry of missing) await store.append(entry);
  for (const { id } of row.unwritten) {
    const entry = written.get(id);
    if (entry === undefined) continue;
    const { available, held, sold, version } = entry;
    const told = { available, held, sold, version, productId: row.productId };
    await store.settle(variantId, { written: { id, told } });
  }
}
