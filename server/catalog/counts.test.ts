import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { ProductId, VariantId } from '#contract/ids.ts';
import { createCounting } from './counts.ts';
import { createHolds } from './holds.ts';
import { memoryStockCounts, memoryStockStore } from './store.memory.ts';
import type { StockCounts, StockStore } from './store.ts';

const variantId = VariantId.parse('var_teapot');
const endsAt = new Date('2030-01-01T00:00:00Z');
const clock = { now: () => nowMs, isTrusted: () => true };
let nowMs = 0;
let asked: string[];
let record: StockStore;
let counts: StockCounts;

/** What one process does, over the record and counts of all. */
const process = (mine: StockCounts = counts) => {
  const heard: StockStore = {
    ...record,
    insertMovement: (movement) => {
      asked.push(movement.id);
      return record.insertMovement(movement);
    },
    rows: (variantIds) => {
      asked.push(...variantIds);
      return record.rows(variantIds);
    },
  };
  const counting = createCounting({ stock: heard, counts: mine, clock });
  const holds = createHolds({ store: counting.stock, clock, shed: counting.shed });
  const hold = (holdOwner: string, quantity = 1) =>
    holds.hold({ holdOwner, lines: [{ variantId, quantity }], endsAt });
  return { ...counting, holds, hold };
};
/** Counts are noted beside the way: this lets them arrive. */
const arrived = async () => void (await counts.read([variantId]));
const figuresOf = async () =>
  (await record.rows([variantId])).map(({ available, held, sold }) => [available, held, sold])[0];

beforeEach(async () => {
  nowMs = 1_800_000_000_000;
  asked = [];
  record = memoryStockStore();
  counts = memoryStockCounts(() => nowMs);
  await record.open(variantId, ProductId.parse('prd_teapot'));
  await process().holds.change({ changeId: 'opening', variantId, kind: 'opening', quantity: 1, reason: 'x' });
  asked = [];
});

test('[RULE-1] whoever asks for what was sold out a moment ago is told so without a movement of the record', async () => {
  const { hold } = process();
  expect(await hold('ord_a')).toMatchObject({ ok: true });
  await arrived();
  asked = [];
  const answers = await Promise.all(Array.from({ length: 50 }, () => hold(`ord_${randomUUID()}`)));
  for (const answer of answers) expect(answer).toMatchObject({ refusal: 'out-of-stock' });
  expect(asked).toEqual([]);
});

test('[RULE-1] while it stays sold out the record is asked once in each moment, and its word serves all', async () => {
  const { hold } = process();
  await hold('ord_a');
  await arrived();
  for (let moment = 0; moment < 3; moment += 1) {
    nowMs += 300;
    asked = [];
    const scout = `ord_${randomUUID()}`;
    for (const owner of [scout, 'ord_b', 'ord_c']) {
      expect(await hold(owner)).toMatchObject({ refusal: 'out-of-stock' });
      await arrived();
    }
    expect(asked).toEqual([scout, variantId]);
  }
});

test('[RULE-1] a count turns nobody away for longer than a moment, even when the word of returned units was lost', async () => {
  const { hold } = process();
  await hold('ord_a');
  await arrived();
  // Another process releases, and its word never comes.
  await createHolds({ store: record, clock }).release('ord_a', 'expired');
  expect(await hold('ord_b')).toMatchObject({ refusal: 'out-of-stock' });
  nowMs += 300;
  expect(await hold('ord_b')).toMatchObject({ ok: true });
  expect(await figuresOf()).toEqual([0, 1, 0]);
});

test('[RULE-1] units that come back are for sale at once where the word arrives', async () => {
  const { hold, holds } = process();
  await hold('ord_a');
  await arrived();
  expect(await hold('ord_b')).toMatchObject({ refusal: 'out-of-stock' });
  await holds.release('ord_a', 'expired');
  await arrived();
  expect(await process().hold('ord_b')).toMatchObject({ ok: true });
});

test('[RULE-1] who holds the last unit and asks again holds it still', async () => {
  const { hold } = process();
  await hold('ord_a');
  await arrived();
  expect(await hold('ord_b')).toMatchObject({ refusal: 'out-of-stock' });
  expect(await hold('ord_a')).toMatchObject({ ok: true });
});

test('[RULE-1] a count of the future or of long ago turns nobody away, and neither do counts that are away', async () => {
  const wrong = { available: 0, held: 0, sold: 9, version: 99 };
  for (const [owner, at] of [
    ['ord_a', nowMs + 5],
    ['ord_b', nowMs - 300],
  ] as const) {
    await counts.note(variantId, { ...wrong, at, version: wrong.version++ });
    const { hold, holds } = process();
    expect(await hold(owner)).toMatchObject({ ok: true });
    await holds.release(owner, 'over');
    counts = memoryStockCounts(() => nowMs);
  }
  const away: StockCounts = {
    note: () => Promise.reject(new Error('away')),
    read: () => Promise.reject(new Error('away')),
  };
  const { hold, shown } = process(away);
  expect(await hold('ord_c')).toMatchObject({ ok: true });
  expect((await shown([variantId])).get(variantId)).toMatchObject({ available: 0, held: 1 });
});

test('[M-O2] what is shown costs the record one look, and again one when the counts are lost', async () => {
  const { shown, hold, holds } = process();
  const available = async () => (await shown([variantId])).get(variantId)?.available;
  nowMs += 20_000;
  expect(await available()).toBe(1);
  await arrived();
  expect(await available()).toBe(1);
  expect(asked).toEqual([variantId]);
  await hold('ord_a');
  await arrived();
  expect(await available()).toBe(0);
  await holds.release('ord_a', 'over');
  await arrived();
  asked = [];
  const emptied = process(memoryStockCounts(() => nowMs));
  expect((await emptied.shown([variantId])).get(variantId)).toMatchObject({ available: 1, held: 0, sold: 0 });
  expect(asked).toEqual([variantId]);
});
