import { createHash } from 'node:crypto';
import type {
  DeskProduct,
  NewProduct,
  ProductEdit,
  ProductView,
  StockChange,
  StockEntry,
} from '#contract/catalog.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { ProductId, VariantId, type VendorId } from '#contract/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { Fault } from '../platform/fault.ts';
import { edited } from './core/product.ts';
import type { Balances } from './core/stock.ts';
import type { Holds } from './holds.ts';
import { writeOut } from './steps.ts';
import type { After, ProductRecord, ProductStore, StockStore, Variant } from './store.ts';

/** A variant with its units; `version` of the stock counts its changes. */
type StockedVariant = Variant & { stock: Balances & { version: number } };

/** A product with prices and units as they are now. Floor prices are for vendors' eyes and for the price engine. */
export type Product = Omit<ProductRecord, 'variants'> & { variants: StockedVariant[] };

type Parts = { products: ProductStore; stock: StockStore; holds: Holds; clock: Clock };

/** What everybody may see: no floor price. */
export function viewOf({
  productId,
  vendorId,
  title,
  description,
  attributes,
  pictureId,
  ...product
}: Product): ProductView {
  const { variants, isRetired, version } = product;
  return {
    productId,
    vendorId,
    title,
    description,
    attributes,
    pictureId,
    variants: variants.map(({ variantId, title: name, listPrice, stock, isRetired: isGone }) => ({
      variantId,
      title: name,
      listPrice,
      stock,
      isRetired: isGone,
    })),
    isRetired,
    version,
  };
}

/** What the vendor sees. */
export function deskOf({ createdAt, ...product }: Product): DeskProduct {
  return { ...product, createdAt: createdAt.toISOString() };
}

/** The vendor's side of the catalogue: see the names. */
export function createProducts({ products, stock, holds, clock }: Parts) {
  async function stocked(records: readonly ProductRecord[]): Promise<Product[]> {
    const rows = await stock.rows(
      records.flatMap(({ variants }) => variants.map(({ variantId }) => variantId)),
    );
    const byId = new Map(rows.map((row) => [row.variantId, row]));
    const stockOf = (variantId: VariantId) => {
      const { available = 0, held = 0, sold = 0, version = 0 } = byId.get(variantId) ?? {};
      return { available, held, sold, version };
    };
    return records.map((record) => ({
      ...record,
      variants: record.variants.map((variant) => ({ ...variant, stock: stockOf(variant.variantId) })),
    }));
  }

  async function get(productId: ProductId): Promise<Product | undefined> {
    const record = await products.get(productId);
    return record && (await stocked([record]))[0];
  }

  async function own(vendorId: VendorId, productId: ProductId): Promise<ProductRecord | undefined> {
    const record = await products.get(productId);
    return record?.vendorId === vendorId ? record : undefined;
  }

  /** Stock first, then the product: one without the other sells nothing. A resent key finds what it made. */
  async function create(vendorId: VendorId, wanted: NewProduct, key: string): Promise<Product> {
    const name = createHash('sha256').update(`${vendorId}\n${key}`).digest('base64url').slice(0, 28);
    const productId = ProductId.parse(`prd_${name}`);
    const variantId = VariantId.parse(`var_${name}`);
    const { title, description, attributes, variantTitle, listPrice, floorPrice, pictureId } = wanted;
    const { stock: quantity } = wanted;
    await stock.open(variantId, productId);
    if (quantity > 0)
      await holds.change({
        changeId: 'opening',
        variantId,
        kind: 'opening',
        quantity,
        reason: 'Opening stock',
      });
    const record: ProductRecord = {
      productId,
      vendorId,
      title,
      description,
      attributes,
      pictureId,
      variants: [
        { variantId, ...(variantTitle && { title: variantTitle }), listPrice, floorPrice, isRetired: false },
      ],
      isRetired: false,
      version: 1,
      createdAt: new Date(clock.now()),
    };
    await products.insert(record);
    const product = await get(productId);
    if (product === undefined) throw new Fault('internal', `${productId} vanished while it was made`);
    return product;
  }

  async function save(
    before: ProductRecord,
    after: ProductRecord,
  ): Promise<Result<{ before: ProductRecord; product: Product }, 'stale-version'>> {
    const next = { ...after, version: before.version + 1 };
    if (!(await products.save(next, before.version))) return refuse('stale-version');
    const [product] = await stocked([next]);
    return product ? accept({ before, product }) : refuse('stale-version');
  }

  /** Changes words, picture or prices of the version the vendor saw. */
  async function edit(vendorId: VendorId, productId: ProductId, version: number, wanted: ProductEdit) {
    const before = await own(vendorId, productId);
    if (before === undefined) return refuse('not-found');
    if (before.version !== version) return refuse('stale-version');
    const after = edited<Variant, ProductRecord>(before, wanted);
    return after.ok ? save(before, after.value) : after;
  }

  /** Ends its sale; what is held may still be paid. Its stock refuses new holds before anybody reads that it is retired. */
  async function retire(vendorId: VendorId, productId: ProductId) {
    const before = await own(vendorId, productId);
    if (before === undefined) return refuse('not-found');
    for (const { variantId } of before.variants) await stock.setRetired(variantId, true);
    if (!before.isRetired) return save(before, { ...before, isRetired: true });
    const [product] = await stocked([before]);
    return product ? accept({ before, product }) : refuse('not-found');
  }

  /** Units in or out, once per key. */
  async function changeStock(vendorId: VendorId, productId: ProductId, change: StockChange, key: string) {
    const record = await own(vendorId, productId);
    const variantId = change.variantId ?? record?.variants[0]?.variantId;
    if (record === undefined || variantId === undefined) return refuse('not-found');
    if (!record.variants.some((variant) => variant.variantId === variantId)) return refuse('not-found');
    const { kind, quantity, reason } = change;
    const result = await holds.change({ changeId: key, variantId, kind, quantity, reason });
    if (!result.ok) return result;
    const [product] = await stocked([record]);
    return product ? accept(product) : refuse('not-found');
  }

  /** A variant's entries from after a version, oldest first, complete up to now. */
  async function ledger(
    vendorId: VendorId,
    productId: ProductId,
    { variantId: asked, after, limit }: { variantId?: VariantId | undefined; after: number; limit: number },
  ): Promise<Result<{ entries: StockEntry[]; next: number | undefined }, 'not-found'>> {
    const record = await own(vendorId, productId);
    const variantId = asked ?? record?.variants[0]?.variantId;
    if (variantId === undefined || !record?.variants.some((one) => one.variantId === variantId))
      return refuse('not-found');
    await writeOut({ store: stock }, variantId);
    const found = await stock.entries(variantId, after, limit + 1);
    const page = found.slice(0, limit);
    const entries = page.map(({ id, at, ...entry }) => ({
      ...entry,
      entryId: id,
      at: new Date(at).toISOString(),
    }));
    return accept({ entries, next: found.length > limit ? page.at(-1)?.version : undefined });
  }

  async function ofVendor(vendorId: VendorId, after: After | undefined, limit: number): Promise<Product[]> {
    return stocked(await products.ofVendor(vendorId, after, limit));
  }

  return {
    get,
    many: async (productIds: readonly ProductId[]) => stocked(await products.many(productIds)),
    ofVendor,
    create,
    edit,
    retire,
    changeStock,
    ledger,
  };
}

export type Products = ReturnType<typeof createProducts>;
