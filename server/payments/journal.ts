import type { Balance, JournalEntry } from './core/journal.ts';

/**
 * The money journal: double entry, append only. An entry is one document of all its legs, and nothing can change or
 * take it away.
 */
export interface Journal {
  /**
   * Writes an entry once: the same cause again is `known` and changes nothing.
   * @throws Error when legs do not sum to zero, or when the cause was written with other legs.
   */
  append(entry: JournalEntry): Promise<'written' | 'known'>;
  /** Every account's sum in each currency, from all entries. */
  balances(): Promise<Balance[]>;
  /** Entries whose cause begins with this, ordered by cause. */
  entriesOf(causePrefix: string): Promise<JournalEntry[]>;
}
