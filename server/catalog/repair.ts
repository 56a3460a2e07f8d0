import type { VariantId } from '#contract/ids.ts';
import { type Cause, isTake, type Movement, type Pending, verdict } from './core/stock.ts';
import { type StepParts, undo, write, writeOut } from './steps.ts';

/**
 * Finishes what dead processes left half done before an instant (milliseconds since 1970): what was decided is
 * carried out, what was not is fenced off and put back. Answers how many steps it closed; safe while others work.
 */
export async function repair(parts: StepParts, before: number): Promise<number> {
  const { store } = parts;
  let closed = 0;
  for (const variantId of await store.unfinished(before)) {
    const [row] = await store.rows([variantId]);
    for (const pending of row?.pending ?? []) {
      if (pending.at >= before) continue;
      await close(parts, variantId, pending);
      closed += 1;
    }
    await writeOut(parts, variantId);
  }
  for (const { id, asking } of await store.askingSince(before)) {
    if (asking === undefined) continue;
    await store.changeMovement(id, { state: 'asking', asking }, { state: 'refused' });
    closed += 1;
  }
  return closed;
}

async function close(parts: StepParts, variantId: VariantId, pending: Pending): Promise<void> {
  const { store } = parts;
  const { step, cause, movementId, quantity, reason } = pending;
  for (;;) {
    const movement = await store.movement(movementId);
    const became = verdict(pending, movement);
    if (became === 'open' && movement) {
      await fence(parts, movement, pending);
      continue;
    }
    if (isTake(cause)) {
      if (became === 'void') await undo(parts, variantId, pending, cause);
      else await store.settle(variantId, { step });
    } else if (became === 'decided') {
      const why: Cause = { id: step, cause, quantity, reference: movementId, reason, at: parts.now() };
      const moved = await store.move(variantId, step, why);
      if (moved) await write(parts, variantId, why, moved);
    } else await store.settle(variantId, { step });
    return;
  }
}

/** Closes the guard of an undecided step: whoever sleeps on it can no longer decide it. */
async function fence({ store }: StepParts, movement: Movement, { step, cause }: Pending): Promise<void> {
  if (isTake(cause))
    await store.changeMovement(movement.id, { state: 'asking', asking: step }, { state: 'refused' });
  else
    await store.changeMovement(
      movement.id,
      { state: movement.state, rev: movement.rev },
      { rev: movement.rev + 1 },
    );
}
