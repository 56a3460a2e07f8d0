import { describe, expect, test } from 'vitest';
import { ProductId, VariantId } from '#contract/ids.ts';
import { type Coupon, checkUse, couponTarget } from './coupon.ts';

const eur = (amount: number) => ({ amount, currency: 'EUR' as const });
const line = (name: string, quantity: number, amount: number) => ({
  productId: ProductId.parse(`prd_${name}`),
  variantId: VariantId.parse(`var_${name}`),
  quantity,
  list: eur(amount),
});
const coupon: Coupon = {
  viewer: 'w1',
  state: 'granted',
  amountOff: eur(1000),
  minimumSpend: eur(3000),
  productIds: [ProductId.parse('prd_teapot')],
  validUntil: 10_000,
};

describe('using a coupon', () => {
  test('[S3.9] its holder may, until its end on the one clock', () => {
    expect(checkUse(coupon, { viewer: 'w1', now: 9999 })).toMatchObject({ ok: true });
    expect(checkUse(coupon, { viewer: 'w1', now: 10_000 })).toMatchObject({ refusal: 'coupon-expired' });
  });

  test.each<[Partial<Coupon>, string]>([
    [{ viewer: 'v20' }, 'coupon-not-yours'],
    [{ state: 'reserved', orderId: 'ord_other' }, 'coupon-spent'],
    [{ state: 'redeemed', orderId: 'ord_other' }, 'coupon-spent'],
    [{ state: 'revoked' }, 'coupon-spent'],
    [{ state: 'expired' }, 'coupon-expired'],
  ])('[S3.20] nobody else may, nor twice: %o', (change, refusal) => {
    expect(checkUse({ ...coupon, ...change }, { viewer: 'w1', now: 0, orderId: 'ord_1' })).toMatchObject({
      refusal,
    });
  });

  test('[S3.20] the order that holds it already may go on, also past its end', () => {
    const held = { ...coupon, state: 'reserved' as const, orderId: 'ord_1' };
    expect(checkUse(held, { viewer: 'w1', now: 99_999, orderId: 'ord_1' })).toMatchObject({ ok: true });
  });
});

describe('what a coupon applies to', () => {
  test('[S3.9] the target goods of the cart, from the minimum spend on', () => {
    expect(couponTarget(coupon, [line('teapot', 1, 3000), line('scarf', 1, 9000)])).toEqual({
      ok: true,
      value: ['var_teapot'],
    });
    expect(couponTarget(coupon, [line('teapot', 2, 1500)])).toMatchObject({ ok: true });
  });

  test('[S3.9] other goods do not count, neither as target nor towards the minimum', () => {
    expect(couponTarget(coupon, [line('scarf', 5, 9000)])).toMatchObject({ refusal: 'coupon-other-goods' });
    expect(couponTarget(coupon, [line('teapot', 1, 2999), line('scarf', 1, 9000)])).toMatchObject({
      refusal: 'coupon-below-minimum',
    });
  });
});
