import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { VariantId } from '#contract/ids.ts';
import { createHolds } from '#server/catalog/holds.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { Death, dying, endsAt, shelvesOf, stockStores } from '../support/stock.ts';

const { stores, close } = await stockStores();
afterAll(close);

describe.each(stores)('stock under deaths in %s', (technology, store) => {
  const { holds, variantWith, balancesOf, hold, expectWhole } = shelvesOf(store);

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
