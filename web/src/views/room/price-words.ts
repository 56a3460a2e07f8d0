import type { ProductView } from '#contract/catalog.ts';
import type { DropView, GrantView } from '#contract/drops.ts';
import { money } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';

type Coupon = Pick<GrantView, 'amountOff' | 'minimumSpend' | 'productIds'>;

type Variant = Pick<ProductView['variants'][number], 'listPrice'>;

/**
 * What a product costs with this coupon in minor units; undefined where the coupon does not fit one unit of it. Without
 * a variant it is the first one's price.
 */
export function priceWith(
  product: ProductView,
  coupon: Coupon,
  variant: Variant | undefined = product.variants[0],
): number | undefined {
  const price = variant?.listPrice;
  if (!price || price.currency !== coupon.amountOff.currency) return undefined;
  if (!coupon.productIds.includes(product.productId) || price.amount < coupon.minimumSpend.amount)
    return undefined;
  return Math.max(0, price.amount - coupon.amountOff.amount);
}

/** "$30.00 with your coupon", else with the open drop's, else nothing. */
export function priceWords(
  product: ProductView,
  usable: GrantView[],
  drop: DropView | undefined,
): string | undefined {
  const price = product.variants[0]?.listPrice;
  if (!price) return undefined;
  const own = usable
    .map((grant) => priceWith(product, grant))
    .filter((amount) => amount !== undefined)
    .toSorted((a, b) => a - b)[0];
  if (own !== undefined) return m.with_your_coupon({ price: money({ ...price, amount: own }) });
  if (drop?.state !== 'open') return undefined;
  const amount = priceWith(product, { ...drop, amountOff: drop.coupon.amountOff });
  return amount === undefined ? undefined : m.with_drop_coupon({ price: money({ ...price, amount }) });
}
