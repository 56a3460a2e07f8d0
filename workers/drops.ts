import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type Drops, dropWakeQueue } from '#server/drops/index.ts';
import type { Clock } from '#server/platform/clock.ts';
import { openWorker } from '#server/platform/queue.ts';
import { sweep } from './sweep.ts';

/** Drops and coupons that end, and claims that a dead server had decided and not written. */
export function dropWork({
  drops,
  clock,
  connection,
}: {
  drops: Drops;
  clock: Clock;
  connection: Redis;
}): AsyncDisposable[] {
  const name = `recorder-${randomUUID()}`;
  return [
    openWorker(connection, dropWakeQueue, async () => {
      await drops.sweep();
    }),
    sweep(clock, 'drops', 1000, () => drops.sweep()),
    sweep(clock, 'claim-logs', 1000, () => drops.persistStream(name)),
  ];
}
