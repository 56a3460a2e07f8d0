import { expect } from 'vitest';
import type { RefundOrder } from '#contract/checkout.ts';
import type { OrderId, VendorId } from '#contract/ids.ts';
import type { Till } from './till.ts';
import { faultsOf } from './till-faults.ts';

export const usd = (amount: number) => ({ amount, currency: 'USD' as const });
/** A refund of all that is left, or of what is named. */
export const all = (more: Partial<RefundOrder> = {}): RefundOrder => ({
  lines: [],
  units: 'restock',
  reason: 'sent back',
  ...more,
});

/** A desk of vendors who sell at a till and give money back. */
export function refundDesk(till: Till) {
  const faults = faultsOf(till);

  /** A paid order of a vendor of its own: teapots of 100.00, of five, with 30.00 off half by the platform. */
  const sale = async ({
    quantity = 1,
    card = 'pm_card_visa',
    withCoupon = true,
    after = async () => {},
  } = {}) => {
    const vendorId = await till.newVendor();
    const buyer = till.newPerson();
    const teapot = await till.sell({ price: 10_000, units: 5, vendor: vendorId });
    const funders = [
      { funder: 'vendor' as const, basisPoints: 5000 },
      { funder: 'platform' as const, basisPoints: 5000 },
    ];
    const coupon = withCoupon ? till.grant(buyer, { funders }) : undefined;
    const total = 10_000 * quantity - (withCoupon ? 3000 : 0);
    const ask = till.askFor(teapot, total, { lines: [{ ...teapot, quantity }], ...(coupon && { coupon }) });
    const { orderId } = await till.place(buyer, ask);
    await till.checkout.pay(await till.orderNow(orderId), await till.token(card));
    await till.settled();
    await after();
    return { orderId, vendorId, buyer, total, coupon, quantity, ...teapot };
  };

  const refund = async (orderId: OrderId, ask: RefundOrder, key = `key-${crypto.randomUUID()}`) => {
    const answer = await till.checkout.refund(orderId, key, ask);
    await till.settled();
    return answer.ok ? 'done' : answer.refusal;
  };
  const payOutMade = async () => void (await till.payments.sweepTransfers());
  const transferredTo = async (vendorId: VendorId): Promise<number> => {
    let sum = 0;
    for await (const one of till.sdk.transfers.list({ limit: 100 })) {
      const account = await till.sdk.accounts.retrieve(String(one.destination));
      if (account.metadata?.vendorId === vendorId) sum += one.amount - one.amount_reversed;
    }
    return sum;
  };
  /** Nothing of a sale is left: order, payment service, journal, stock and coupon say so. */
  const expectAllBack = async (
    { orderId, vendorId, variantId, coupon }: Awaited<ReturnType<typeof sale>>,
    available = 5,
  ) => {
    expect(await till.orderNow(orderId)).toMatchObject({ state: 'refunded' });
    expect(await faults.keptOf(orderId)).toBe(0);
    expect(await faults.balanceOf(`order:${orderId}`)).toBe(0);
    expect(await faults.balanceOf(`vendor:${vendorId}`)).toBe(0);
    expect(await transferredTo(vendorId)).toBe(0);
    expect(await till.stockOf(variantId)).toEqual({ available, held: 0, sold: 0 });
    if (coupon) expect(till.coupons.get(coupon)).toMatchObject({ state: 'granted' });
  };

  return { ...faults, sale, refund, payOutMade, expectAllBack };
}
