import { expect, test } from 'vitest';
import { payAtLastInstant } from '../../scripts/chaos/order-path/last-instant.ts';
import { raceForLastUnits } from '../../scripts/chaos/order-path/last-unit.ts';
import { orderWebhooks } from '../../scripts/chaos/order-path/webhook-orders.ts';
import { type ChaosReport, isClean } from '../../scripts/chaos/report.ts';
import { openMongo as mongoUri } from '../support/mongo.ts';

const seed = 20_264;
const expectClean = (report: ChaosReport): void => {
  expect(isClean(report), JSON.stringify(report)).toBe(true);
  expect(report.acknowledged).toBe(report.operations);
  expect(report.controls.length).toBeGreaterThan(0);
  for (const { name, caught } of report.controls) expect(caught, name).toBe(true);
};

test('[RULE-1] of 200 races of five for a last unit over two processes each has one winner, and a hold that is paid and expired at one instant ends once though calls to cancel fail', async () => {
  const report = await raceForLastUnits(seed, { memory: 190, mongo: 10, mongoUri });
  expect(report).toMatchObject({ operations: 1000, faults: 200 });
  expectClean(report);
}, 60_000);

test('[M-O8] [RULE-3] six webhooks of one life in 60 of their 720 orders, late or doubled, leave one state', async () => {
  const report = await orderWebhooks(seed, { memory: 57, mongo: 3, mongoUri });
  expect(report.faults).toBe(120);
  expectClean(report);
}, 60_000);

test('[M-O9] of 50 payments at the last instant of their hold each ends paid with its unit, refunded, or unpaid with the unit free', async () => {
  const report = await payAtLastInstant(seed, { payments: 50, mongoUri });
  expect(report.operations).toBe(50);
  expectClean(report);
}, 60_000);
