import { type Ledgers, readReport } from '#server/metrics/index.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Difference } from './difference.ts';

/** Every stream's report, whose figures are computed twice: by orders and by the journal, by record and by orders. */
export async function streamDifferences(
  ledgers: Ledgers,
  clock: Clock,
): Promise<{ streams: number; differences: Difference[] }> {
  const differences: Difference[] = [];
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
  return { streams: streams.length, differences };
}
