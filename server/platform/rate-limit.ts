import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Counts tries by key, over all processes; a process that can't reach Redis counts alone meanwhile. */
export interface RateLimit {
  /** Takes one try: 0, or the milliseconds until there is one again. */
  take(key: string): Promise<number>;
  /** Gives one try back. */
  giveBack(key: string): Promise<void>;
  /** Forgets what a key has used. */
  forget(key: string): Promise<void>;
}

/** At most `tries` in each window of `seconds`, counted from a key's first try. */
export function rateLimit(
  redis: Redis,
  { name, tries, seconds }: { name: string; tries: number; seconds: number },
): RateLimit {
  const shape = { keyPrefix: `limit:${name}`, points: tries, duration: seconds };
  const limiter = new RateLimiterRedis({
    ...shape,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(shape),
  });
  return {
    async take(key) {
      try {
        await limiter.consume(key);
        return 0;
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext);
        throw refusal;
      }
    },
    async giveBack(key) {
      await limiter.reward(key);
    },
    async forget(key) {
      await limiter.delete(key);
    },
  };
}
