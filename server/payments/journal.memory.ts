import { balancesOf, faultOf, isSameFact, type JournalEntry } from './core/journal.ts';
import type { Journal } from './journal.ts';
import type { RecordedEntry, Seal, SealBook } from './seals.ts';

/** The journal of one process, for tests without a record. */
export const memoryJournal = (): Journal => memoryLedger().journal;

/** The same with its seals. */
export function memoryLedger(clock: { now(): number } = { now: () => 0 }): {
  journal: Journal;
  seals: SealBook;
} {
  const entries = new Map<string, RecordedEntry>();
  const seals: Seal[] = [];
  const byCause = () =>
    [...entries.values()].toSorted((one, other) => (one.causeId < other.causeId ? -1 : 1));
  const journal: Journal = {
    async append(entry) {
      const fault = faultOf(entry);
      if (fault !== undefined) throw new Error(fault);
      const known = entries.get(entry.causeId);
      if (known && !isSameFact(known, entry)) throw new Error(`${entry.causeId} was written with other legs`);
      if (known) return 'known';
      entries.set(entry.causeId, { ...structuredClone(entry), recordedAt: clock.now(), isSealed: false });
      return 'written';
    },
    balances: async () => balancesOf([...entries.values()].flatMap(({ legs }) => [...legs])),
    entriesOf: async (prefix) =>
      byCause()
        .filter(({ causeId }) => causeId.startsWith(prefix))
        .map(({ recordedAt: _, isSealed: __, ...entry }): JournalEntry => structuredClone(entry)),
  };
  return {
    journal,
    seals: {
      last: async () => structuredClone(seals.at(-1)),
      unsealed: async (limit) =>
        structuredClone([...entries.values()].filter(({ isSealed }) => !isSealed).slice(0, limit)),
      async insert(seal) {
        if (seals.some(({ number }) => number === seal.number)) return false;
        seals.push(structuredClone(seal));
        return true;
      },
      async mark(causes) {
        for (const causeId of causes) {
          const entry = entries.get(causeId);
          if (entry) entry.isSealed = true;
        }
      },
      async *all() {
        yield* structuredClone(seals);
      },
      entriesOf: async (causes) => structuredClone(causes.flatMap((causeId) => entries.get(causeId) ?? [])),
      async *entries() {
        yield* structuredClone(byCause());
      },
    },
  };
}
