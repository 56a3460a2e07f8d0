import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VariantId } from '#contract/ids.ts';
import { redisStockCounts } from '#server/catalog/counts.redis.ts';
import { memoryStockCounts } from '#server/catalog/store.memory.ts';
import { type Count, countKeptMs, type StockCounts } from '#server/catalog/store.ts';
import { openRedis } from '../support/redis.ts';

let server: Awaited<ReturnType<typeof openRedis>>;
let redis: Redis;
beforeAll(async () => {
  server = await openRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const fresh = () => VariantId.parse(`var_${randomUUID()}`);
const countOf = (version: number, at: number, available = version): Count => ({
  available,
  held: 1,
  sold: 2,
  version,
  at,
});

/** Lets the counts' own time pass: the memory twin is told, Redis hears that its keys were noted so long ago. */
type Pass = (ms: number) => Promise<void>;
const twins: [string, () => { counts: StockCounts; pass: Pass }][] = [
  [
    'memory',
    () => {
      let now = 0;
      return {
        counts: memoryStockCounts(() => now),
        pass: async (ms) => {
          now += ms;
        },
      };
    },
  ],
  [
    'redis',
    () => ({
      counts: redisStockCounts(redis),
      async pass(ms) {
        for (const key of await redis.keys('*:count'))
          await redis.pexpire(key, Math.max(0, (await redis.pttl(key)) - ms));
      },
    }),
  ],
];

describe.each(twins)('stock counts in %s', (_technology, open) => {
  test('[RULE-1] of counts in any order the one of the latest version stays, and of one version the one seen last', async () => {
    const { counts } = open();
    const note = fc.record({ version: fc.integer({ min: 0, max: 12 }), at: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(note, { minLength: 1, maxLength: 12 }), async (notes) => {
        const variantId = fresh();
        await Promise.all(notes.map(({ version, at }) => counts.note(variantId, countOf(version, at))));
        const [last] = notes.toSorted((a, b) => b.version - a.version || b.at - a.at);
        expect((await counts.read([variantId])).get(variantId)).toEqual(
          last && countOf(last.version, last.at),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('each variant has its own, and what was never noted is missing', async () => {
    const { counts } = open();
    const [a, b, none] = [fresh(), fresh(), fresh()];
    await counts.note(a, countOf(3, 1_790_000_000_000));
    await counts.note(b, countOf(1_000_000, 5));
    expect(await counts.read([a, none, b])).toEqual(
      new Map([
        [a, countOf(3, 1_790_000_000_000)],
        [b, countOf(1_000_000, 5)],
      ]),
    );
    expect(await counts.read([])).toEqual(new Map());
  });

  test('a count ends by itself unless it is noted again, so that a wrong one cannot stay', async () => {
    const { counts, pass } = open();
    const [kept, ended] = [fresh(), fresh()];
    await counts.note(kept, countOf(1, 1));
    await counts.note(ended, countOf(1, 1));
    await pass(countKeptMs - 3000);
    await counts.note(kept, countOf(1, 2));
    await pass(3000);
    expect([...(await counts.read([kept, ended])).keys()]).toEqual([kept]);
  });
});

test('what somebody else wrote there is no count', async () => {
  const variantId = fresh();
  await redis.set(`{stock:${variantId}}:count`, 'x y 3');
  const counts = redisStockCounts(redis);
  expect((await counts.read([variantId])).size).toBe(0);
});
