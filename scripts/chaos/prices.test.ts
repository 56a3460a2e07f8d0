import { expect, test } from 'vitest';
import { breakPrices } from './prices.ts';
import { isClean } from './report.ts';

test('[RULE-2] of 20,000 seeded prices in currencies with 0, 2 and 3 decimals none is below its floor, loses a minor unit or is funded by another sum; a planted bug is found', () => {
  const report = breakPrices(20_264, { cases: 20_000 });
  expect(report).toMatchObject({ operations: 20_000, acknowledged: 20_000 });
  expect(isClean(report), JSON.stringify(report)).toBe(true);
  expect(report.controls.length).toBeGreaterThan(2);
  for (const { name, caught } of report.controls) expect(caught, name).toBe(true);
});
