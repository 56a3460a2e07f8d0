import type { PersonId } from '#contract/ids.ts';
import type { AddressRecord, AddressStore } from './addresses.ts';

/** Address books of one process, for tests without a record. */
export function memoryAddressStore(): AddressStore {
  const books = new Map<PersonId, AddressRecord>();
  return {
    get: async (personId) => structuredClone(books.get(personId)),
    async save(book) {
      if ((books.get(book.personId)?.version ?? 0) !== book.version) return false;
      books.set(book.personId, structuredClone({ ...book, version: book.version + 1 }));
      return true;
    },
  };
}
