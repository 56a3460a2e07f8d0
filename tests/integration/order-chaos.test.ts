import { expect, test } from 'vitest';
import { breakPayments } from '../../scripts/chaos/order-path/payment-faults.ts';
import { runAtRandom } from '../../scripts/chaos/order-path/random-run.ts';
import { type ChaosReport, isClean } from '../../scripts/chaos/report.ts';
import { openMongo as mongoUri } from '../support/mongo.ts';

const seed = 20_264;
const expectClean = (report: ChaosReport): void => {
  expect(isClean(report), JSON.stringify(report)).toBe(true);
  expect(report.acknowledged).toBe(report.operations);
  for (const { name, caught } of report.controls) expect(caught, name).toBe(true);
};

test('[M-O8] [M-O11] a crowd that pays while the payment service fails and loses events leaves each charge with one order or refunded, none charged twice, and every lost event found', async () => {
  const report = await breakPayments(seed, { checkouts: 40, mongoUri });
  expect(report.operations).toBe(40);
  expect(report.faults).toBeGreaterThan(20);
  expectClean(report);
}, 240_000);

test('[M-O11] [M-O10] after 150 random actions of buyers and a vendor, recomputed balances equal the stored ones and every order sums to zero', async () => {
  const report = await runAtRandom(seed, { actions: 150, mongoUri });
  expect(report.operations).toBe(150);
  expect(report.faults).toBeGreaterThan(3);
  expectClean(report);
}, 240_000);
