import { writeFileSync } from 'node:fs';
import { composeSlices } from '#server/compose.ts';
import { logger } from '#server/platform/logger.ts';
import { closeMongo, openMongo } from '#server/platform/mongo.ts';
import { runningConfig } from '../running.ts';
import { verifyLedger } from './ledger.ts';
import { mongoRecord } from './record.ts';
import { listService } from './service-list.ts';
import { streamDifferences } from './streams.ts';

if (process.argv[2] === 'stripe-shapes') {
  const { compareWithStripe } = await import('./stripe-shapes.ts');
  process.exit(await compareWithStripe());
}

// npm run verify -- ledger: recomputes what can be recomputed, and names the first difference.
const args = process.argv.slice(2);
const jsonAt = args.indexOf('--json');
const [, json] = jsonAt < 0 ? [] : args.splice(jsonAt, 2);
const { config, words } = runningConfig(args);
logger.level = 'warn';
if (words[0] !== 'ledger') {
  console.error('npm run verify -- ledger [--json FILE] [--data FOLDER]');
  process.exit(2);
}
await using closing = new AsyncDisposableStack();
const slices = closing.use(await composeSlices(config));
const mongo = closing.adopt(await openMongo(config.mongoUri), closeMongo);
const { payments, ledgers, clock } = slices;

const report = await verifyLedger({
  seals: payments.seals,
  balances: () => payments.journal.balances(),
  record: mongoRecord(mongo),
  service: () => listService(config.payments),
  now: clock.now(),
});
const ofStreams = await streamDifferences(ledgers, clock);
const differences = [...report.differences, ...ofStreams.differences];
const checked = { ...report.checked, streams: ofStreams.streams };
if (json !== undefined)
  writeFileSync(
    json,
    `${JSON.stringify({ ...report, checked, differences, first: differences[0] }, null, 2)}\n`,
  );

const wordsOf = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const counts = Object.entries(checked).map(([what, count]) => `${count} ${wordsOf(what)}`);
console.log(`checked: ${counts.join(', ')}`);
console.log(
  `not settled yet: ${report.unsealedTail} entries unsealed, ${report.youngOrders} orders of the last minute, ${report.busyVariants} variants with a step under way`,
);
const [first] = differences;
if (first === undefined) console.log('equal');
else {
  console.error(
    `${differences.length} differences; first, ${first.where}: ${first.stored}, but ${first.recomputed}`,
  );
  process.exitCode = 1;
}
