import { z } from 'zod';
import { Instant, PictureId, ProductId, VariantId, VendorId } from './ids.ts';
import { Price } from './money.ts';
import { Country, Region } from './region.ts';

const units = z.int().nonnegative();
/** As many as one may put in at once. */
const mostUnits = 1_000_000;

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
  /** What sets it apart, `600 ml`; a product with one variant needs none. */
  title: z.string().optional(),
  listPrice: Price,
  stock: Stock,
  /** No longer sold; the others of its product are. */
  isRetired: z.boolean(),
});

/** A fact about a product, `Material: stoneware`. */
export const Attribute = z.object({
  name: z.string().trim().min(1).max(60),
  value: z.string().trim().min(1).max(200),
});
export type Attribute = z.infer<typeof Attribute>;
const attributes = z
  .array(Attribute)
  .max(20)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name once');

/** A product as everybody sees it; the first variant is the default one. */
export const ProductView = z.object({
  productId: ProductId,
  vendorId: VendorId,
  title: z.string(),
  description: z.string(),
  attributes: z.array(Attribute),
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
const variantTitle = z.string().trim().min(1).max(60);
const description = z.string().trim().max(2000);

const listPrice = Price.refine(({ amount }) => amount > 0, 'a price is more than zero');

/** List and floor price belong together. */
const fitting = <Shape extends z.ZodType<{ listPrice: Price; floorPrice: Price }>>(shape: Shape) =>
  shape
    .refine((asked) => asked.listPrice.currency === asked.floorPrice.currency, {
      path: ['floorPrice', 'currency'],
      error: 'list and floor price have one currency',
    })
    .refine((asked) => asked.floorPrice.amount <= asked.listPrice.amount, {
      path: ['floorPrice', 'amount'],
      error: 'the floor is not above the list price',
    });

/** A new product with one default variant; the floor is in the list price's currency and not above it. */
export const NewProduct = fitting(
  z.object({
    title,
    description: description.default(''),
    attributes: attributes.default([]),
    /** Of the default variant, when more will follow. */
    variantTitle: variantTitle.optional(),
    listPrice,
    floorPrice: Price,
    /** Units put in at the start. */
    stock: units.max(mostUnits),
    pictureId: PictureId.optional(),
  }),
);
export type NewProduct = z.infer<typeof NewProduct>;

/** One more variant of a product, in the product's currency. */
export const NewVariant = fitting(
  z.object({ title: variantTitle, listPrice, floorPrice: Price, stock: units.max(mostUnits) }),
);
export type NewVariant = z.infer<typeof NewVariant>;

/** What a vendor changes of one variant; prices keep their currency. */
export const VariantEdit = z.object({
  title: variantTitle.optional(),
  listPrice: listPrice.optional(),
  floorPrice: Price.optional(),
});
export type VariantEdit = z.infer<typeof VariantEdit>;

/** What a vendor changes; prices are the default variant's and keep their currency. `null` takes the picture away. */
export const ProductEdit = z.object({
  title: title.optional(),
  description: description.optional(),
  attributes: attributes.optional(),
  listPrice: listPrice.optional(),
  floorPrice: Price.optional(),
  pictureId: PictureId.nullable().optional(),
});
export type ProductEdit = z.infer<typeof ProductEdit>;

/** Units come in or are lost, with a reason in words; never below what is held. */
export const StockChange = z.object({
  /** Default: the product's first variant. */
  variantId: VariantId.optional(),
  kind: z.enum(['restock', 'write-off']),
  quantity: z.int().positive().max(mostUnits),
  reason: z.string().trim().min(1).max(200),
});
export type StockChange = z.infer<typeof StockChange>;

/**
 * Why units moved. The undone ones take back a hold or a write-off that never stood; `return` puts sold units back on
 * the shelf, `return-write-off` takes them out of the books.
 */
export const StockCause = z.enum([
  'opening',
  'restock',
  'write-off',
  'write-off-undone',
  'hold',
  'hold-undone',
  'release',
  'sale',
  'return',
  'return-write-off',
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

/**
 * What the vendor asks for sending an order: one rate, or one by country and region; waived from `freeFrom` goods
 * after discount. A table without a zone for a destination, and without `elsewhere`, does not ship there.
 */
const Rate = z.object({ rate: Price, freeFrom: Price.optional() });
const zone = { countries: z.array(Country).min(1).max(250), regions: z.array(Region).max(100).optional() };
export const ShippingRule = z.discriminatedUnion('kind', [
  Rate.extend({ kind: z.literal('flat') }),
  z.object({
    kind: z.literal('table'),
    zones: z.array(Rate.extend(zone)).min(1).max(50),
    elsewhere: Rate.optional(),
  }),
]);
export type ShippingRule = z.infer<typeof ShippingRule>;

const basisPoints = z.int().min(0).max(10_000);
/** Hundredths of a percent of goods after discount and shipping; no zone for a destination is no tax. */
export const TaxRule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('flat'), basisPoints, isIncluded: z.boolean() }),
  z.object({
    kind: z.literal('table'),
    zones: z
      .array(z.object({ ...zone, basisPoints }))
      .min(1)
      .max(100),
    isIncluded: z.boolean(),
  }),
]);
export type TaxRule = z.infer<typeof TaxRule>;

/**
 * When units are kept for a buyer: from the checkout on (`hold-at-checkout`), from the cart on for `cartHoldMinutes`
 * (`hold-at-cart`), or not before the tap that pays (`first-paid`: first paid, first served).
 */
export const StockPolicy = z.enum(['hold-at-checkout', 'hold-at-cart', 'first-paid']);
export type StockPolicy = z.infer<typeof StockPolicy>;

/** How a vendor sells: who it is by law, on what conditions, and the rules of shipping, tax and stock. */
export const SellingTerms = z.object({
  /** Stands on the checkout and the invoice; empty: the vendor's public name. */
  legalName: z.string().trim().max(200),
  legalAddress: z.string().trim().max(500),
  contactEmail: z.email().max(254).optional(),
  taxNumber: z.string().trim().max(40).optional(),
  /** Delivery, returns, warranty, in words; shown before paying. */
  conditions: z.string().trim().max(5000),
  /** Sent within so many days. */
  dispatchDays: z.int().min(0).max(90).optional(),
  /** Whether an order needs an address to send to. */
  needsDelivery: z.boolean(),
  /** At most one for each currency; none: sending is free. */
  shipping: z
    .array(ShippingRule)
    .max(6)
    .refine((rules) => rules.every((rule) => currenciesOf(rule).size === 1), 'a rule has one currency')
    .refine(
      (rules) => new Set(rules.flatMap((rule) => [...currenciesOf(rule)])).size === rules.length,
      'one rule for each currency',
    ),
  tax: TaxRule.optional(),
  stockPolicy: StockPolicy,
  cartHoldMinutes: z.int().min(1).max(60),
});
export type SellingTerms = z.infer<typeof SellingTerms>;

/** Selling terms with the version to edit; version 0: the vendor has not set any, and these are the defaults. */
export const SellingTermsView = SellingTerms.extend({ version: z.int().nonnegative() });
export type SellingTermsView = z.infer<typeof SellingTermsView>;

/** The currencies that a shipping rule's rates are in: one, when it is well-formed. */
export function currenciesOf(rule: ShippingRule): Set<string> {
  const rates = rule.kind === 'flat' ? [rule] : [...rule.zones, ...(rule.elsewhere ? [rule.elsewhere] : [])];
  return new Set(
    rates.flatMap(({ rate, freeFrom }) => [rate.currency, ...(freeFrom ? [freeFrom.currency] : [])]),
  );
}

/** A page of a list that may grow: send `next` as `cursor` for the following one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

/** Which page: at most 100 items. */
export const PageQuery = z.object({
  cursor: z.string().max(120).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
