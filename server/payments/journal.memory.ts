import { balancesOf, faultOf, isSameFact, type JournalEntry } from './core/journal.ts';
import type { Journal } from './journal.ts';

/** The journal of one process, for tests without a record. */
export function memoryJournal(): Journal {
  const entries = new Map<string, JournalEntry>();
  return {
    async append(entry) {
      const fault = faultOf(entry);
      if (fault !== undefined) throw new Error(fault);
      const known = entries.get(entry.causeId);
      if (known && !isSameFact(known, entry)) throw new Error(`${entry.causeId} was written with other legs`);
      if (known) return 'known';
      entries.set(entry.causeId, structuredClone(entry));
      return 'written';
    },
    balances: async () => balancesOf([...entries.values()].flatMap(({ legs }) => [...legs])),
    entriesOf: async (prefix) =>
      [...entries.values()]
        .filter(({ causeId }) => causeId.startsWith(prefix))
        .toSorted((one, other) => (one.causeId < other.causeId ? -1 : 1))
        .map((entry) => structuredClone(entry)),
  };
}
