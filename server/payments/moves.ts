import { logger } from '../platform/logger.ts';
import type { Payments } from './parts.ts';
import type { MoneyMove, PlannedMove } from './store.ts';

const pauseMs = 30_000;
const longestPauseMs = 6 * 3_600_000;
const batchSize = 100;

/** What came of trying a move: `refused` is a definite no of the payment service, `waits` for something else first. */
export type Tried = { kind: 'made' } | NotMade;
type NotMade = { kind: 'refused' | 'waits'; reason: string };

/** The key a move is sent under. A definite no is answered again for ever under its own, so the next try has another. */
export const keyOf = ({ moveId, refusals }: PlannedMove): string =>
  refusals === 0 ? moveId : `${moveId}:${refusals}`;

/** Tries every move of a kind that is due; what is not made is put off. Returns how many were made. */
export async function sweepMoves(
  payments: Payments,
  kind: MoneyMove['kind'],
  make: (move: PlannedMove) => Promise<Tried>,
): Promise<number> {
  const { store, clock } = payments;
  let made = 0;
  for (const move of await store.dueMoves(kind, new Date(clock.now()), batchSize)) {
    try {
      const tried = await make(move);
      if (tried.kind === 'made') made += 1;
      else await putOff(payments, move, tried);
    } catch (fault) {
      await putOffUnknown(payments, move, fault);
    }
  }
  return made;
}

/** Puts a move off after an answer that did not make it; each definite no doubles the pause. */
export async function putOff({ store, clock }: Payments, move: PlannedMove, answer: NotMade): Promise<void> {
  const { moveId, refusals } = move;
  logger.info({ moveId, ...answer }, 'money move put off');
  if (answer.kind === 'waits') return store.putOff(moveId, new Date(clock.now() + pauseMs), answer.reason);
  const pause = Math.min(pauseMs * 2 ** refusals, longestPauseMs);
  await store.putOffRefused(move, new Date(clock.now() + pause), answer.reason);
}

/** Puts a move off of which nothing is known: it is tried again under the same key. */
export async function putOffUnknown(
  { store, clock }: Payments,
  { moveId }: PlannedMove,
  fault: unknown,
): Promise<void> {
  logger.warn({ err: fault, moveId }, 'no word about a money move, put off');
  const words = fault instanceof Error ? fault.message : String(fault);
  await store.putOff(moveId, new Date(clock.now() + pauseMs), words);
}
