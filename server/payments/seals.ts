import type { JournalEntry } from './core/journal.ts';

/** An entry as it lies in the record: `recordedAt` in milliseconds since 1970. */
export type RecordedEntry = JournalEntry & { recordedAt: number; isSealed: boolean };

/**
 * A batch of entries, numbered and chained: `hash` is over all of it and the `previous` one's hash, so no entry can
 * be changed, put in or taken out without changing every later seal. Entry `first` + i is `causes[i]`.
 */
export type Seal = {
  /** From 1, without gaps. */
  number: number;
  /** The number of its first entry, from 1. */
  first: number;
  causes: readonly string[];
  /** SHA-256 over each entry's content, hexadecimal. */
  digests: readonly string[];
  previous: string;
  hash: string;
  at: number;
};

/** The journal as its sealer and its verifier see it. */
export interface SealBook {
  last(): Promise<Seal | undefined>;
  /** Entries that no seal is known to hold, oldest first. */
  unsealed(limit: number): Promise<RecordedEntry[]>;
  /** False: a seal of this number is there, so that two sealers never fork the chain. */
  insert(seal: Seal): Promise<boolean>;
  /** Remembers that a seal holds these. */
  mark(causes: readonly string[]): Promise<void>;

  /** Every seal by its number. */
  all(): AsyncIterable<Seal>;
  /** The entries of these causes, in any order. */
  entriesOf(causes: readonly string[]): Promise<RecordedEntry[]>;
  /** Every entry by its cause. */
  entries(): AsyncIterable<RecordedEntry>;
}
