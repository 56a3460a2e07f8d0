import type { Attribute, ProductEdit } from '#contract/catalog.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { PictureId } from '#contract/ids.ts';
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

/**
 * Applies an edit; prices are those of the first variant. Prices keep their currency, since offers, drops and
 * showcases count on it, and the floor stays at or below the list price.
 */
export function edited<Variant extends Priced, Product extends Editable<Variant>>(
  product: Product & Editable<Variant>,
  edit: ProductEdit,
): Result<Product, 'product-retired' | 'price-below-floor' | 'currency-mismatch'> {
  if (product.isRetired) return refuse('product-retired');
  const [first, ...others] = product.variants;
  if (first === undefined) return refuse('product-retired');
  const listPrice = edit.listPrice ?? first.listPrice;
  const floorPrice = edit.floorPrice ?? first.floorPrice;
  const { currency } = first.listPrice;
  if (listPrice.currency !== currency || floorPrice.currency !== currency)
    return refuse('currency-mismatch', `This product is sold in ${currency}.`);
  if (floorPrice.amount > listPrice.amount) return refuse('price-below-floor');
  return accept({
    ...product,
    title: edit.title ?? product.title,
    description: edit.description ?? product.description,
    attributes: edit.attributes ?? product.attributes,
    pictureId: edit.pictureId === undefined ? product.pictureId : (edit.pictureId ?? undefined),
    variants: [{ ...first, listPrice, floorPrice }, ...others],
  });
}
