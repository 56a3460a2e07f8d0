import type { PersonId, ProductId, VendorId } from '#contract/ids.ts';
import type { CartRecord } from './core/cart.ts';

/** Carts in the record: one a person and vendor, kept when empty so that its version goes on. */
export interface CartStore {
  get(personId: PersonId, vendorId: VendorId): Promise<CartRecord | undefined>;
  /** Those with lines, the last changed first. */
  ofPerson(personId: PersonId): Promise<CartRecord[]>;
  /** Those with a line of the product, the last changed first. */
  withProduct(productId: ProductId, limit: number): Promise<CartRecord[]>;
  /** Puts a cart in the place of the version it was read at, under the next. False: another write came first. */
  save(cart: CartRecord): Promise<boolean>;
  /** Those with a hold that has ended by now, is dropped, or was asked for before an instant. */
  toSweep(now: number, askedBefore: number, limit: number): Promise<CartRecord[]>;
}
