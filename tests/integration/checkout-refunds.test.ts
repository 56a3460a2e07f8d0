import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VariantId } from '#contract/ids.ts';
import { all, refundDesk, usd } from '../support/refund-desk.ts';
import { openTill, type Till } from '../support/till.ts';

let till: Till;
let desk: ReturnType<typeof refundDesk>;
beforeAll(async () => {
  till = await openTill();
  desk = refundDesk(till);
});
afterAll(() => till[Symbol.asyncDispose]());

describe.each([
  ['before the vendor is paid', false],
  ['after the vendor was paid', true],
])('%s', (_when, isPaidOut) => {
  test('[M-O10] [S3.20] a full refund brings money, unit, fee share and coupon back, and both sides see it', async () => {
    const sold = await desk.sale(isPaidOut ? { after: desk.payOutMade } : {});
    expect(await desk.refund(sold.orderId, all())).toBe('done');
    expect(till.receiptsOf(sold.buyer).at(-1)).toMatchObject({
      state: 'refunded',
      refunded: usd(7000),
      refunds: [{ state: 'done', amount: usd(7000), units: 'restock', reason: 'sent back', by: 'vendor' }],
    });
    const shown = till.told.findLast(({ t }) => t === 'checkout.desk-order-changed');
    expect(shown).toMatchObject({
      personId: till.seller,
      d: { orderId: sold.orderId, state: 'refunded', refundable: usd(0), refunded: usd(7000) },
    });
    await desk.mend();
    await desk.expectAllBack(sold);
  });
});

test('[M-O10] part after part sums to what was paid: units share their line to the cent, and write-offs leave the books', async () => {
  const sold = await desk.sale({ quantity: 3 });
  const one = { lines: [{ variantId: sold.variantId, quantity: 1 }] };
  expect(await desk.refund(sold.orderId, all({ ...one, units: 'write-off' }))).toBe('done');
  expect(await desk.refund(sold.orderId, all({ amount: usd(500), units: 'keep' }))).toBe('done');
  const before = await till.orderNow(sold.orderId);
  expect(before).toMatchObject({ state: 'paid' });
  expect(before.refunds.map(({ amount }) => amount.amount)).toEqual([9000, 500]);
  expect(till.coupons.get(sold.coupon ?? '')).toMatchObject({ state: 'redeemed' });
  expect(await till.stockOf(sold.variantId)).toEqual({ available: 2, held: 0, sold: 2 });
  expect(await desk.refund(sold.orderId, all(one))).toBe('done');
  expect(await desk.refund(sold.orderId, all())).toBe('done');
  const { refunds } = await till.orderNow(sold.orderId);
  expect(refunds.map(({ amount }) => amount.amount)).toEqual([9000, 500, 9000, 8500]);
  expect(refunds.reduce((sum, { share }) => sum + share.fee.amount, 0)).toBe(1350);
  await desk.mend();
  await desk.expectAllBack(sold, 4);
});

test('[M-O10] shipping goes back with the last unit, and tax with the goods it was on', async () => {
  const vendorId = await till.newVendor();
  await till.setTerms(vendorId, {
    shipping: [{ kind: 'flat', rate: usd(700) }],
    tax: { kind: 'flat', basisPoints: 1000, isIncluded: false },
  });
  const teapot = await till.sell({ price: 1000, units: 5, vendor: vendorId });
  const ask = till.askFor(teapot, 2970, { lines: [{ ...teapot, quantity: 2 }] });
  const { orderId } = await till.place(till.newPerson(), ask);
  await till.checkout.pay(await till.orderNow(orderId), await till.token());
  await till.settled();
  const one = { lines: [{ variantId: teapot.variantId, quantity: 1 }] };
  await desk.refund(orderId, all(one));
  await desk.refund(orderId, all(one));
  const { refunds, state } = await till.orderNow(orderId);
  expect(refunds.map(({ amount }) => amount.amount)).toEqual([1100, 1870]);
  expect(state).toBe('refunded');
});

test('[M-O10] what cannot be given back is refused: more money, more units, another currency, twice, and what nobody paid', async () => {
  const sold = await desk.sale({ quantity: 2 });
  const { orderId, variantId } = sold;
  const tooMany = { lines: [{ variantId, quantity: 3 }] };
  expect(await desk.refund(orderId, all({ amount: usd(17_001) }))).toBe('refund-too-large');
  expect(await desk.refund(orderId, all(tooMany))).toBe('more-than-bought');
  expect(await desk.refund(orderId, all({ amount: { amount: 100, currency: 'EUR' } }))).toBe(
    'currency-mismatch',
  );
  const other = 'var_other' as VariantId;
  expect(await desk.refund(orderId, all({ lines: [{ variantId: other, quantity: 1 }] }))).toBe(
    'more-than-bought',
  );
  expect((await till.orderNow(orderId)).refunds).toEqual([]);
  expect(await desk.refund(orderId, all(), 'one-and-the-same-key')).toBe('done');
  expect(await desk.refund(orderId, all(), 'one-and-the-same-key')).toBe('done');
  expect(await desk.refund(orderId, all({ reason: 'another' }), 'one-and-the-same-key')).toBe('key-reused');
  expect(await desk.refund(orderId, all())).toBe('not-refundable');
  expect((await till.orderNow(orderId)).refunds).toHaveLength(1);
  const teapot = await till.sell({ price: 1000 });
  const unpaid = await till.place(till.newPerson(), till.askFor(teapot, 1000));
  expect(await desk.refund(unpaid.orderId, all())).toBe('not-refundable');
});

test('[M-O10] a refund made at the payment service is noted on the order, units stay with the buyer, the shares are booked', async () => {
  const sold = await desk.sale();
  const { paid } = await till.orderNow(sold.orderId);
  await till.sdk.refunds.create({ payment_intent: paid?.intentId ?? '', amount: 2000 });
  await desk.mend();
  expect(await till.orderNow(sold.orderId)).toMatchObject({
    state: 'paid',
    refunds: [{ by: 'payment-service', units: 'keep', state: 'done', amount: usd(2000) }],
  });
  expect(await till.stockOf(sold.variantId)).toMatchObject({ sold: 1 });
  expect(await desk.balanceOf(`order:${sold.orderId}`)).toBe(0);
  expect(await desk.refund(sold.orderId, all({ amount: usd(5001) }))).toBe('refund-too-large');
  expect(await desk.refund(sold.orderId, all())).toBe('done');
  await desk.mend();
  await desk.expectAllBack(sold);
});

test('[M-O10] a refund that the bank sends back can be asked for again, and the books say so', async () => {
  const sold = await desk.sale({ card: 'pm_card_refundFail', after: desk.payOutMade });
  await desk.refund(sold.orderId, all({ amount: usd(1000), units: 'keep' }));
  const [made] = (await till.sdk.refunds.list({ limit: 1 })).data;
  if (made?.status !== 'failed') till.stripe.control.failRefund(made?.id ?? '');
  for (let round = 0; round < 3; round += 1) {
    await desk.mend();
    till.pass(60_000);
  }
  const order = await till.orderNow(sold.orderId);
  expect(order).toMatchObject({ state: 'paid', refunds: [{ state: 'failed' }] });
  expect(await desk.balanceOf(`order:${sold.orderId}`)).toBe(0);
  expect(await desk.balanceOf(`vendor:${sold.vendorId}`)).toBe(0);
  expect(till.receiptsOf(sold.buyer).at(-1)).toMatchObject({ refunded: usd(0) });
  const shown = till.told.findLast(({ t }) => t === 'checkout.desk-order-changed');
  expect(shown).toMatchObject({ d: { refundable: usd(7000) } });
});

test('[M-V7] a dispute shows on the desk until the bank decides, and nothing is refunded meanwhile', async () => {
  const sold = await desk.sale();
  const { paid } = await till.orderNow(sold.orderId);
  till.stripe.control.dispute(paid?.chargeId ?? '');
  await desk.mend();
  const open = await till.orderNow(sold.orderId);
  expect(open).toMatchObject({ state: 'paid', dispute: { state: 'open', amount: usd(7000) } });
  const shown = till.told.findLast(({ t }) => t === 'checkout.desk-order-changed');
  expect(shown).toMatchObject({
    personId: till.seller,
    d: { dispute: { state: 'open' }, refundable: usd(0) },
  });
  expect(await desk.refund(sold.orderId, all())).toBe('not-refundable');
  till.stripe.control.decideDispute(open.dispute?.disputeId ?? '', 'won');
  await desk.mend();
  expect(await till.orderNow(sold.orderId)).toMatchObject({ dispute: { state: 'won' } });
  expect(await desk.refund(sold.orderId, all())).toBe('done');
});

test('[M-V3] a paid order is sent once, with what the vendor says of the parcel; another is refused', async () => {
  const sold = await desk.sale();
  const order = await till.orderNow(sold.orderId);
  expect(await till.checkout.fulfil(order, 'RR 12')).toMatchObject({ ok: true });
  expect(till.receiptsOf(sold.buyer).at(-1)).toMatchObject({ state: 'fulfilled', tracking: 'RR 12' });
  const sent = await till.orderNow(sold.orderId);
  for (const again of [order, sent]) expect(await till.checkout.fulfil(again)).toMatchObject({ ok: false });
  expect(await desk.refund(sold.orderId, all())).toBe('done');
  const back = await till.orderNow(sold.orderId);
  expect(await till.checkout.fulfil(back)).toMatchObject({ refusal: 'order-not-paid' });
});
