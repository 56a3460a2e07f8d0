import type { Balance, SealBook } from '#server/payments/index.ts';
import { ChainCheck } from './chain.ts';
import type { Difference } from './difference.ts';
import { addLegs, balanceDifferences, entryDifferences, type Sums } from './journal.ts';
import { orderDifferences } from './orders.ts';
import type { LedgerRecord } from './record.ts';
import { isOfService, ServiceCheck, type ServiceObject } from './service.ts';
import { stockDifferences } from './stock.ts';

/** What was recomputed, what was not settled yet, and every difference in the order of the checks. */
export type LedgerReport = {
  checked: {
    entries: number;
    seals: number;
    orders: number;
    variants: number;
    stockEntries: number;
    serviceObjects: number;
  };
  /** Entries that no seal holds yet. */
  unsealedTail: number;
  /** Orders that changed in the last minute: entries that they lack may still come. */
  youngOrders: number;
  /** Variants with a step under way: held and sold were not compared with movements. */
  busyVariants: number;
  differences: Difference[];
};

const youngMs = 60_000;
const mostDifferences = 100;

/**
 * Recomputes the ledger from the record and the payment service's list: each entry, the chain of seals, each order,
 * each variant's stock, and each object of the service. `now` in milliseconds since 1970.
 */
export async function verifyLedger(given: {
  seals: SealBook;
  balances: () => Promise<Balance[]>;
  record: LedgerRecord;
  service: () => Promise<ServiceObject[]>;
  now: number;
}): Promise<LedgerReport> {
  const { seals, record, now } = given;
  const since = now - youngMs;
  const objects = await given.service();
  const report: LedgerReport = {
    checked: {
      entries: 0,
      seals: 0,
      orders: 0,
      variants: 0,
      stockEntries: 0,
      serviceObjects: objects.length,
    },
    ...{ unsealedTail: 0, youngOrders: 0, busyVariants: 0 },
    differences: [],
  };
  const groups: Record<'entries' | 'chain' | 'orders' | 'stock' | 'service', Difference[]> = {
    ...{ entries: [], chain: [], orders: [], stock: [], service: [] },
  };
  const add = (group: Difference[], found: readonly Difference[]) => {
    for (const one of found) if (group.length < mostDifferences) group.push(one);
  };

  const told = await given.balances();
  const chain = new ChainCheck();
  for await (const seal of seals.all()) {
    report.checked.seals += 1;
    add(groups.chain, chain.next(seal, await seals.entriesOf(seal.causes)));
  }
  const sums: Sums = new Map();
  const service = new ServiceCheck(objects, since);
  for await (const entry of seals.entries()) {
    report.checked.entries += 1;
    add(groups.entries, entryDifferences(entry));
    addLegs(sums, entry);
    add(groups.chain, chain.stray(entry));
    if (!entry.isSealed) report.unsealedTail += 1;
    const leg = isOfService(entry.causeId) && entry.legs.find(({ account }) => account === 'payment-service');
    if (leg) {
      const { amount, currency } = leg.amount;
      add(groups.service, service.next({ causeId: entry.causeId, amount, currency, at: entry.recordedAt }));
    }
  }
  add(groups.entries, balanceDifferences(sums, told));
  add(groups.service, service.left());

  for await (const { order, entries } of record.orders()) {
    const isYoung = order.changedAt > since;
    report.checked.orders += 1;
    if (isYoung) report.youngOrders += 1;
    add(groups.orders, orderDifferences(order, entries, { isYoung }));
  }
  for await (const { stock, entries, moved } of record.stock()) {
    report.checked.variants += 1;
    report.checked.stockEntries += entries.length;
    if (stock.pending.length > 0) report.busyVariants += 1;
    add(groups.stock, stockDifferences(stock, entries, moved));
  }
  const { entries, chain: ofChain, orders, stock, service: ofService } = groups;
  report.differences = [...entries, ...ofChain, ...orders, ...stock, ...ofService];
  return report;
}
