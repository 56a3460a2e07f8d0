import type { Result } from '#contract/errors.ts';
import type { ProductId, VariantId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';

export type CouponRefusal =
  | 'coupon-not-yours'
  | 'coupon-other-goods'
  | 'coupon-below-minimum'
  | 'coupon-spent'
  | 'coupon-expired';

/** A grant as far as using it goes; instants in milliseconds since 1970. */
export type Coupon = {
  viewer: string;
  state: 'granted' | 'reserved' | 'redeemed' | 'expired' | 'revoked';
  amountOff: Money;
  minimumSpend: Money;
  productIds: readonly ProductId[];
  validUntil: number;
  orderId?: string;
};

export type CartLine = { productId: ProductId; variantId: VariantId; quantity: number; list: Money };

/** Whether this viewer may use the coupon now at all; an order that has reserved it already may. */
export function checkUse(
  coupon: Coupon,
  { viewer, now, orderId }: { viewer: string; now: number; orderId?: string },
): Result<undefined, CouponRefusal> {
  if (coupon.viewer !== viewer) return { ok: false, refusal: 'coupon-not-yours' };
  const isOurs = orderId !== undefined && coupon.orderId === orderId;
  if (isOurs && (coupon.state === 'reserved' || coupon.state === 'redeemed'))
    return { ok: true, value: undefined };
  if (coupon.state === 'expired') return { ok: false, refusal: 'coupon-expired' };
  if (coupon.state !== 'granted') return { ok: false, refusal: 'coupon-spent' };
  if (now >= coupon.validUntil) return { ok: false, refusal: 'coupon-expired' };
  return { ok: true, value: undefined };
}

/**
 * Which variants of a cart the coupon takes its amount off: those of the target goods, when their list prices reach
 * the minimum spend.
 */
export function couponTarget(coupon: Coupon, lines: readonly CartLine[]): Result<VariantId[], CouponRefusal> {
  const targets = lines.filter(
    ({ productId, list }) =>
      coupon.productIds.includes(productId) && list.currency === coupon.amountOff.currency,
  );
  if (targets.length === 0) return { ok: false, refusal: 'coupon-other-goods' };
  const spend = targets.reduce((sum, { list, quantity }) => sum + list.amount * quantity, 0);
  if (spend < coupon.minimumSpend.amount) return { ok: false, refusal: 'coupon-below-minimum' };
  return { ok: true, value: targets.map(({ variantId }) => variantId) };
}
