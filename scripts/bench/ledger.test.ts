import { expect, test } from 'vitest';
import { ledgerBench, makeLedger, recompute } from './ledger.ts';

test('[I15] what the bench recomputes is right: no difference, every entry sealed, balances of all sales', () => {
  const { differences, sums, sealed } = recompute(makeLedger(4000));
  expect({ differences, sealed }).toEqual({ differences: 0, sealed: 4000 });
  expect(sums.size).toBe(2 + 500 + 1000);
  expect([...sums.values()].reduce((a, b) => a + b, 0)).toBe(0);
  const broken = makeLedger(4000);
  const [entry] = broken.entries;
  if (entry) entry.note = 'another';
  expect(recompute(broken).differences).toBe(1);
});

test('a round measures both sides', async () => {
  await using bench = await ledgerBench(2000);
  const { ours, baselines } = await bench.round();
  expect(ours).toBeGreaterThan(0);
  expect(baselines['sha256-loop']?.value).toBeGreaterThan(0);
});
