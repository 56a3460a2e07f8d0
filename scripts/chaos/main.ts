import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { logger } from '#server/platform/logger.ts';
import { breakDrops } from './drops.ts';
import { breakOrderPath, orderPath } from './order-path/run.ts';
import { type ChaosReport, isClean } from './report.ts';

type Options = {
  claims: number;
  faults: number;
  size: 'full' | 'small';
  operations: number | undefined;
};
const faults: Record<string, (seed: number, options: Options) => Promise<ChaosReport>> = {
  'kill-redis': (seed, options) => breakDrops('kill-redis', seed, options),
  'flush-redis': (seed, options) => breakDrops('flush-redis', seed, options),
  'kill-server': (seed, options) => breakDrops('kill-server', seed, options),
  ...Object.fromEntries(
    [...Object.keys(orderPath), 'prices'].map((name) => [
      name,
      (seed: number, options: Options) => breakOrderPath(name, seed, options),
    ]),
  ),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    claims: { type: 'string', default: '2000' },
    faults: { type: 'string', default: '5' },
    size: { type: 'string', default: 'full' },
    operations: { type: 'string' },
  },
});
logger.level = process.env.LOG_LEVEL ?? 'silent';
const [name = ''] = positionals;
const make = faults[name];
if (make === undefined) {
  console.error(
    `npm run chaos -- <name> --seed N [--size full|small] [--operations N] [--json FILE] [--claims N] [--faults N]; names: ${Object.keys(faults).join(' ')}`,
  );
  process.exit(2);
}
const report = await make(Number(values.seed), {
  claims: Number(values.claims),
  faults: Number(values.faults),
  size: values.size === 'small' ? 'small' : 'full',
  operations: values.operations === undefined ? undefined : Number(values.operations),
});
console.log(JSON.stringify(report, null, 2));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = isClean(report) && report.controls.every(({ caught }) => caught) ? 0 : 1;
