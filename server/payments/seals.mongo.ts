import { isDuplicate, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { journalModel, recordedOf } from './journal-documents.ts';
import type { Seal, SealBook } from './seals.ts';

type SealDocument = {
  _id: string;
  first: number;
  causes: string[];
  digests: string[];
  previous: string;
  hash: string;
  at: Date;
};

/** Seals in the record; the number is the `_id`, padded so that it sorts. */
export function mongoSeals(mongo: Mongo): SealBook {
  const entries = journalModel(mongo);
  const seals = modelOf<SealDocument>(mongo, 'journal_seals', {
    first: { type: Number, required: true },
    causes: [String],
    digests: [String],
    previous: { type: String, required: true },
    hash: { type: String, required: true },
    at: { type: Date, required: true },
  });
  return {
    async last() {
      const [found] = await seals.find({}).sort({ _id: -1 }).limit(1).lean();
      return found && sealOf(found);
    },
    async unsealed(limit) {
      const found = await entries.find({ isSealed: false }).sort({ recordedAt: 1 }).limit(limit).lean();
      return found.map(recordedOf);
    },
    async insert({ number, at, causes, digests, ...seal }) {
      try {
        await seals.create({
          _id: idOf(number),
          ...seal,
          causes: [...causes],
          digests: [...digests],
          at: new Date(at),
        });
        return true;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
    async mark(causes) {
      const ofSeal = { _id: trusted({ $in: [...causes] }), isSealed: false };
      await entries.updateMany(ofSeal, { $set: { isSealed: true } });
    },
    async *all() {
      for await (const seal of seals.find({}).sort({ _id: 1 }).lean().cursor()) yield sealOf(seal);
    },
    async entriesOf(causes) {
      return (await entries.find({ _id: trusted({ $in: [...causes] }) }).lean()).map(recordedOf);
    },
    async *entries() {
      for await (const entry of entries.find({}).sort({ _id: 1 }).lean().cursor()) yield recordedOf(entry);
    },
  };
}

const idOf = (number: number): string => String(number).padStart(12, '0');

const sealOf = ({ _id, at, ...seal }: SealDocument): Seal => ({
  ...seal,
  number: Number(_id),
  at: at.getTime(),
});
