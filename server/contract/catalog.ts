import { z } from 'zod';
import { Instant, PictureId, ProductId, VariantId, VendorId } from './ids.ts';
import { Price } from './money.ts';

const units = z.int().nonnegative().max(1_000_000);

/** Where a variant's units are: for sale, held for somebody, sold. `version` grows with every change: newest wins. */
export const Stock = z.object({
  available: units,
  held: units,
  sold: units,
  version: z.int().nonnegative(),
});
export type Stock = z.infer<typeof Stock>;

/** One variant as everybody sees it. */
const VariantView = z.object({
  variantId: VariantId,
  title: z.string().optional(),
  listPrice: Price,
  stock: Stock,
});

/** A product as everybody sees it; the first variant is the default one. */
export const ProductView = z.object({
  productId: ProductId,
  vendorId: VendorId,
  title: z.string(),
  description: z.string(),
  pictureId: PictureId.optional(),
  variants: z.array(VariantView).min(1),
  isRetired: z.boolean(),
  version: z.int(),
});
export type ProductView = z.infer<typeof ProductView>;

/** A product as its vendor sees it: with floor prices. */
export const DeskProduct = ProductView.extend({
  variants: z.array(VariantView.extend({ floorPrice: Price })).min(1),
  createdAt: Instant,
});
export type DeskProduct = z.infer<typeof DeskProduct>;

const title = z.string().trim().min(1).max(120);
const description = z.string().trim().max(2000);

/** A new product with one default variant; the floor is in the list price's currency and not above it. */
export const NewProduct = z
  .object({
    title,
    description: description.default(''),
    listPrice: Price.refine(({ amount }) => amount > 0, 'a price is more than zero'),
    floorPrice: Price,
    /** Units put in at the start. */
    stock: units,
    pictureId: PictureId.optional(),
  })
  .refine(({ listPrice, floorPrice }) => listPrice.currency === floorPrice.currency, {
    path: ['floorPrice', 'currency'],
    error: 'list and floor price have one currency',
  })
  .refine(({ listPrice, floorPrice }) => floorPrice.amount <= listPrice.amount, {
    path: ['floorPrice', 'amount'],
    error: 'the floor is not above the list price',
  });
export type NewProduct = z.infer<typeof NewProduct>;

/** What a vendor changes; prices are the default variant's and keep their currency. `null` takes the picture away. */
export const ProductEdit = z.object({
  title: title.optional(),
  description: description.optional(),
  listPrice: Price.refine(({ amount }) => amount > 0, 'a price is more than zero').optional(),
  floorPrice: Price.optional(),
  pictureId: PictureId.nullable().optional(),
});
export type ProductEdit = z.infer<typeof ProductEdit>;

/** Units come in or are lost, with a reason in words; never below what is held. */
export const StockChange = z.object({
  /** Default: the product's first variant. */
  variantId: VariantId.optional(),
  kind: z.enum(['restock', 'write-off']),
  quantity: z.int().positive().max(1_000_000),
  reason: z.string().trim().min(1).max(200),
});
export type StockChange = z.infer<typeof StockChange>;

/** Why units moved. The undone ones take back a hold or a write-off that never stood. */
export const StockCause = z.enum([
  'opening',
  'restock',
  'write-off',
  'write-off-undone',
  'hold',
  'hold-undone',
  'release',
  'sale',
  'give-back',
]);
export type StockCause = z.infer<typeof StockCause>;

/** One entry of a variant's append-only ledger, with the three balances after it. */
export const StockEntry = z.object({
  entryId: z.string(),
  variantId: VariantId,
  cause: StockCause,
  quantity: z.int().positive(),
  reason: z.string(),
  /** Whose hold, or which change: an order's id for sales. */
  reference: z.string(),
  at: Instant,
  available: units,
  held: units,
  sold: units,
  version: z.int(),
});
export type StockEntry = z.infer<typeof StockEntry>;

/** A page of a list that may grow: send `next` as `cursor` for the following one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

/** Which page: at most 100 items. */
export const PageQuery = z.object({
  cursor: z.string().max(120).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
