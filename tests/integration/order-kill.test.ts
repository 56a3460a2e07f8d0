import { expect, test } from 'vitest';
import { killAtEachStep } from '../../scripts/chaos/order-path/kill.ts';
import { type ChaosReport, isClean } from '../../scripts/chaos/report.ts';
import { openMongo as mongoUri } from '../support/mongo.ts';

const seed = 20_264;
const expectClean = (report: ChaosReport): void => {
  expect(isClean(report), JSON.stringify(report)).toBe(true);
  expect(report.acknowledged).toBe(report.operations);
  for (const { name, caught } of report.controls) expect(caught, name).toBe(true);
};

test('[M-O11] [M-O10] [S0.16] a process that dies at any step of hold, place, pay, observe, journal, transfer and refund leaves an order whole, or nothing of it', async () => {
  const report = await killAtEachStep(seed, { kills: 1, sleeps: 0, mongoUri });
  expect(report.faults).toBeGreaterThan(80);
  expect(report.controls.length).toBeGreaterThan(1);
  expectClean(report);
}, 240_000);

test('[M-O11] a process that sleeps at any step of a purchase until others have finished it changes nothing when it wakes', async () => {
  const report = await killAtEachStep(seed, { kills: 0, sleeps: 1, only: ['buy'], mongoUri });
  expect(report.faults).toBeGreaterThan(20);
  expectClean(report);
}, 240_000);
