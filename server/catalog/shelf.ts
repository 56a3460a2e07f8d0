import { accept, type Result, refuse } from '#contract/errors.ts';
import type { ProductId, VariantId, VendorId } from '#contract/ids.ts';
import type { Figures } from './counts.ts';
import type { ProductRecord, ProductStore, StockStore, Variant } from './store.ts';

/** A variant with its units; `version` of the stock counts its changes. */
type StockedVariant = Variant & { stock: Figures };

/** A product with prices and units as they are now. Floor prices are for vendors' eyes and for the price engine. */
export type Product = Omit<ProductRecord, 'variants'> & { variants: StockedVariant[] };

/** What a change did: the record before, and the product as it is now. */
export type Changed = { before: ProductRecord; product: Product };

type Look = (variantIds: readonly VariantId[]) => Promise<Map<VariantId, Figures>>;

/** Products together with their units, and guarded changes of them. */
export function createShelf({
  products,
  stock,
  shown,
}: {
  products: ProductStore;
  stock: StockStore;
  /** Figures to show; without it, the record's. */
  shown?: Look | undefined;
}) {
  const look: Look = async (variantIds) =>
    new Map((await stock.rows(variantIds)).map((row) => [row.variantId, row]));

  async function stocked(records: readonly ProductRecord[], from = look): Promise<Product[]> {
    const figures = await from(records.flatMap(({ variants }) => variants.map(({ variantId }) => variantId)));
    const stockOf = (variantId: VariantId) => {
      const { available = 0, held = 0, sold = 0, version = 0 } = figures.get(variantId) ?? {};
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

  /** As everybody is shown it: counts may be a moment behind the record. */
  async function show(productId: ProductId): Promise<Product | undefined> {
    const record = await products.get(productId);
    return record && (await stocked([record], shown))[0];
  }

  /** Undefined also where it is another vendor's. */
  async function own(vendorId: VendorId, productId: ProductId): Promise<ProductRecord | undefined> {
    const record = await products.get(productId);
    return record?.vendorId === vendorId ? record : undefined;
  }

  async function save(
    before: ProductRecord,
    after: ProductRecord,
  ): Promise<Result<Changed, 'stale-version'>> {
    const next = { ...after, version: before.version + 1 };
    if (!(await products.save(next, before.version))) return refuse('stale-version');
    const [product] = await stocked([next]);
    return product ? accept({ before, product }) : refuse('stale-version');
  }

  /** Decides on the vendor's product as it is and saves, again when another write came between; `before` itself: nothing to save. */
  async function change<Refusal extends string>(
    vendorId: VendorId,
    productId: ProductId,
    decide: (before: ProductRecord) => Promise<Result<ProductRecord, Refusal>>,
  ): Promise<Result<Changed, Refusal | 'not-found'>> {
    for (;;) {
      const before = await own(vendorId, productId);
      if (before === undefined) return refuse('not-found');
      const after = await decide(before);
      if (!after.ok) return after;
      if (after.value === before) {
        const [product] = await stocked([before]);
        return product ? accept({ before, product }) : refuse('not-found');
      }
      const saved = await save(before, after.value);
      if (saved.ok) return saved;
    }
  }

  return { stocked, get, show, own, save, change };
}

export type Shelf = ReturnType<typeof createShelf>;
