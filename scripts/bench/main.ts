import { parseArgs } from 'node:util';
import { checkoutBench } from './checkout.ts';
import { claimsBench } from './claims.ts';
import { type Bench, runBench, tellResult } from './frame.ts';
import { ledgerBench } from './ledger.ts';

const benches: Record<string, (isQuick: boolean) => Promise<Bench>> = {
  claims: (isQuick) => claimsBench({ isDurable: false, claims: isQuick ? 200_000 : 500_000 }),
  'claims-durable': (isQuick) => claimsBench({ isDurable: true, claims: isQuick ? 100_000 : 300_000 }),
  checkout: (isQuick) =>
    checkoutBench(isQuick ? { orders: 300, payments: 20 } : { orders: 1000, payments: 40 }),
  ledger: (isQuick) => ledgerBench(isQuick ? 100_000 : 400_000),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    quick: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const make = benches[name];
if (make === undefined) {
  console.error(
    `npm run bench -- <name> [--json FILE] [--rounds N] [--quick]; names: ${Object.keys(benches).join(' ')}`,
  );
  process.exit(2);
}
await using bench = await make(values.quick);
tellResult(await runBench(bench, values.quick ? 3 : Number(values.rounds)), values.json);
