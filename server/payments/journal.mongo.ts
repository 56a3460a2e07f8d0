import type { Clock } from '../platform/clock.ts';
import { isDuplicate, type Mongo, trusted } from '../platform/mongo.ts';
import { addTo, faultOf, isSameFact, type Sums } from './core/journal.ts';
import type { Journal } from './journal.ts';
import { entryOf, journalModel } from './journal-documents.ts';

/** The journal in the record: the document's `_id` is the cause, which makes an entry once-only. */
export function mongoJournal(mongo: Mongo, clock: Clock): Journal {
  const entries = journalModel(mongo);
  return {
    async append(entry) {
      const fault = faultOf(entry);
      if (fault !== undefined) throw new Error(fault);
      const { causeId, at, legs, note } = entry;
      try {
        await entries.create({
          _id: causeId,
          at: new Date(at),
          recordedAt: new Date(clock.now()),
          legs: [...legs],
          note,
          isSealed: false,
        });
        return 'written';
      } catch (duplicate) {
        if (!isDuplicate(duplicate)) throw duplicate;
      }
      const known = await entries.findOne({ _id: causeId }).lean();
      if (!known || !isSameFact(entryOf(known), entry))
        throw new Error(`${causeId} was written with other legs`);
      return 'known';
    },
    async balances() {
      const sums: Sums = new Map();
      for await (const { legs } of entries.find({}, { legs: 1 }).lean().cursor()) addTo(sums, legs);
      return [...sums.values()];
    },
    async entriesOf(prefix) {
      const found = await entries
        .find({ _id: trusted({ $gte: prefix, $lt: `${prefix}\uffff` }) })
        .sort({ _id: 1 })
        .lean();
      return found.map(entryOf);
    },
  };
}
