import type { Redis } from 'ioredis';
import { repeat } from './lifetime.ts';
import { logger } from './logger.ts';

/** The one clock: every deadline and every stamp is read from it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** False while this process's own time is more than 2 s off: sweepers then rest. */
  isTrusted(): boolean;
}

/** The clock of the process alone: for tools and tests that need no Redis. */
export const processClock: Clock = { now: () => Date.now(), isTrusted: () => true };

const tolerableMs = 2000;

/** Follows Redis `TIME`: all processes of an installation agree, whatever their own clocks say. */
export async function redisClock(redis: Redis): Promise<Clock & AsyncDisposable> {
  let offset = await readOffset(redis);
  let wasTrusted = true;
  const following = repeat(
    5000,
    async () => {
      offset = await readOffset(redis);
      const isTrusted = Math.abs(offset) <= tolerableMs;
      if (isTrusted !== wasTrusted)
        logger.warn({ offsetMs: offset }, isTrusted ? 'clock agrees again' : 'clock is off: sweepers rest');
      wasTrusted = isTrusted;
    },
    (fault) => logger.debug({ err: fault }, 'clock could not be read'),
  );
  return {
    now: () => Math.round(Date.now() + offset),
    isTrusted: () => Math.abs(offset) <= tolerableMs,
    [Symbol.asyncDispose]: () => following[Symbol.asyncDispose](),
  };
}

async function readOffset(redis: Redis): Promise<number> {
  const before = Date.now();
  const [seconds, micros] = await redis.time();
  const after = Date.now();
  return Number(seconds) * 1000 + Number(micros) / 1000 - (before + after) / 2;
}
