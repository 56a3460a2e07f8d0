import { composeSlices } from '#server/compose.ts';
import { readReport } from '#server/metrics/index.ts';
import { logger } from '#server/platform/logger.ts';
import { runningConfig } from '../running.ts';
import { type Difference, journalDifferences } from './journal.ts';

if (process.argv[2] === 'stripe-shapes') {
  const { compareWithStripe } = await import('./stripe-shapes.ts');
  process.exit(await compareWithStripe());
}

// npm run verify -- ledger: recomputes what can be recomputed, and names the first difference.
const { config, words } = runningConfig(process.argv.slice(2));
logger.level = 'warn';
if (words[0] !== 'ledger') {
  console.error('npm run verify -- ledger [--data FOLDER]');
  process.exit(2);
}
await using slices = await composeSlices(config);
const { payments, ledgers, clock } = slices;

const entries = await payments.journal.entriesOf('');
const differences: Difference[] = journalDifferences(entries, await payments.journal.balances());
const streams = await ledgers.streams();
for (const { streamId } of streams) {
  const report = await readReport(ledgers, clock, streamId);
  if (report === undefined) continue;
  const { ledger, drops } = report;
  if (ledger.gmvFromOrders.amount !== ledger.gmvFromJournal.amount)
    differences.push({
      where: `GMV of ${streamId}`,
      stored: `${ledger.gmvFromOrders.amount} by orders`,
      recomputed: `${ledger.gmvFromJournal.amount} by the journal`,
    });
  if (ledger.redemptionsFromRecord !== ledger.redemptionsFromOrders)
    differences.push({
      where: `coupons of ${streamId}`,
      stored: `${ledger.redemptionsFromRecord} redeemed`,
      recomputed: `${ledger.redemptionsFromOrders} orders with one`,
    });
  for (const drop of drops)
    if (drop.granted > drop.stock)
      differences.push({
        where: drop.dropId,
        stored: `stock ${drop.stock}`,
        recomputed: `${drop.granted} granted`,
      });
}

const [first] = differences;
if (first === undefined) console.log(`equal: ${entries.length} journal entries, ${streams.length} streams`);
else {
  console.error(
    `${differences.length} differences; first, ${first.where}: ${first.stored}, but ${first.recomputed}`,
  );
  process.exitCode = 1;
}
