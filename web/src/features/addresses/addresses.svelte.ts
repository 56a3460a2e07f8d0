import { Address, AddressBook, type AddressEdit, type Delivery } from '#contract/checkout.ts';
import type { AddressId } from '#contract/ids.ts';
import { call, newKey, tell } from '../../live/api.ts';

/** One's own addresses, the default one first; whoever has no book yet has an empty one. */
export class AddressBookStore {
  items = $state.raw<Address[]>([]);
  #isLoaded = false;

  /** Reads the book once. One that cannot be read is empty: an address can be typed instead. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    try {
      this.items = (await call('GET', '/addresses', AddressBook)).items;
      this.#isLoaded = true;
    } catch {
      this.items = [];
    }
  }

  /** Where things go unless something else is said. */
  first(): Delivery | undefined {
    const found = this.items.find(({ isDefault }) => isDefault);
    return found && deliveryOf(found);
  }

  /** Keeps an address, a new one or in the place of another. @throws ApiError */
  async save(address: AddressEdit, addressId?: AddressId): Promise<Address> {
    const saved = addressId
      ? await call('PUT', `/addresses/${addressId}`, Address, { body: address })
      : await call('POST', '/addresses', Address, { body: address, idempotencyKey: newKey() });
    const others = this.items
      .filter((one) => one.addressId !== saved.addressId)
      .map((one) => (saved.isDefault ? { ...one, isDefault: false } : one));
    this.items = saved.isDefault ? [saved, ...others] : [...others, saved];
    return saved;
  }

  /** Takes an address out of the book. @throws ApiError */
  async forget(addressId: AddressId): Promise<void> {
    await tell('DELETE', `/addresses/${addressId}`);
    this.items = this.items.filter((one) => one.addressId !== addressId);
  }

  /** Forgets everything: somebody else holds this browser now. */
  reset(): void {
    this.items = [];
    this.#isLoaded = false;
  }
}

/** The address as an order takes it. */
export function deliveryOf({ addressId: _, isDefault: __, ...delivery }: Address): Delivery {
  return delivery;
}
