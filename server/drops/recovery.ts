import type { DropId } from '#contract/ids.ts';
import { logger } from '../platform/logger.ts';
import type { Drop } from './core/drop.ts';
import type { Recorder } from './recorder.ts';
import type { BatchRecord, ClaimArbiter, DropRecord, GrantRecord, KnownAnswer } from './store.ts';

type Parts = {
  arbiter: ClaimArbiter;
  drops: DropRecord;
  grants: GrantRecord;
  batches: BatchRecord;
  recorder: Recorder;
  changed(dropId: DropId): Promise<void>;
};

const leaseMs = 3000;
const chunk = 1000;

/**
 * Makes an open drop's fast state anew after it was lost: a new epoch closes the old one's fence for good, what was
 * made granted is written out, and the drop opens again with its stock less the coupons that the record has, knowing
 * every answer that the record knows. Answers false when somebody else is at it, or the drop is over.
 */
export function recovery({ arbiter, drops, grants, batches, recorder, changed }: Parts) {
  const underWay = new Map<DropId, Promise<boolean>>();

  const recover = async (drop: Drop): Promise<boolean> => {
    const { dropId } = drop;
    const epoch = await drops.beginEpoch(dropId, drop.epoch, await arbiter.now(), leaseMs);
    if (epoch === undefined) return false;
    logger.warn({ dropId, epoch }, 'drop paused: its fast state was lost');
    await recorder.finishPending(drop, 500);
    const live = (await grants.ofDrop(dropId)).filter(({ state }) => state !== 'revoked');
    const renewed = await drops.setLeft(dropId, epoch, Math.max(0, drop.stock - live.length));
    if (renewed === undefined) return false;
    await changed(dropId);
    const isStarted = await startEpoch(arbiter, renewed, await knownAnswers(batches, dropId));
    if (isStarted) await drops.endLease(dropId, epoch);
    logger.warn({ dropId, epoch, left: renewed.left, isStarted }, 'drop goes on under a new epoch');
    return isStarted;
  };

  return (drop: Drop): Promise<boolean> => {
    const known = underWay.get(drop.dropId);
    if (known) return known;
    const running = recover(drop).finally(() => underWay.delete(drop.dropId));
    underWay.set(drop.dropId, running);
    return running;
  };
}

/** Opens an epoch in the arbiter with what the record knows; false when a newer one is there. */
export async function startEpoch(
  arbiter: ClaimArbiter,
  drop: Drop,
  known: readonly KnownAnswer[],
): Promise<boolean> {
  const { dropId, epoch, rules, left, perViewer, openedAt = 0, closesAt = 0 } = drop;
  const opened = await arbiter.open({ dropId, epoch, rules, left, perViewer, openedAt, closesAt });
  if (opened === 'stale') return false;
  for (let from = 0; ; from += chunk) {
    const isLast = from + chunk >= known.length;
    const loaded = await arbiter.load(dropId, epoch, known.slice(from, from + chunk), isLast);
    if (loaded !== 'loaded') return false;
    if (isLast) return true;
  }
}

async function knownAnswers(batches: BatchRecord, dropId: DropId): Promise<KnownAnswer[]> {
  const kept = await batches.ofDrop(dropId);
  return kept.flatMap(({ epoch, batchId, sinceOpeningMs, claims }) =>
    claims.flatMap(({ viewer, key, outcome, reason, number, ordinal }) =>
      outcome === 'void'
        ? []
        : [
            {
              viewer,
              key,
              answer: {
                outcome,
                ...(reason === undefined ? {} : { reason }),
                epoch,
                number,
                batchId,
                sinceOpeningMs,
                ordinal,
              },
            },
          ],
    ),
  );
}
