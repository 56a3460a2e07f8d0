import type { Attribute, SellingTermsView } from '#contract/catalog.ts';
import type { PictureId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { Balances, Cause, Entry, Movement, MovementState, Pending } from './core/stock.ts';

/** A variant's price list; its units stand in its stock document. */
export type Variant = {
  variantId: VariantId;
  title?: string;
  listPrice: Money;
  floorPrice: Money;
  /** No longer sold; its product's others may be. */
  isRetired: boolean;
};

/** What a product says of itself. */
export type ProductRecord = {
  productId: ProductId;
  vendorId: VendorId;
  title: string;
  description: string;
  attributes: Attribute[];
  pictureId: PictureId | undefined;
  variants: Variant[];
  isRetired: boolean;
  version: number;
  createdAt: Date;
};

/** Where the next page of a vendor's list begins: after this product. */
export type After = { createdAt: Date; productId: ProductId };

/** Products by id; a save is guarded by the version it was read at and tells of the change. */
export interface ProductStore {
  /** False: there is one of this id already. */
  insert(product: ProductRecord): Promise<boolean>;
  get(productId: ProductId): Promise<ProductRecord | undefined>;
  many(productIds: readonly ProductId[]): Promise<ProductRecord[]>;
  /** Newest first. */
  ofVendor(vendorId: VendorId, after: After | undefined, limit: number): Promise<ProductRecord[]>;
  /** False: another write came first. */
  save(product: ProductRecord, expectedVersion: number): Promise<boolean>;
}

/** A variant's units and what is under way with them. `version` counts its changes. */
export type StockRow = Balances & {
  variantId: VariantId;
  productId: ProductId;
  isRetired: boolean;
  version: number;
  pending: Pending[];
  /** Changes that the ledger may not have yet, oldest first. */
  unwritten: Cause[];
};

/** Balances after a change, the number of that change, and whose they are. */
export type Moved = Balances & { version: number; productId: ProductId };

/** What closes a step in a stock document. */
export type Settlement = {
  /** The step that is over. */
  step?: string;
  /** The ledger has this cause now; `told` goes to those who show stock. */
  written?: { id: string; told: Moved };
};

/** Part of a movement that a guarded change sets; `step` joins the decided ones. */
type MovementChange = Partial<
  Pick<Movement, 'state' | 'asking' | 'rev' | 'lines' | 'endsAt' | 'reason' | 'at'>
> & {
  step?: string;
};

/**
 * The steps of the stock protocol, each one atomic change of one document. Nothing here decides: holds.ts puts them
 * in an order that can be cut anywhere and mended after.
 */
export interface StockStore {
  /** Makes the stock document of a variant, empty; idempotent. */
  open(variantId: VariantId, productId: ProductId): Promise<void>;
  rows(variantIds: readonly VariantId[]): Promise<StockRow[]>;
  /** Whether new holds may be taken. */
  setRetired(variantId: VariantId, isRetired: boolean): Promise<void>;

  /** Takes units if enough are available and the variant is sold; the step is pending from then on. */
  take(variantId: VariantId, pending: Pending, cause: Cause): Promise<Moved | undefined>;
  /** Notes a step that has not moved anything. False: no such variant. */
  intend(variantId: VariantId, pending: Pending): Promise<boolean>;
  /** Moves units and ends the step in one change, if it is pending: so it happens once. */
  move(variantId: VariantId, step: string, cause: Cause): Promise<Moved | undefined>;
  settle(variantId: VariantId, settlement: Settlement): Promise<void>;

  /** Appends to the ledger; an entry that is there already stays as it is. */
  append(entry: Entry): Promise<void>;
  /** Entries of a variant from after a version, oldest first. */
  entries(variantId: VariantId, afterVersion: number, limit: number): Promise<Entry[]>;

  /** False: there is one of this id already. */
  insertMovement(movement: Movement): Promise<boolean>;
  movement(id: string): Promise<Movement | undefined>;
  /** Changes a movement that is as the guard says; answers it as it is then. */
  changeMovement(
    id: string,
    guard: { state: MovementState; rev?: number; asking?: string },
    change: MovementChange,
  ): Promise<Movement | undefined>;

  /** Variants with a step or an unwritten change from before an instant (milliseconds since 1970). */
  unfinished(before: number): Promise<VariantId[]>;
  /** Movements that have been asking since before an instant. */
  askingSince(before: number): Promise<Movement[]>;
}

/** Selling terms by vendor; a save is guarded by the version they were read at. */
export interface SellingTermsStore {
  get(vendorId: VendorId): Promise<SellingTermsView | undefined>;
  /** Vendors that have not set any are missing. */
  many(vendorIds: readonly VendorId[]): Promise<Map<VendorId, SellingTermsView>>;
  /** False: another write came first. `expectedVersion` 0: there are none yet. */
  save(vendorId: VendorId, terms: SellingTermsView, expectedVersion: number): Promise<boolean>;
}

/** A variant's units as the record had them at an instant (milliseconds since 1970). */
export type Count = Balances & { version: number; at: number };

/** A count that is not noted again ends after this long: so a wrong one cannot stay. */
export const countKeptMs = 10_000;

/** Counts of units beside the record, for speed: they may be lost or old, and decide nothing. */
export interface StockCounts {
  /** Keeps a count, unless one of a later version is known, or of the same version seen later. */
  note(variantId: VariantId, count: Count): Promise<void>;
  /** Variants that were not noted of late are missing. */
  read(variantIds: readonly VariantId[]): Promise<Map<VariantId, Count>>;
}
