import { setTimeout as wait } from 'node:timers/promises';
import { pauseAfter, type Restarts } from './pause.ts';

/** A process that runs. `ended` resolves with a reason when it is over, for whatever cause. */
export type Running = { pid: number; ended: Promise<string>; stop: () => Promise<void> };

/** A part that is kept running until `stop`. */
export type Kept = {
  name: string;
  /** 0 while it is down. */
  pid: () => number;
  restarts: () => number;
  /** Ends the process and starts it again at once. */
  renew: () => Promise<void>;
  stop: () => Promise<void>;
};

/** How a keeper speaks, and how long it pauses; tests pass their own pause. */
export type KeeperOptions = {
  tell: (text: string) => void;
  changed?: () => void;
  pause?: (restarts: Restarts, ranMs: number) => Restarts & { pauseMs: number };
};

/**
 * Starts a part, resolves once it is ready, and from then on restarts it whenever it dies, with growing pauses. Throws
 * when the very first start fails.
 */
export async function keepRunning(
  name: string,
  start: () => Promise<Running>,
  { tell, changed = () => undefined, pause = pauseAfter }: KeeperOptions,
): Promise<Kept> {
  const over = new AbortController();
  let running: Running | undefined = await start();
  let startedAt = performance.now();
  let restarts: Restarts = { inARow: 0 };
  let count = 0;
  let isRenewing = false;

  const startAgain = async () => {
    startedAt = performance.now();
    try {
      running = await start();
      count += 1;
      changed();
      tell(`${name} is back`);
    } catch (fault) {
      tell(`${name} did not start: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
    // Asked to stop while it started.
    if (over.signal.aborted) await running?.stop();
  };

  const watch = async () => {
    while (!over.signal.aborted) {
      const reason = await (running?.ended ?? '');
      running = undefined;
      changed();
      if (over.signal.aborted) return;
      if (!isRenewing) {
        const next = pause(restarts, performance.now() - startedAt);
        restarts = next;
        tell(`${reason === '' ? name : reason}; starting it again in ${next.pauseMs / 1000} s`);
        await wait(next.pauseMs, undefined, { signal: over.signal }).catch(() => undefined);
        if (over.signal.aborted) return;
      }
      isRenewing = false;
      await startAgain();
    }
  };
  const watching = watch();

  return {
    name,
    pid: () => running?.pid ?? 0,
    restarts: () => count,
    async renew() {
      isRenewing = running !== undefined;
      await running?.stop();
    },
    async stop() {
      over.abort();
      await running?.stop();
      await watching;
    },
  };
}
