import { afterAll, describe, expect, test } from 'vitest';
import { endsAt, fresh, shelvesOf, stockStores } from '../support/stock.ts';

const { stores, close } = await stockStores();
afterAll(close);

describe.each(stores)('stock in %s', (technology, store) => {
  const { holds, variantWith, balancesOf, hold, expectWhole } = shelvesOf(store);

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

  test('[S0.16] [M-O9] a name that was released is over, even where it held nothing or was refused: no sleeper holds under it', async () => {
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

  test('[M-V1] a retired product takes no new holds; those it has may still end', async () => {
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
});
