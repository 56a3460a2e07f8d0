import type { ProductView } from '#contract/catalog.ts';
import type { VariantId } from '#contract/ids.ts';

/** One variant of a product as everybody sees it. */
export type Variant = ProductView['variants'][number];

/** What of a product is still sold. */
export const variantsOf = ({ variants }: ProductView): Variant[] =>
  variants.filter(({ isRetired }) => !isRetired);

/** The variant that was chosen, as long as it is sold; else the first that can be bought, else the first. */
export function variantOf(product: ProductView, chosen: VariantId | undefined): Variant | undefined {
  const sold = variantsOf(product);
  return (
    sold.find(({ variantId }) => variantId === chosen) ??
    sold.find(({ stock }) => stock.available > 0) ??
    sold[0]
  );
}
