import type { ProductView } from '#contract/catalog.ts';
import type { Cart } from '#contract/checkout.ts';
import type { GrantView } from '#contract/drops.ts';
import type { ProductId, VariantId } from '#contract/ids.ts';
import type { Wish } from '../../features/checkout/order-desk.ts';
import type { RoomController } from '../../features/rooms/room.svelte.ts';
import { variantOf, variantsOf } from '../../features/rooms/variants.ts';
import { wordsFor } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';
import type { Announcer } from '../../ui/announcer.svelte.ts';
import { wishOfCart } from './cart-wish.ts';
import { priceWith } from './price-words.ts';
import type { Till } from './till.svelte.ts';

type Parts = {
  room: RoomController;
  till: Till;
  announcer: Announcer;
  /** Asks which variant it shall be. */
  choose: (productId: ProductId) => void;
};

/** The ways from a card of the room to its till. */
export function buying({ room, till, announcer, choose }: Parts) {
  const { streamId } = room;

  async function begin(wish: Wish): Promise<void> {
    try {
      const { checkout } = await till.open();
      await checkout.begin(wish);
    } catch {
      announcer.toast(m.error_unavailable());
    }
  }

  /** The variant meant: the named one, or the only one; of several somebody has to choose. */
  function meant(product: ProductView, asked: VariantId | undefined): VariantId | undefined {
    if (asked !== undefined) return asked;
    const [only, ...others] = variantsOf(product);
    if (others.length === 0) return only?.variantId;
    choose(product.productId);
    return undefined;
  }

  return {
    /** Opens the payment of one unit. */
    buy(product: ProductView, asked?: VariantId): void {
      const variantId = meant(product, asked);
      if (variantId === undefined) return;
      const seen = product.variants.find((one) => one.variantId === variantId)?.listPrice;
      void begin({ lines: [{ productId: product.productId, variantId, quantity: 1 }], streamId, seen });
    },

    /** Puts one unit into the cart, and says so. */
    async add(product: ProductView, asked?: VariantId): Promise<void> {
      const variantId = meant(product, asked);
      if (variantId === undefined) return;
      try {
        const { cart } = await till.open();
        if (await cart.add(product, variantId, streamId))
          announcer.say(m.cart_added_said({ title: product.title }));
        else announcer.toast(wordsFor(cart.refusal));
      } catch {
        announcer.toast(m.error_unavailable());
      }
    },

    /** Opens the payment of a whole cart. */
    checkOut(cart: Cart): void {
      void begin(wishOfCart(cart, streamId));
    },

    /** Opens the payment of what a coupon is for: the first variant that it fits. */
    use(grant: GrantView): void {
      const product = grant.productIds.map((id) => room.product(id)).find((one) => one !== undefined);
      if (product === undefined) return;
      const fitting = variantsOf(product).find((one) => priceWith(product, grant, one) !== undefined);
      const variant = fitting ?? variantOf(product, undefined);
      if (variant === undefined) return;
      const line = { productId: product.productId, variantId: variant.variantId, quantity: 1 };
      void begin({ lines: [line], streamId, coupon: grant.grantId, seen: variant.listPrice });
    },
  };
}
