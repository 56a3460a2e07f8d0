import { createHash } from 'node:crypto';
import type { Address, AddressEdit } from '#contract/checkout.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { AddressId, type PersonId } from '#contract/ids.ts';
import { Fault } from '../platform/fault.ts';

/** A person's addresses, oldest first. `version` guards every write; 0 is not stored yet. */
export type AddressRecord = { personId: PersonId; entries: Address[]; version: number };

/** Address books in the record. */
export interface AddressStore {
  get(personId: PersonId): Promise<AddressRecord | undefined>;
  /** Puts a book in the place of the version it was read at, under the next. False: another write came first. */
  save(book: AddressRecord): Promise<boolean>;
}

const most = 20;
const rounds = 20;

/** Ways into a person's own address book, which holds 20 at most; another's addresses are no addresses. */
export function addressBook({ addresses }: { addresses: AddressStore }) {
  async function change<Value, Refusal extends string>(
    personId: PersonId,
    act: (entries: readonly Address[]) => Result<{ entries: Address[]; value: Value }, Refusal>,
  ): Promise<Result<Value, Refusal>> {
    for (let round = 0; round < rounds; round += 1) {
      const book = (await addresses.get(personId)) ?? { personId, entries: [], version: 0 };
      const next = act(book.entries);
      if (!next.ok) return next;
      const { entries, value } = next.value;
      if (await addresses.save({ ...book, entries })) return accept(value);
    }
    throw new Fault('conflict', 'the address book kept changing');
  }

  return {
    /** The default one first, then the newest. */
    async list(personId: PersonId): Promise<Address[]> {
      const entries = (await addresses.get(personId))?.entries ?? [];
      return entries.toReversed().toSorted((one, other) => Number(other.isDefault) - Number(one.isDefault));
    },

    /** The first one is the default one. The same key again is the same entry. */
    add(personId: PersonId, key: string, edit: AddressEdit): Promise<Result<Address, 'address-book-full'>> {
      const digest = createHash('sha256').update(`${personId} ${key}`).digest('base64url');
      const addressId = AddressId.parse(`adr_${digest.slice(0, 24)}`);
      return change(personId, (entries) => {
        const known = entries.find((one) => one.addressId === addressId);
        if (known) return accept({ entries: [...entries], value: known });
        if (entries.length >= most) return refuse('address-book-full');
        const value = { ...edit, addressId, isDefault: edit.isDefault || entries.length === 0 };
        return accept({ entries: [...others(entries, value), value], value });
      });
    },

    replace(
      personId: PersonId,
      addressId: AddressId,
      edit: AddressEdit,
    ): Promise<Result<Address, 'not-found'>> {
      return change(personId, (entries) => {
        if (!entries.some((one) => one.addressId === addressId)) return refuse('not-found');
        const value = { ...edit, addressId };
        const next = others(entries, value).map((one) => (one.addressId === addressId ? value : one));
        return accept({ entries: next, value });
      });
    },

    remove(personId: PersonId, addressId: AddressId): Promise<Result<undefined, 'not-found'>> {
      return change(personId, (entries) => {
        const left = entries.filter((one) => one.addressId !== addressId);
        return left.length === entries.length
          ? refuse('not-found')
          : accept({ entries: left, value: undefined });
      });
    },
  };
}

/** One default at a time: a new one takes the place of the one before. */
const others = (entries: readonly Address[], { isDefault }: Address): Address[] =>
  entries.map((one) => (isDefault ? { ...one, isDefault: false } : one));
