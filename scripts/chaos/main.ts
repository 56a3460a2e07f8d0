import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { breakDrops } from './drops.ts';
import { type ChaosReport, isClean } from './report.ts';

type Size = { claims: number; faults: number };
const faults: Record<string, (seed: number, size: Size) => Promise<ChaosReport>> = {
  'kill-redis': (seed, size) => breakDrops('kill-redis', seed, size),
  'flush-redis': (seed, size) => breakDrops('flush-redis', seed, size),
  'kill-server': (seed, size) => breakDrops('kill-server', seed, size),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    claims: { type: 'string', default: '2000' },
    faults: { type: 'string', default: '5' },
  },
});
const [name = ''] = positionals;
const make = faults[name];
if (make === undefined) {
  console.error(
    `npm run chaos -- <name> --seed N [--json FILE] [--claims N] [--faults N]; names: ${Object.keys(faults).join(' ')}`,
  );
  process.exit(2);
}
const report = await make(Number(values.seed), {
  claims: Number(values.claims),
  faults: Number(values.faults),
});
console.log(JSON.stringify(report, null, 2));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = isClean(report) && report.controls.every(({ caught }) => caught) ? 0 : 1;
