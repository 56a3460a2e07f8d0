import { parseArgs } from 'node:util';
import { simulate } from '../../tests/simulation/simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    /** Stops after so many failing seeds. */
    failures: { type: 'string', default: '20' },
  },
});

if (values.seed !== undefined) {
  const run = await simulate(Number(values.seed), { isTraced: values.trace });
  for (const line of run.history) console.log(line);
  console.log(`seed ${run.seed}: ${run.orders} orders, ${run.paid} paid, ${run.steps} steps`);
  for (const fault of run.faults) console.log(`  ${fault}`);
  process.exitCode = run.faults.length > 0 ? 1 : 0;
} else {
  const from = Number(values.from);
  const until = from + Number(values.seeds);
  const sums = { seeds: 0, orders: 0, paid: 0, steps: 0, failing: 0 };
  const begun = performance.now();
  for (let seed = from; seed < until && sums.failing < Number(values.failures); seed += 1) {
    const run = await simulate(seed);
    sums.seeds += 1;
    sums.orders += run.orders;
    sums.paid += run.paid;
    sums.steps += run.steps;
    if (run.faults.length === 0) continue;
    sums.failing += 1;
    console.log(`seed ${seed} fails; replay: npm run simulate -- --seed ${seed} --trace`);
    for (const fault of run.faults) console.log(`  ${fault}`);
  }
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${sums.seeds} seeds, ${sums.failing} failing, ${sums.orders} orders, ${sums.paid} paid, ${sums.steps} steps, ` +
      `${(sums.seeds / seconds).toFixed(1)} seeds a second`,
  );
  process.exitCode = sums.failing > 0 ? 1 : 0;
}
