import { hash } from 'node:crypto';
import { type RecordedEntry, type Seal, sealAfter } from '#server/payments/index.ts';
import { ChainCheck } from '../verify/chain.ts';
import { addLegs, entryDifferences, type Sums } from '../verify/journal.ts';
import type { Bench } from './frame.ts';

const batchSize = 500;

/** A journal as sales leave it, four entries each, sealed in batches. */
export function makeLedger(count: number): { entries: RecordedEntry[]; seals: Seal[] } {
  const at = Date.parse('2026-03-01T12:00:00Z');
  const entries = Array.from({ length: count }, (_, index) =>
    entryOf(Math.floor(index / 4), index % 4, at + index),
  );
  const seals: Seal[] = [];
  for (let from = 0; from < count; from += batchSize)
    seals.push(sealAfter(seals.at(-1), entries.slice(from, from + batchSize), at + from));
  return { entries, seals };
}

function entryOf(sale: number, step: number, at: number): RecordedEntry {
  const amount = 1000 + (sale % 9000);
  const fee = Math.round(amount / 20);
  const [order, vendor] = [`order:ord_${sale}`, `vendor:vnd_${sale % 500}`] as const;
  const leg = (account: RecordedEntry['legs'][number]['account'], minor: number) => ({
    account,
    amount: { amount: minor, currency: 'USD' as const },
  });
  const steps = [
    { cause: `charge:ch_${sale}`, legs: [leg('payment-service', amount), leg(order, -amount)] },
    {
      cause: `sale:ord_${sale}`,
      legs: [leg(order, amount), leg(vendor, fee - amount), leg('platform:fees', -fee)],
    },
    { cause: `transfer:tr_${sale}`, legs: [leg(vendor, amount - fee), leg('payment-service', fee - amount)] },
    { cause: `refund:re_${sale}`, legs: [leg('payment-service', -fee), leg(order, fee)] },
  ];
  const one = steps[step];
  if (one === undefined) throw new Error(`no step ${step}`);
  return {
    causeId: one.cause,
    at,
    recordedAt: at + 5,
    legs: one.legs,
    note: 'a sale of the bench',
    isSealed: true,
  };
}

/** The pure part of `verify ledger`: every entry's sum, every account's balance, and the whole chain of seals. */
export function recompute({ entries, seals }: ReturnType<typeof makeLedger>): {
  differences: number;
  sums: Sums;
  sealed: number;
} {
  const sums: Sums = new Map();
  let differences = 0;
  for (const entry of entries) {
    differences += entryDifferences(entry).length;
    addLegs(sums, entry);
  }
  const chain = new ChainCheck();
  for (const [index, seal] of seals.entries())
    differences += chain.next(seal, entries.slice(index * batchSize, (index + 1) * batchSize)).length;
  return { differences, sums, sealed: chain.sealed };
}

/** Entries recomputed a second on one core, beside a bare loop of SHA-256 over the same bytes. */
export async function ledgerBench(count: number): Promise<Bench> {
  const ledger = makeLedger(count);
  const bytes = ledger.entries.map(({ causeId, at, recordedAt, note, legs }) =>
    JSON.stringify([causeId, at, recordedAt, note, legs]),
  );
  /** Entries by processor time, so that a busy machine tells the same. */
  const timed = (work: () => void): number => {
    const from = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(from);
    return count / ((user + system) / 1e6);
  };
  return {
    name: 'ledger',
    unit: 'entries per CPU-second',
    versions: { 'sha256-loop': `node:crypto of Node ${process.version}` },
    notes: [
      `${count} entries in ${ledger.seals.length} seals, in memory: digests, chain, sums of entries and of accounts`,
      'promise: 100,000 entries a second on one core',
    ],
    async round() {
      const ours = timed(() => {
        if (recompute(ledger).differences > 0) throw new Error('the ledger of the bench differs');
      });
      const bare = timed(() => {
        for (const words of bytes) hash('sha256', words);
      });
      return { ours, baselines: { 'sha256-loop': { value: bare } } };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
