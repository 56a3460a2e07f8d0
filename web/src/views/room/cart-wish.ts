import type { Cart } from '#contract/checkout.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Wish } from '../../features/checkout/order-desk.ts';

/** A cart as what is wanted of a checkout, with the prices its owner last saw. */
export function wishOfCart({ lines, goods }: Cart, streamId: StreamId): Wish {
  const seen = lines.reduce((sum, { priceWas, quantity }) => sum + priceWas.amount * quantity, 0);
  return {
    lines: lines.map(({ productId, variantId, quantity }) => ({ productId, variantId, quantity })),
    streamId,
    isFromCart: true,
    seen: goods && { ...goods, amount: seen },
  };
}
