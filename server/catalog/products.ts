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
import type { Holds } from './holds.ts';
import type { Product, Shelf } from './shelf.ts';
import { writeOut } from './steps.ts';
import type { After, ProductRecord, ProductStore, StockStore, Variant } from './store.ts';

type Parts = { products: ProductStore; stock: StockStore; shelf: Shelf; holds: Holds; clock: Clock };

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
export function createProducts({ products, stock, shelf, holds, clock }: Parts) {
  const { stocked, get, own, save } = shelf;

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

  /** Changes words, picture or prices of the version the vendor saw. */
  async function edit(vendorId: VendorId, productId: ProductId, version: number, wanted: ProductEdit) {
    const before = await own(vendorId, productId);
    if (before === undefined) return refuse('not-found');
    if (before.version !== version) return refuse('stale-version');
    const after = edited<Variant, ProductRecord>(before, wanted);
    return after.ok ? save(before, after.value) : after;
  }

  /** Ends its sale; what is held may still be paid. Its stock refuses new holds before anybody reads that it is retired. */
  const retire = (vendorId: VendorId, productId: ProductId) =>
    shelf.change<never>(vendorId, productId, async (before) => {
      for (const { variantId } of before.variants) await stock.setRetired(variantId, true);
      return accept(before.isRetired ? before : { ...before, isRetired: true });
    });

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
