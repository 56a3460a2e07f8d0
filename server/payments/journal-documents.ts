import { type Mongo, modelOf } from '../platform/mongo.ts';
import type { Account, JournalEntry, Leg } from './core/journal.ts';
import type { RecordedEntry } from './seals.ts';

type EntryDocument = {
  _id: string;
  at: Date;
  recordedAt: Date;
  legs: Leg[];
  note: string;
  /** Whether a seal is known to hold it. */
  isSealed: boolean;
};

/** The journal's collection, which its seals read too. */
export const journalModel = (mongo: Mongo) =>
  modelOf<EntryDocument>(mongo, 'journal', {
    at: { type: Date, required: true },
    recordedAt: { type: Date, required: true },
    legs: [{ _id: false, account: String, amount: { amount: Number, currency: String } }],
    note: String,
    isSealed: Boolean,
  });

/** An entry with what the record knows beside it. */
export const recordedOf = (document: EntryDocument): RecordedEntry => ({
  ...entryOf(document),
  recordedAt: document.recordedAt.getTime(),
  isSealed: document.isSealed === true,
});

/** An entry as it was appended. */
export const entryOf = ({ _id, at, legs, note }: EntryDocument): JournalEntry => ({
  causeId: _id,
  at: at.getTime(),
  legs: legs.map(({ account, amount }) => ({ account: account as Account, amount })),
  note,
});
