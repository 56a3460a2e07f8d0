import { AddressBook } from '#contract/checkout.ts';
import { PersonId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf } from '../platform/mongo.ts';
import type { AddressStore } from './addresses.ts';

type BookDocument = { _id: string; entries: unknown[]; version: number };

/** Address books in MongoDB, a document a person. */
export function mongoAddressStore(mongo: Mongo): AddressStore {
  const books = modelOf<BookDocument>(mongo, 'addresses', { entries: [Mixed], version: Number });
  return {
    async get(personId) {
      const found = await books.findOne({ _id: personId }).lean<BookDocument>();
      if (!found) return undefined;
      const { items } = AddressBook.parse({ items: found.entries });
      return { personId: PersonId.parse(found._id), entries: items, version: found.version };
    },
    async save({ personId, entries, version }) {
      const next = { entries: AddressBook.parse({ items: entries }).items, version: version + 1 };
      try {
        if (version === 0) {
          await books.create([{ _id: personId, ...next }]);
          return true;
        }
        return (await books.updateOne({ _id: personId, version }, { $set: next })).matchedCount === 1;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
  };
}
