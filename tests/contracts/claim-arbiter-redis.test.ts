import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DropId, GrantId } from '#contract/ids.ts';
import { redisArbiter } from '#server/drops/arbiter.redis.ts';
import { dropKeys } from '#server/drops/keys.ts';
import { redisClaimLog } from '#server/drops/log.redis.ts';
import { ask, decided, openDrop, outcomes } from '../support/claims.ts';
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

describe('the Redis arbiter alone', () => {
  const everything = async (dropId: DropId) => {
    const keys = dropKeys(dropId);
    const dumped = await Promise.all(Object.values(keys).map((name) => redis.dumpBuffer(name)));
    return dumped.map((dump) => dump?.toString('hex'));
  };

  test('[S3.8] the log has one entry a batch, read once by each group of recorders', async () => {
    const arbiter = redisArbiter(redis);
    const drop = await openDrop(arbiter, 1);
    await arbiter.claim(drop.dropId, drop, [ask('a'), ask('b'), ask('c', 'key-0001', 'not-eligible:staff')]);
    await arbiter.claim(drop.dropId, drop, [ask('a')]);
    const log = redisClaimLog(redis);
    const entries = await log.read(drop.dropId, 'one', { count: 10, idleMs: 60_000 });
    expect(entries.map(({ batch }) => batch)).toEqual([
      expect.objectContaining({
        ...{ dropId: drop.dropId, epoch: 1, first: 1, openedAt: drop.openedAt },
        claims: [
          { viewer: 'a', key: 'key-a', outcome: 'granted', ordinal: 1 },
          { viewer: 'b', key: 'key-b', outcome: 'sold-out', ordinal: 0 },
          { viewer: 'c', key: 'key-0001', outcome: 'not-eligible', reason: 'staff', ordinal: 0 },
        ],
      }),
    ]);
    expect(await log.read(drop.dropId, 'two', { count: 10, idleMs: 60_000 })).toEqual([]);
    const left = await log.read(drop.dropId, 'two', { count: 10, idleMs: 0 });
    expect(left.map(({ id, deliveries }) => [id, deliveries])).toEqual([[entries[0]?.id, 2]]);
    await log.settle(
      drop.dropId,
      left.map(({ id }) => id),
    );
    expect(await log.read(drop.dropId, 'two', { count: 10, idleMs: 0 })).toEqual([]);
  });

  test('[M-D1] a state brought back gives the same numbers again, and never the same batch', async () => {
    const arbiter = redisArbiter(redis);
    const drop = await openDrop(arbiter, 3);
    await arbiter.claim(drop.dropId, drop, [ask('a')]);
    const keys = Object.values(dropKeys(drop.dropId));
    const kept = await Promise.all(keys.map((name) => redis.dumpBuffer(name)));
    const first = decided(await arbiter.claim(drop.dropId, drop, [ask('b')]));
    await redis.del(...keys);
    for (const [index, name] of keys.entries()) {
      const dump = kept[index];
      if (dump) await redis.restore(name, 0, dump);
    }
    const again = decided(await arbiter.claim(drop.dropId, drop, [ask('c')]));
    expect(again.first).toBe(first.first);
    expect(again.batchId).not.toBe(first.batchId);
  });

  test.each(['answers', 'grants', 'log'] as const)(
    '[M-D1] %s of a wrong type: refused, and nothing is written',
    async (part) => {
      const arbiter = redisArbiter(redis);
      const drop = await openDrop(arbiter, 3);
      await redis.del(dropKeys(drop.dropId)[part]);
      await redis.set(dropKeys(drop.dropId)[part], 'something else');
      const before = await everything(drop.dropId);
      await expect(arbiter.claim(drop.dropId, drop, [ask('a')])).rejects.toThrow('WRONGTYPE');
      expect(await everything(drop.dropId)).toEqual(before);
    },
  );

  test.each([
    ['left', 'many'],
    ['number', ''],
    ['openedAt', 'noon'],
  ])('[M-D1] a state whose %s is no number: refused, and nothing is written', async (field, value) => {
    const arbiter = redisArbiter(redis);
    const drop = await openDrop(arbiter, 3);
    await redis.hset(dropKeys(drop.dropId).state, field, value);
    const before = await everything(drop.dropId);
    await expect(arbiter.claim(drop.dropId, drop, [ask('a')])).rejects.toThrow('DROPSTATE');
    expect(await everything(drop.dropId)).toEqual(before);
  });

  test('[M-D1] Redis at maxmemory: refused before the first write, stock unchanged', async () => {
    const arbiter = redisArbiter(redis);
    const drop = await openDrop(arbiter, 3);
    const before = await everything(drop.dropId);
    await redis.config('SET', 'maxmemory', '1');
    try {
      await expect(arbiter.claim(drop.dropId, drop, [ask('a')])).rejects.toThrow('OOM');
      await expect(arbiter.giveBack(drop.dropId, 1, GrantId.parse('grant_t-a-1'))).rejects.toThrow('OOM');
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
    expect(await everything(drop.dropId)).toEqual(before);
    expect(outcomes(await arbiter.claim(drop.dropId, drop, [ask('a')]))).toEqual(['granted']);
  });

  // Every call up to and with the first write is made to fail; the later writes go to keys whose type was read before.
  describe.each(['claim', 'give-back', 'close', 'open', 'load'])('%s.lua', (name) => {
    const lua = readFileSync(new URL(`../../server/drops/lua/${name}.lua`, import.meta.url), 'utf8');
    const calls =
      lua.match(/redis\.call\('(\w+)'/g)?.map((call) => call.replace("redis.call('", '').replace("'", '')) ??
      [];
    const writes = new Set(['XADD', 'HSET', 'SADD', 'DEL']);
    const firstWrite = calls.findIndex((call) => writes.has(call));

    test('[M-D1] reads everything before it writes anything', () => {
      expect(firstWrite).toBeGreaterThanOrEqual(0);
      expect(calls.slice(firstWrite).filter((call) => !writes.has(call))).toEqual([]);
    });

    test.each(Array.from({ length: firstWrite + 1 }, (_, index) => index + 1))(
      '[M-D1] call %i fails: nothing is written',
      async (failing) => {
        const arbiter = redisArbiter(redis);
        const drop = await openDrop(arbiter, 3);
        const keys = dropKeys(drop.dropId);
        if (name === 'load') await arbiter.open({ ...drop, epoch: 2 });
        const before = await everything(drop.dropId);
        const planted = `local real, made = redis, 0
        local redis = setmetatable({ call = function(...)
          made = made + 1
          if made == ${failing} then return real.error_reply('PLANTED'), error('PLANTED') end
          return real.call(...)
        end }, { __index = real })\n${lua}`;
        const input: Record<string, [string[], (string | number)[]]> = {
          claim: [
            [keys.state, keys.answers, keys.grants, keys.log],
            [1, 1, 'a', 'key-0001', ''],
          ],
          'give-back': [
            [keys.state, keys.returned],
            [1, 'grant_t-a-1'],
          ],
          close: [[keys.state], [1]],
          open: [
            [keys.state, keys.answers, keys.grants, keys.returned],
            [2, 1, 0, 0, 3, 1],
          ],
          load: [
            [keys.state, keys.answers, keys.grants],
            [2, 'last', 'a', 'key-0001', 'granted 1 1 1 0 1', 1],
          ],
        };
        const [names, args] = input[name] ?? [[], []];
        await expect(redis.eval(planted, names.length, ...names, ...args)).rejects.toThrow('PLANTED');
        expect(await everything(drop.dropId)).toEqual(before);
      },
    );
  });
});
