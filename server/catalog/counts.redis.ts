import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { VariantId } from '#contract/ids.ts';
import { defineScript } from '../platform/script.ts';
import { countKeptMs, type StockCounts } from './store.ts';

const noteCount = defineScript(new URL('./lua/note-count.lua', import.meta.url), {
  keys: ['count'],
  args: ['version', 'at', 'count', 'keptMs'],
  reply: z.enum(['kept', 'known']),
});

const units = z.coerce.number().int();
/** version, instant, available, held, sold. */
const Kept = z.tuple([units, units, units, units, units]);

/** Counts in Redis, a key a variant, which ends by itself when it is not noted again. */
export function redisStockCounts(redis: Redis): StockCounts {
  const keyOf = (variantId: VariantId): string => `{stock:${variantId}}:count`;
  return {
    async note(variantId, { available, held, sold, version, at }) {
      const count = `${available} ${held} ${sold}`;
      const keys = { count: keyOf(variantId) };
      await noteCount.run(redis, { keys, args: { version, at, count, keptMs: countKeptMs } });
    },
    async read(variantIds) {
      const kept = await Promise.all(variantIds.map((variantId) => redis.get(keyOf(variantId))));
      return new Map(
        variantIds.flatMap((variantId, index) => {
          const parsed = Kept.safeParse(kept[index]?.split(' '));
          if (!parsed.success) return [];
          const [version, at, available, held, sold] = parsed.data;
          return [[variantId, { available, held, sold, version, at }] as const];
        }),
      );
    },
  };
}
