import { expect, test } from 'vitest';
import { checkoutBench } from '../../scripts/bench/checkout.ts';
import { openMongo } from '../support/mongo.ts';

test('[S0.10] [PE3] a small round of the checkout bench: what it counts as placed stands in both records', async () => {
  await using bench = await checkoutBench({ orders: 24, payments: 2, inFlight: 4, mongoUri: openMongo() });
  const { ours, baselines } = await bench.round();
  expect(ours).toBeGreaterThan(0);
  expect(baselines['bare-route']?.value).toBeGreaterThan(0);
  const { placed, recorded, taken } = await bench.standing();
  // One order more than the round's: it showed what an order writes.
  expect(placed).toEqual({ ours: 1 + 24 + 2, bare: 24 });
  expect(recorded).toEqual(placed);
  expect(taken).toBe(placed.ours);
  // The baseline writes what the product writes: the order, its hold, the stock and its ledger, and their events.
  expect(bench.notes.join('\n')).toMatch(
    /insert orders, insert stock_movements, findAndModify stock, .*insert stock_entries, .*update orders/,
  );
  expect(bench.notes.join('\n')).toMatch(/2 orders one after the other: p50 \d+\.\d ms/);
});
