import type { Clock } from '#server/platform/clock.ts';
import { repeat } from '#server/platform/lifetime.ts';
import { logger } from '#server/platform/logger.ts';

/**
 * Runs a sweep every `everyMs` while this process's clock is trusted. A sweep obeys stored instants and is safe to run
 * twice, here and elsewhere.
 */
export function sweep(
  clock: Clock,
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
): AsyncDisposable {
  return repeat(
    everyMs,
    async () => {
      if (clock.isTrusted()) await work();
    },
    (fault) => logger.warn({ err: fault, sweep: name }, 'a sweep failed and will run again'),
  );
}
