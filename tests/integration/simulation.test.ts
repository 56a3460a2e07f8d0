import { expect, test } from 'vitest';
import { simulate } from '../simulation/simulate.ts';

test('[M-O9] 200 seeds of buyers, deaths, lost answers and late money leave stock, orders, coupons and books whole', async () => {
  const sums = { orders: 0, paid: 0, failing: [] as string[] };
  for (let seed = 1; seed <= 200; seed += 1) {
    const { orders, paid, faults } = await simulate(seed);
    sums.orders += orders;
    sums.paid += paid;
    if (faults.length > 0) sums.failing.push(`npm run simulate -- --seed ${seed} --trace`, ...faults);
  }
  expect(sums.failing).toEqual([]);
  // A simulation in which nobody buys proves nothing.
  expect(sums.orders).toBeGreaterThan(600);
  expect(sums.paid).toBeGreaterThan(120);
}, 60_000);

test('the same seed is the same run, step by step', async () => {
  const first = await simulate(7, { isTraced: true });
  expect(first.history.length).toBeGreaterThan(300);
  expect(await simulate(7, { isTraced: true })).toEqual(first);
  expect((await simulate(8, { isTraced: true })).history).not.toEqual(first.history);
});
