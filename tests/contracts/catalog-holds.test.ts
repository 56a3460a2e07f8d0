import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ProductId, VariantId } from '#contract/ids.ts';
import { deltaOf } from '#server/catalog/core/stock.ts';
import { createHolds } from '#server/catalog/holds.ts';
import { catalogMigrations } from '#server/catalog/migrations.ts';
import { mongoStockStore } from '#server/catalog/stock.mongo.ts';
import { memoryStockStore } from '#server/catalog/store.memory.ts';
import type { StockStore } from '#server/catalog/store.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox } from '#server/platform/outbox.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
await migrate(mongo, catalogMigrations);
afterAll(() => mongo.close());

const fresh = () => randomUUID().replaceAll('-', '');
const endsAt = new Date('2030-01-01T00:00:00Z');

class Death extends Error {}

/** Lets a process die at its n-th fail point. */
function dying(store: StockStore, at: number) {
  let seen = 0;
  const passed: string[] = [];
  const failpoint = (name: string) => {
    seen += 1;
    passed.push(name);
    if (seen === at) throw new Death(name);
  };
  return { holds: createHolds({ store, clock, failpoint }), passed };
}

describe.each([
  ['memory', memoryStockStore()],
  ['mongo', mongoStockStore(mongo, new Outbox(clock), clock)],
])('stock in %s', (technology, store) => {
  const holds = createHolds({ store, clock });

  const variantWith = async (units: number) => {
    const variantId = VariantId.parse(`var_${fresh()}`);
    await store.open(variantId, ProductId.parse(`prd_${fresh()}`));
    if (units > 0)
      await holds.change({
        changeId: 'opening',
        variantId,
        kind: 'opening',
        quantity: units,
        reason: 'opening',
      });
    return variantId;
  };
  const balancesOf = async (variantId: VariantId) => {
    const [row] = await store.rows([variantId]);
    return row && { available: row.available, held: row.held, sold: row.sold };
  };
  const hold = (variantId: VariantId, holdOwner: string, quantity = 1) =>
    holds.hold({ holdOwner, lines: [{ variantId, quantity }], endsAt });

  /** Nothing is under way, and the ledger explains every unit. */
  const expectWhole = async (variantId: VariantId, putIn: number) => {
    const [row] = await store.rows([variantId]);
    expect(row).toMatchObject({ pending: [], unwritten: [] });
    const entries = await store.entries(variantId, 0, 10_000);
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, index) => index + 1));
    const sum = { available: 0, held: 0, sold: 0 };
    for (const { cause, quantity, available, held, sold } of entries) {
      const delta = deltaOf(cause, quantity);
      sum.available += delta.available;
      sum.held += delta.held;
      sum.sold += delta.sold;
      expect({ available, held, sold }).toEqual(sum);
      expect(Math.min(available, held, sold)).toBeGreaterThanOrEqual(0);
    }
    expect(await balancesOf(variantId)).toEqual(sum);
    expect(sum.available + sum.held + sum.sold).toBe(putIn);
  };

  test('[RULE-1] 200 guarded holds at once on a stock of 50 give exactly 50', async () => {
    const variantId = await variantWith(50);
    const answers = await Promise.all(Array.from({ length: 200 }, () => hold(variantId, `ord_${fresh()}`)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(50);
    for (const answer of answers) if (!answer.ok) expect(answer.refusal).toBe('out-of-stock');
    expect(await balancesOf(variantId)).toEqual({ available: 0, held: 50, sold: 0 });
    await expectWhole(variantId, 50);
  }, 30_000);

  test('[RULE-1] stock 1 wanted by five paths at once is sold once, run after run', async () => {
    for (let run = 0; run < (technology === 'memory' ? 1000 : 20); run += 1) {
      const variantId = await variantWith(1);
      const owners = ['offer', 'pool', 'assist', 'checkout', 'cart'].map((path) => `${path}_${fresh()}`);
      const answers = await Promise.all(owners.map((owner) => hold(variantId, owner)));
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      const sold = await Promise.all(owners.map((owner) => holds.commit(owner)));
      expect(sold.map(({ ok }) => ok)).toEqual(answers.map(({ ok }) => ok));
      expect(await balancesOf(variantId)).toEqual({ available: 0, held: 0, sold: 1 });
    }
  }, 30_000);

  test('a hold asked for twice is one hold', async () => {
    const variantId = await variantWith(5);
    expect(await hold(variantId, `a${variantId}`, 2)).toEqual({ ok: true });
    expect(await hold(variantId, `a${variantId}`, 2)).toEqual({ ok: true });
    expect(await balancesOf(variantId)).toEqual({ available: 3, held: 2, sold: 0 });
  });

  test('a release gives back its own hold and nobody else’s, once', async () => {
    const variantId = await variantWith(5);
    await hold(variantId, `a${variantId}`, 2);
    await hold(variantId, `b${variantId}`, 1);
    expect(await holds.release(`c${variantId}`, 'stranger')).toMatchObject({ ok: true });
    expect(await balancesOf(variantId)).toEqual({ available: 2, held: 3, sold: 0 });
    await Promise.all(Array.from({ length: 10 }, () => holds.release(`a${variantId}`, 'expired')));
    expect(await balancesOf(variantId)).toEqual({ available: 4, held: 1, sold: 0 });
    await expectWhole(variantId, 5);
  });

  test('[M-O9] a name that was released is over, even where it held nothing or was refused: no sleeper holds under it', async () => {
    const variantId = await variantWith(2);
    const [never, refused] = [`never${variantId}`, `refused${variantId}`];
    await holds.release(never, 'order-over');
    expect(await hold(variantId, never, 1)).toMatchObject({ refusal: 'hold-ended' });
    expect(await hold(variantId, refused, 3)).toMatchObject({ refusal: 'out-of-stock' });
    await holds.release(refused, 'order-over');
    expect(await hold(variantId, refused, 1)).toMatchObject({ refusal: 'hold-ended' });
    expect(await balancesOf(variantId)).toEqual({ available: 2, held: 0, sold: 0 });
    await expectWhole(variantId, 2);
  });

  test('a commit after a release is refused, and so are a release after a commit and a new hold after the end', async () => {
    const variantId = await variantWith(5);
    const [a, b] = [`a${variantId}`, `b${variantId}`];
    await hold(variantId, a, 2);
    await holds.release(a, 'expired');
    expect(await holds.commit(a)).toMatchObject({ refusal: 'hold-ended' });
    expect(await hold(variantId, a, 2)).toMatchObject({ refusal: 'hold-ended' });
    await hold(variantId, b, 1);
    expect(await holds.commit(b)).toMatchObject({ ok: true });
    expect(await holds.commit(b)).toMatchObject({ ok: true });
    expect(await holds.release(b, 'late')).toMatchObject({ refusal: 'hold-ended' });
    expect(await balancesOf(variantId)).toEqual({ available: 4, held: 0, sold: 1 });
    await expectWhole(variantId, 5);
  });

  test('[S0.16] a release ends a name for good, whether it held anything or not: a hold that comes later is refused', async () => {
    const variantId = await variantWith(2);
    const [early, short] = [`early${variantId}`, `short${variantId}`];
    expect(await holds.commit(early)).toMatchObject({ refusal: 'hold-ended' });
    expect(await holds.release(early, 'order over')).toMatchObject({ ok: true });
    expect(await hold(variantId, short, 3)).toMatchObject({ refusal: 'out-of-stock' });
    expect(await holds.release(short, 'order over')).toMatchObject({ ok: true });
    for (const owner of [early, short]) {
      expect(await hold(variantId, owner)).toMatchObject({ refusal: 'hold-ended' });
      expect(await holds.release(owner, 'again')).toMatchObject({ ok: true });
    }
    expect(await balancesOf(variantId)).toEqual({ available: 2, held: 0, sold: 0 });
    await expectWhole(variantId, 2);
  });

  test('[M-O10] what was sold comes back once for each return, on the shelf or out of the books', async () => {
    const variantId = await variantWith(3);
    const owner = `a${variantId}`;
    await hold(variantId, owner, 2);
    await holds.commit(owner);
    const one = [{ variantId, quantity: 1 }];
    const takeBack = (returnId: string, as: 'restock' | 'write-off') =>
      holds.takeBack({ returnId: `${returnId}${variantId}`, lines: one, as, reason: 'refund' });
    await Promise.all(Array.from({ length: 5 }, () => takeBack('a', 'restock')));
    expect(await balancesOf(variantId)).toEqual({ available: 2, held: 0, sold: 1 });
    await Promise.all(Array.from({ length: 5 }, () => takeBack('b', 'write-off')));
    expect(await balancesOf(variantId)).toEqual({ available: 2, held: 0, sold: 0 });
    expect(await holds.commit(owner)).toMatchObject({ ok: true });
    await expectWhole(variantId, 2);
  });

  test('an expiry and a payment that race end a hold once', async () => {
    for (let run = 0; run < (technology === 'memory' ? 1000 : 20); run += 1) {
      const variantId = await variantWith(1);
      const owner = `a${variantId}`;
      await hold(variantId, owner);
      const [sold, released] = await Promise.all([holds.commit(owner), holds.release(owner, 'expired')]);
      expect([sold.ok, released.ok].toSorted()).toEqual([false, true]);
      const now = await balancesOf(variantId);
      expect(now).toEqual(sold.ok ? { available: 0, held: 0, sold: 1 } : { available: 1, held: 0, sold: 0 });
      await expectWhole(variantId, 1);
    }
  }, 30_000);

  test('several variants are held together or not at all', async () => {
    const [plenty, scarce] = [await variantWith(5), await variantWith(1)];
    const lines = [
      { variantId: scarce, quantity: 2 },
      { variantId: plenty, quantity: 3 },
    ];
    const answer = await holds.hold({ holdOwner: `a${plenty}`, lines, endsAt });
    expect(answer).toMatchObject({ refusal: 'out-of-stock' });
    expect(await balancesOf(plenty)).toEqual({ available: 5, held: 0, sold: 0 });
    await expectWhole(plenty, 5);
    await expectWhole(scarce, 1);
    await holds.change({
      changeId: 'more',
      variantId: scarce,
      kind: 'restock',
      quantity: 1,
      reason: 'found',
    });
    expect(await holds.hold({ holdOwner: `a${plenty}`, lines, endsAt })).toMatchObject({ ok: true });
    expect(await balancesOf(scarce)).toEqual({ available: 0, held: 2, sold: 0 });
  });

  test('a retired product takes no new holds; those it has may still end', async () => {
    const variantId = await variantWith(3);
    await hold(variantId, `a${variantId}`);
    await store.setRetired(variantId, true);
    expect(await hold(variantId, `b${variantId}`)).toMatchObject({ refusal: 'product-retired' });
    expect(await holds.commit(`a${variantId}`)).toMatchObject({ ok: true });
  });

  test('[M-V1] stock cannot be written off below what is held, and a change counts once however often it is sent', async () => {
    const variantId = await variantWith(3);
    await hold(variantId, `a${variantId}`, 2);
    const writeOff = (changeId: string, quantity: number) =>
      holds.change({ changeId, variantId, kind: 'write-off', quantity, reason: 'broken' });
    expect(await writeOff('w1', 2)).toMatchObject({ refusal: 'stock-below-held' });
    expect(await writeOff('w2', 1)).toMatchObject({ ok: true });
    expect(await writeOff('w2', 1)).toMatchObject({ ok: true });
    const restock = { changeId: 'r1', variantId, kind: 'restock', quantity: 4, reason: 'delivery' } as const;
    await Promise.all(Array.from({ length: 8 }, () => holds.change(restock)));
    expect(await balancesOf(variantId)).toEqual({ available: 4, held: 2, sold: 0 });
    await expectWhole(variantId, 6);
  });

  const journeys: Record<
    string,
    (over: ReturnType<typeof createHolds>, a: VariantId, b: VariantId) => Promise<unknown>
  > = {
    hold: (over, a, b) =>
      over.hold({
        holdOwner: `x${a}`,
        lines: [
          { variantId: a, quantity: 2 },
          { variantId: b, quantity: 1 },
        ],
        endsAt,
      }),
    'hold that falls short': (over, a, b) =>
      over.hold({
        holdOwner: `x${a}`,
        lines: [
          { variantId: a, quantity: 2 },
          { variantId: b, quantity: 99 },
        ],
        endsAt,
      }),
    release: (over, a) => over.release(`held${a}`, 'expired'),
    commit: (over, a) => over.commit(`held${a}`),
    return: (over, a) =>
      over.takeBack({ returnId: a, lines: [{ variantId: a, quantity: 1 }], as: 'restock', reason: 'refund' }),
    restock: (over, a) =>
      over.change({ changeId: 'x', variantId: a, kind: 'restock', quantity: 4, reason: 'delivery' }),
    'write-off': (over, a) =>
      over.change({ changeId: 'x', variantId: a, kind: 'write-off', quantity: 2, reason: 'broken' }),
  };

  test.each(Object.keys(journeys))(
    'killed between any two steps of a %s, every unit is where it should be after the repair',
    async (name) => {
      const journey = journeys[name];
      let steps = 0;
      for (let at = 1; ; at += 1) {
        const [a, b] = [await variantWith(10), await variantWith(10)].toSorted();
        if (a === undefined || b === undefined || journey === undefined) throw new Error('no variants');
        const lines = [a, b].map((variantId) => ({ variantId, quantity: 2 }));
        await holds.hold({ holdOwner: `held${a}`, lines, endsAt });
        await holds.hold({ holdOwner: `sold${a}`, lines, endsAt });
        await holds.commit(`sold${a}`);
        const { holds: mortal, passed } = dying(store, at);
        const died = await journey(mortal, a, b).then(
          () => false,
          (fault: unknown) => {
            if (!(fault instanceof Death)) throw fault;
            return true;
          },
        );
        await holds.repair(-1000);
        const change = await store.movement(`change:${a}:x`);
        const isDone = change?.state === 'done';
        const putIn = name === 'restock' && isDone ? 14 : name === 'write-off' && isDone ? 8 : 10;
        await expectWhole(a, putIn);
        await expectWhole(b, 10);
        const held = await store.movement(`held${a}`);
        const sold = await store.movement(`sold${a}`);
        const asked = await store.movement(`x${a}`);
        const back = (await store.movement(`return:${a}`))?.state === 'done' ? 1 : 0;
        const units = (quantity: number, returned: number) => ({
          held: (held?.state === 'held' ? 2 : 0) + (asked?.state === 'held' ? quantity : 0),
          sold: (held?.state === 'committed' ? 2 : 0) + (sold?.state === 'committed' ? 2 : 0) - returned,
        });
        expect(await balancesOf(a)).toMatchObject(units(2, back));
        expect(await balancesOf(b)).toMatchObject(units(1, 0));
        expect(asked?.state).not.toBe('asking');

        // Whoever asks again gets what a first asker would get, and nothing counts twice.
        const again = await journey(holds, a, b);
        if (name === 'hold that falls short') expect(again).toMatchObject({ refusal: 'out-of-stock' });
        else if (name !== 'return') expect(again).toMatchObject({ ok: true });
        await expectWhole(a, name === 'restock' ? 14 : name === 'write-off' ? 8 : 10);
        if (name === 'hold') expect(await balancesOf(a)).toEqual({ available: 4, held: 4, sold: 2 });
        if (!died) break;
        steps = passed.length;
      }
      expect(steps).toBeGreaterThanOrEqual(4);
    },
    60_000,
  );

  test('a sleeper that wakes after its hold was mended takes nothing with it', async () => {
    const variantId = await variantWith(2);
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const sleeper = createHolds({
      store,
      clock,
      failpoint: (name) => {
        if (name !== 'asked') return;
        reached.resolve();
        return gate.promise;
      },
    });
    const asleep = sleeper.hold({ holdOwner: `a${variantId}`, lines: [{ variantId, quantity: 2 }], endsAt });
    await reached.promise;
    await holds.repair(-1000);
    gate.resolve();
    await expect(asleep).rejects.toMatchObject({ code: 'not-known-yet' });
    expect(await balancesOf(variantId)).toEqual({ available: 2, held: 0, sold: 0 });
    await expectWhole(variantId, 2);
  });

  test.each(['commits', 'does nothing'])(
    'a sleeper whose release was fenced off wakes when another %s: the units move once',
    async (other) => {
      const variantId = await variantWith(2);
      await hold(variantId, `a${variantId}`, 2);
      const gate = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      let isFirst = true;
      const sleeper = createHolds({
        store,
        clock,
        failpoint: (name) => {
          if (name !== 'intended' || !isFirst) return;
          isFirst = false;
          reached.resolve();
          return gate.promise;
        },
      });
      const asleep = sleeper.release(`a${variantId}`, 'expired');
      await reached.promise;
      await holds.repair(-1000);
      if (other === 'commits') await holds.commit(`a${variantId}`);
      gate.resolve();
      if (other === 'commits') expect(await asleep).toMatchObject({ refusal: 'hold-ended' });
      else expect(await asleep).toMatchObject({ ok: true });
      expect(await balancesOf(variantId)).toEqual(
        other === 'commits' ? { available: 0, held: 0, sold: 2 } : { available: 2, held: 0, sold: 0 },
      );
      await expectWhole(variantId, 2);
    },
  );

  test('[RULE-1] any mixture of holds and ends, with deaths and repairs in between, loses no unit', async () => {
    const verb = fc.constantFrom('hold', 'release', 'commit', 'repair');
    const act = fc.record({
      verb,
      owner: fc.nat(5),
      quantity: fc.integer({ min: 1, max: 4 }),
      dies: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const variantId = await variantWith(6);
        const run = async ({ verb, owner, quantity, dies }: (typeof acts)[number]) => {
          const mortal = dies === 0 ? holds : dying(store, dies).holds;
          const holdOwner = `o${owner}${variantId}`;
          if (verb === 'hold') await mortal.hold({ holdOwner, lines: [{ variantId, quantity }], endsAt });
          else if (verb === 'repair') await mortal.repair(-1000);
          else if (verb === 'commit') await mortal.commit(holdOwner);
          else await mortal.release(holdOwner, 'random');
        };
        const settled = await Promise.allSettled(acts.map(run));
        for (const one of settled)
          if (one.status === 'rejected' && !(one.reason instanceof Death))
            expect(one.reason).toMatchObject({ code: 'not-known-yet' });
        await holds.repair(-1000);
        await expectWhole(variantId, 6);
      }),
      { numRuns: technology === 'memory' ? 500 : 10 },
    );
  }, 60_000);
});
