import { z } from 'zod';
import { Stock } from '../catalog.ts';
import { ProductId, VariantId } from '../ids.ts';

/** Events of the catalog's outboxes. */
export const catalogEvents = {
  stockChanged: {
    type: 'catalog.stock-changed',
    schema: Stock.extend({ productId: ProductId, variantId: VariantId }),
  },
  /** Title, price, picture or retirement: read the product again. */
  productChanged: { type: 'catalog.product-changed', schema: z.object({ productId: ProductId }) },
} as const;
