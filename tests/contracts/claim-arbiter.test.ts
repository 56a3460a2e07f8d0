import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GrantId } from '#contract/ids.ts';
import { memoryArbiter } from '#server/drops/arbiter.memory.ts';
import { redisArbiter } from '#server/drops/arbiter.redis.ts';
import type { Claim } from '#server/drops/core/claim.ts';
import type { ArbiterReply, ClaimArbiter } from '#server/drops/store.ts';
import { ask, decided, freshDrop, hour, openDrop, outcomes } from '../support/claims.ts';
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

const twins: [string, () => ClaimArbiter][] = [
  ['memory', () => memoryArbiter(Date.now)],
  ['redis', () => redisArbiter(redis)],
];

describe.each(twins)('the %s arbiter', (_name, make) => {
  let arbiter: ClaimArbiter;
  beforeEach(() => {
    arbiter = make();
  });

  test('[S3.8] grants in the order of arrival, up to the stock, and numbers winners and losers alike', async () => {
    const drop = await openDrop(arbiter, 2);
    const reply = decided(
      await arbiter.claim(
        drop.dropId,
        drop,
        ['a', 'b', 'c'].map((one) => ask(one)),
      ),
    );
    expect(outcomes(reply)).toEqual(['granted', 'granted', 'sold-out']);
    expect(reply.answers.map(({ answer }) => answer.number)).toEqual([1, 2, 3]);
    expect(reply).toMatchObject({ left: 0, first: 1, size: 3 });
    expect(await arbiter.winners(drop.dropId)).toEqual(expect.arrayContaining(['a', 'b']));
  });

  test('[S3.7] a known key gets its stored answer and no new number, also within one batch', async () => {
    const drop = await openDrop(arbiter, 1);
    const first = decided(await arbiter.claim(drop.dropId, drop, [ask('a'), ask('a'), ask('b')]));
    const again = decided(await arbiter.claim(drop.dropId, drop, [ask('b'), ask('a')]));
    expect(first.answers.map(({ isRepeat }) => isRepeat)).toEqual([false, true, false]);
    expect(again.answers.map(({ answer }) => answer)).toEqual([
      first.answers[2]?.answer,
      first.answers[0]?.answer,
    ]);
    expect(again).toMatchObject({ size: 0, left: 0 });
  });

  test("[S3.7] another viewer's use of the same key is another claim", async () => {
    const drop = await openDrop(arbiter, 2);
    const reply = await arbiter.claim(drop.dropId, drop, [ask('a', 'samekey1'), ask('b', 'samekey1')]);
    expect(outcomes(reply)).toEqual(['granted', 'granted']);
  });

  test('[S3.7] [S3.8] a viewer with a coupon is told so, whatever the key', async () => {
    const drop = await openDrop(arbiter, 5);
    const reply = await arbiter.claim(drop.dropId, drop, [ask('a', 'key-0001'), ask('a', 'key-0002')]);
    expect(outcomes(reply)).toEqual(['granted', 'already-granted']);
    expect(outcomes(await arbiter.claim(drop.dropId, drop, [ask('a', 'key-0003')]))).toEqual([
      'already-granted',
    ]);
  });

  test('[S3.7] what was decided before is numbered and kept with its reason', async () => {
    const drop = await openDrop(arbiter, 5);
    const reply = decided(
      await arbiter.claim(drop.dropId, drop, [ask('a', 'key-0001', 'not-eligible:staff')]),
    );
    expect(reply.answers[0]?.answer).toMatchObject({ outcome: 'not-eligible', reason: 'staff', number: 1 });
    expect(reply.left).toBe(5);
  });

  test('[S3.6] a closed drop, and one whose window is over or has not begun, grants nothing', async () => {
    const now = await arbiter.now();
    const closed = await openDrop(arbiter, 5);
    expect(await arbiter.close(closed.dropId, 1)).toBe('closed');
    const over = await openDrop(arbiter, 5, { openedAt: now - hour, closesAt: now });
    const ahead = await openDrop(arbiter, 5, { openedAt: now + hour, closesAt: now + 2 * hour });
    for (const drop of [closed, over, ahead])
      expect(outcomes(await arbiter.claim(drop.dropId, drop, [ask('a')]))).toEqual(['drop-closed']);
  });

  test('[S3.8] another epoch, other rules, no state and a loading one decide nothing', async () => {
    const drop = await openDrop(arbiter, 5);
    expect(await arbiter.claim(drop.dropId, { epoch: 2, rules: 1 }, [ask('a')])).toEqual({
      status: 'stale',
      epoch: 1,
    });
    expect(await arbiter.claim(drop.dropId, { epoch: 1, rules: 2 }, [ask('a')])).toMatchObject({
      status: 'stale',
    });
    expect(await arbiter.claim(freshDrop(), drop, [ask('a')])).toEqual({ status: 'lost' });
    const loading = freshDrop();
    await arbiter.open({ ...drop, dropId: loading });
    expect(await arbiter.claim(loading, drop, [ask('a')])).toEqual({ status: 'loading' });
    expect(await arbiter.standing(drop.dropId)).toEqual({ epoch: 1, left: 5, number: 0 });
  });

  test('[S3.8] a new epoch starts empty, takes what the record knows, and no older one comes back', async () => {
    const drop = await openDrop(arbiter, 3);
    const { answers } = decided(await arbiter.claim(drop.dropId, drop, [ask('a'), ask('b')]));
    const answer = answers[0]?.answer;
    if (!answer) throw new Error('no answer');
    const next = { ...drop, epoch: 2, left: 2 };
    expect(await arbiter.open(next)).toBe('opened');
    expect(await arbiter.load(drop.dropId, 2, [{ viewer: 'a', key: 'key-a', answer }], true)).toBe('loaded');
    expect(await arbiter.open(drop)).toBe('stale');
    expect(await arbiter.load(drop.dropId, 1, [], true)).toBe('stale');
    const reply = decided(await arbiter.claim(drop.dropId, next, [ask('a'), ask('a', 'otherkey'), ask('b')]));
    expect(reply.answers[0]).toEqual({ answer, isRepeat: true });
    expect(outcomes(reply)).toEqual(['granted', 'already-granted', 'granted']);
    expect(reply.left).toBe(1);
  });

  test('[S3.8] a unit goes back once for each grant id', async () => {
    const drop = await openDrop(arbiter, 1);
    await arbiter.claim(drop.dropId, drop, [ask('a')]);
    const grantId = GrantId.parse('grant_t-a-1');
    expect(await arbiter.giveBack(drop.dropId, 1, grantId)).toBe('returned');
    expect(await arbiter.giveBack(drop.dropId, 1, grantId)).toBe('known');
    expect(await arbiter.giveBack(drop.dropId, 2, grantId)).toBe('stale');
    expect(await arbiter.standing(drop.dropId)).toMatchObject({ left: 1 });
    expect(outcomes(await arbiter.claim(drop.dropId, drop, [ask('b'), ask('c')]))).toEqual([
      'granted',
      'sold-out',
    ]);
  });
});

const viewer = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const key = fc.constantFrom('key-0001', 'key-0002', 'key-0003');
const verdict = fc.constantFrom<Claim['verdict']>('', '', '', '', 'sold-out', 'not-eligible:staff');
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      claims: fc.array(fc.record({ viewer, key, verdict }), { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give-back' as const), grant: viewer }) },
);

test('[S3.8] [M-D1] both arbiters give the same answers to any sequence, and never more than stock and limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 14 }),
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 1, max: 2 }),
      async (steps, stock, perViewer) => {
        const pair = [memoryArbiter(Date.now), redisArbiter(redis)] as const;
        const dropId = freshDrop();
        const drops = await Promise.all(pair.map((one) => openDrop(one, stock, { dropId, perViewer })));
        const [drop] = drops;
        if (!drop) throw new Error('no drop');
        const granted: string[] = [];
        const returned = new Set<string>();
        for (const one of steps) {
          if (one.do === 'close') for (const arbiter of pair) await arbiter.close(dropId, 1);
          if (one.do === 'give-back') {
            const grantId = GrantId.parse(`grant_t-${one.grant}-1`);
            const replies = await Promise.all(pair.map((arbiter) => arbiter.giveBack(dropId, 1, grantId)));
            expect(replies[1]).toBe(replies[0]);
            returned.add(grantId);
          }
          if (one.do === 'claim') {
            const [mine, theirs] = await Promise.all(
              pair.map((arbiter) => arbiter.claim(dropId, drop, one.claims)),
            );
            if (!mine || !theirs) throw new Error('no reply');
            const timeless = (reply: ArbiterReply) => ({
              ...decided(reply),
              sinceOpeningMs: 0,
              batchId: '',
              answers: decided(reply).answers.map(({ answer, isRepeat }) => ({
                ...answer,
                isRepeat,
                batchId: '',
                sinceOpeningMs: 0,
              })),
            });
            expect(timeless(theirs)).toEqual(timeless(mine));
            decided(mine).answers.forEach(({ answer, isRepeat }, index) => {
              if (answer.outcome === 'granted' && !isRepeat) granted.push(one.claims[index]?.viewer ?? '');
            });
          }
        }
        expect(granted.length).toBeLessThanOrEqual(stock + returned.size);
        for (const name of new Set(granted))
          expect(granted.filter((one) => one === name).length).toBeLessThanOrEqual(perViewer);
        const standing = await Promise.all(pair.map((arbiter) => arbiter.standing(dropId)));
        expect(standing[1]).toEqual(standing[0]);
        await pair[1].forget(dropId);
      },
    ),
    { numRuns: 120 },
  );
});
