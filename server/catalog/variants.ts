import { createHash } from 'node:crypto';
import type { NewVariant, VariantEdit } from '#contract/catalog.ts';
import { accept, refuse } from '#contract/errors.ts';
import { type ProductId, VariantId, type VendorId } from '#contract/ids.ts';
import { withoutVariant, withVariant, withVariantEdited } from './core/product.ts';
import type { Holds } from './holds.ts';
import type { Shelf } from './shelf.ts';
import type { ProductRecord, StockStore, Variant } from './store.ts';

/** The vendor's side of a product's variants: see the names. */
export function createVariants({ stock, shelf, holds }: { stock: StockStore; shelf: Shelf; holds: Holds }) {
  /** Stock first, then the variant. A resent key finds what it made; a refusal leaves nothing behind. */
  async function add(vendorId: VendorId, productId: ProductId, wanted: NewVariant, key: string) {
    const name = createHash('sha256').update(`${vendorId}\n${productId}\n${key}`).digest('base64url');
    const variantId = VariantId.parse(`var_${name.slice(0, 28)}`);
    const { stock: quantity, ...words } = wanted;
    return shelf.change(vendorId, productId, async (before) => {
      const variant: Variant = { variantId, ...words, isRetired: false };
      const after = withVariant<Variant, ProductRecord>(before, variant);
      if (!after.ok || after.value === before) return after;
      await stock.open(variantId, productId);
      const opening = { changeId: 'opening', kind: 'opening', reason: 'Opening stock' } as const;
      if (quantity > 0) await holds.change({ ...opening, variantId, quantity });
      return after;
    });
  }

  /** Changes words or prices of the product's version the vendor saw. */
  async function edit(
    vendorId: VendorId,
    productId: ProductId,
    variantId: VariantId,
    version: number,
    wanted: VariantEdit,
  ) {
    const before = await shelf.own(vendorId, productId);
    if (!before?.variants.some((one) => one.variantId === variantId)) return refuse('not-found');
    if (before.version !== version) return refuse('stale-version');
    const after = withVariantEdited<Variant, ProductRecord>(before, variantId, wanted);
    return after.ok ? shelf.save(before, after.value) : after;
  }

  /** Ends its sale; what is held may still be paid. Its stock refuses new holds before anybody reads that it is retired. */
  const retire = (vendorId: VendorId, productId: ProductId, variantId: VariantId) =>
    shelf.change(vendorId, productId, async (before) => {
      const after = withoutVariant<Variant, ProductRecord>(before, variantId);
      if (!after.ok) return after;
      await stock.setRetired(variantId, true);
      return accept(after.value);
    });

  return { add, edit, retire };
}

export type Variants = ReturnType<typeof createVariants>;
