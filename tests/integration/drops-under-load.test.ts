import { expect, test } from 'vitest';
import { eventually, keyOf, openDropServer, teapotDrop, viewer } from '../support/drop-servers.ts';
import { openMongo } from '../support/mongo.ts';
import { openRedis } from '../support/redis.ts';

test('[S3.8] [M-D1] 1,000 parallel claims on 100 coupons over two servers: exactly 100 grants, and the stores agree', async () => {
  await using redis = await openRedis({ fsync: true });
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  await using one = await openDropServer(stores);
  await using other = await openDropServer(stores);
  const drop = await one.release(teapotDrop(100));
  const names = Array.from({ length: 1000 }, (_, index) => `v${index}`);
  const answers = await Promise.all(
    names.map(async (name, index) => {
      const server = index % 2 === 0 ? one : other;
      const answer = await server.drops.claim(viewer(name), drop.dropId, keyOf(name));
      if (!answer.ok) throw new Error(answer.refusal);
      return answer.value;
    }),
  );
  const won = answers.filter(({ outcome }) => outcome === 'granted');
  expect(won).toHaveLength(100);
  expect(answers.filter(({ outcome }) => outcome === 'sold-out')).toHaveLength(900);
  expect(new Set(won.map(({ grant }) => grant?.grantId)).size).toBe(100);

  const grants = await one.grants.ofDrop(drop.dropId);
  expect(new Set(grants.map((grant) => grant.viewer)).size).toBe(100);
  expect(await one.arbiter.winners(drop.dropId)).toHaveLength(100);
  expect(await one.arbiter.standing(drop.dropId)).toMatchObject({ left: 0 });
  const ended = await eventually(async () => {
    const present = await one.record.get(drop.dropId);
    return present?.state === 'exhausted' && present;
  });
  expect(ended).toMatchObject({ left: 0, closeReason: 'last-granted' });
  expect(await one.record.pending(drop.dropId)).toEqual([]);

  // Every claim is numbered once and recorded, winners and losers.
  const claims = await eventually(async () => {
    const kept = (await one.batches.ofDrop(drop.dropId)).flatMap((batch) => batch.claims);
    return kept.length === 1000 && kept;
  });
  expect(new Set(claims.map(({ number }) => number)).size).toBe(1000);
  expect(new Set(claims.map((claim) => claim.viewer)).size).toBe(1000);
});

test('[M-D1] 10,000 concurrent claims on 500 coupons: exactly 500, no duplicate', async () => {
  await using redis = await openRedis({ fsync: true });
  const stores = { redisUrl: redis.url, mongoUri: openMongo() };
  await using one = await openDropServer(stores);
  await using other = await openDropServer(stores);
  const drop = await one.release(teapotDrop(500));
  const claimOnce = async (name: string, server: typeof one) => {
    for (;;) {
      const answer = await server.drops.claim(viewer(name), drop.dropId, keyOf(name));
      if (answer.ok) return answer.value;
      expect(answer.refusal).toBe('not-known-yet');
    }
  };
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, (_, index) => claimOnce(`v${index}`, index % 2 === 0 ? one : other)),
  );
  expect(answers.filter(({ outcome }) => outcome === 'granted')).toHaveLength(500);
  const grants = await one.grants.ofDrop(drop.dropId);
  expect(grants).toHaveLength(500);
  expect(new Set(grants.map((grant) => grant.viewer)).size).toBe(500);
});
