import { logger } from '../platform/logger.ts';
import type { Drop } from './core/drop.ts';
import type { Recorder } from './recorder.ts';
import type { BatchRecord, ClaimArbiter, ClaimLog, DropRecord, LogEntry } from './store.ts';

type Parts = {
  arbiter: ClaimArbiter;
  log: ClaimLog;
  record: DropRecord;
  batches: BatchRecord;
  recorder: Recorder;
};

/** The deciding process gets this long to record its batch itself. */
const ownTimeMs = 1500;
const triesBeforeAside = 5;
const watchedAfterEndMs = 600_000;
const forgottenAfterMs = 86_400_000;

/**
 * The safety net: reads every drop's log and records what a dead process had decided and not written. Any number of
 * recorders may run. Answers how many entries are done.
 */
export function persistence({ arbiter, log, record, batches, recorder }: Parts) {
  const settleOne = async (drop: Drop, entry: LogEntry, now: number): Promise<boolean> => {
    const { batch } = entry;
    if (batch === undefined) {
      if (entry.deliveries < triesBeforeAside) return false;
      await batches.setAside(drop.dropId, entry.id, entry.raw);
      logger.error({ dropId: drop.dropId, entry: entry.id }, 'log entry set aside: it cannot be read');
      return true;
    }
    if (await batches.get(drop.dropId, batch.epoch, batch.batchId)) return true;
    if (now - Number.parseInt(entry.id, 10) < ownTimeMs) return false;
    const { status } = await recorder.record(drop, batch);
    logger.warn(
      { dropId: drop.dropId, batchId: batch.batchId, status },
      'recorded a batch that was left behind',
    );
    return true;
  };

  const drain = async (drop: Drop, name: string): Promise<number> => {
    const now = await arbiter.now();
    const entries = await log.read(drop.dropId, name, { count: 500, idleMs: ownTimeMs });
    const done: string[] = [];
    for (const entry of entries)
      try {
        if (await settleOne(drop, entry, now)) done.push(entry.id);
      } catch (fault) {
        logger.error({ err: fault, dropId: drop.dropId, entry: entry.id }, 'log entry not recorded yet');
      }
    await log.settle(drop.dropId, done);
    return done.length;
  };

  return {
    async persistStream(name: string): Promise<number> {
      let done = 0;
      for (const drop of await record.unforgotten()) {
        const endedFor = drop.closedAt === undefined ? 0 : (await arbiter.now()) - drop.closedAt;
        if (endedFor < watchedAfterEndMs || endedFor > forgottenAfterMs) done += await drain(drop, name);
        if (endedFor <= forgottenAfterMs) continue;
        await arbiter.forget(drop.dropId);
        await record.markForgotten(drop.dropId);
      }
      return done;
    },
  };
}
