import type { Attribute, ProductEdit, VariantEdit } from '#contract/catalog.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { PictureId, VariantId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';

type Priced = { listPrice: Money; floorPrice: Money };

/** What an edit may change of a product. */
export type Editable<Variant extends Priced> = {
  title: string;
  description: string;
  attributes: Attribute[];
  pictureId: PictureId | undefined;
  variants: Variant[];
  isRetired: boolean;
};

type Refusal = 'product-retired' | 'price-below-floor' | 'currency-mismatch';
type Prices = { listPrice?: Money | undefined; floorPrice?: Money | undefined };

/**
 * Applies an edit; prices are those of the first variant. Prices keep their currency, since offers, drops and
 * showcases count on it, and the floor stays at or below the list price.
 */
export function edited<Variant extends Priced, Product extends Editable<Variant>>(
  product: Product & Editable<Variant>,
  edit: ProductEdit,
): Result<Product, Refusal> {
  if (product.isRetired) return refuse('product-retired');
  const [first, ...others] = product.variants;
  if (first === undefined) return refuse('product-retired');
  const repriced = withPrices(first, first.listPrice, edit);
  if (!repriced.ok) return repriced;
  return accept({
    ...product,
    title: edit.title ?? product.title,
    description: edit.description ?? product.description,
    attributes: edit.attributes ?? product.attributes,
    pictureId: edit.pictureId === undefined ? product.pictureId : (edit.pictureId ?? undefined),
    variants: [repriced.value, ...others],
  });
}

type Sold = Priced & { variantId: VariantId; title?: string; isRetired: boolean };
type Ranged<Variant extends Sold> = { variants: Variant[]; isRetired: boolean };

const mostVariants = 100;

/** Puts one more variant behind those that are sold; in the product's currency. One that is there stays as it is. */
export function withVariant<Variant extends Sold, Product extends Ranged<Variant>>(
  product: Product & Ranged<Variant>,
  variant: Variant,
): Result<Product, Refusal | 'conflict'> {
  if (product.variants.some(({ variantId }) => variantId === variant.variantId)) return accept(product);
  const [first] = product.variants;
  if (product.isRetired || first === undefined) return refuse('product-retired');
  const priced = withPrices(variant, first.listPrice, {});
  if (!priced.ok) return priced;
  if (product.variants.length >= mostVariants)
    return refuse('conflict', `A product has at most ${mostVariants} variants.`);
  return accept({ ...product, variants: retiredLast([...product.variants, priced.value]) });
}

/** Applies an edit to one variant that is sold. */
export function withVariantEdited<Variant extends Sold, Product extends Ranged<Variant>>(
  product: Product & Ranged<Variant>,
  variantId: VariantId,
  edit: VariantEdit,
): Result<Product, Refusal | 'not-found'> {
  const variant = product.variants.find((one) => one.variantId === variantId);
  if (variant === undefined) return refuse('not-found');
  if (product.isRetired || variant.isRetired) return refuse('product-retired');
  const repriced = withPrices(variant, variant.listPrice, edit);
  if (!repriced.ok) return repriced;
  const changed = { ...repriced.value, ...(edit.title !== undefined && { title: edit.title }) };
  return accept({ ...product, variants: product.variants.map((one) => (one === variant ? changed : one)) });
}

/**
 * Ends the sale of one variant; with the last one the product retires. Retired variants stand last, so that the first
 * one, the default, is sold. One that is retired already leaves the product as it is.
 */
export function withoutVariant<Variant extends Sold, Product extends Ranged<Variant>>(
  product: Product & Ranged<Variant>,
  variantId: VariantId,
): Result<Product, 'not-found'> {
  const variant = product.variants.find((one) => one.variantId === variantId);
  if (variant === undefined) return refuse('not-found');
  if (variant.isRetired) return accept(product);
  const variants = product.variants.map((one) => (one === variant ? { ...one, isRetired: true } : one));
  const isLast = variants.every(({ isRetired }) => isRetired);
  return accept({ ...product, variants: retiredLast(variants), isRetired: product.isRetired || isLast });
}

const retiredLast = <Variant extends Sold>(variants: readonly Variant[]): Variant[] => [
  ...variants.filter(({ isRetired }) => !isRetired),
  ...variants.filter(({ isRetired }) => isRetired),
];

function withPrices<Variant extends Priced>(
  variant: Variant,
  { currency }: Money,
  { listPrice = variant.listPrice, floorPrice = variant.floorPrice }: Prices,
): Result<Variant, 'price-below-floor' | 'currency-mismatch'> {
  if (listPrice.currency !== currency || floorPrice.currency !== currency)
    return refuse('currency-mismatch', `This product is sold in ${currency}.`);
  if (floorPrice.amount > listPrice.amount) return refuse('price-below-floor');
  return accept({ ...variant, listPrice, floorPrice });
}
