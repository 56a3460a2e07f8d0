import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery, PlaceOrder, QuoteAsk } from '#contract/checkout.ts';
import type { OrderId, VendorId } from '#contract/ids.ts';
import { openTill, type Till } from '../support/till.ts';
import { faultsOf } from '../support/till-faults.ts';

let till: Till;
let faults: ReturnType<typeof faultsOf>;
beforeAll(async () => {
  till = await openTill();
  faults = faultsOf(till);
});
afterAll(() => till[Symbol.asyncDispose]());

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const fresh = () => `key-${crypto.randomUUID()}`;
const york: Delivery = { name: 'V1', street: 'Long Lane 1', city: 'York', postcode: 'YO1', country: 'GB' };

const shopOf = async (more: Parameters<Till['setTerms']>[1]) => {
  const vendorId = await till.newVendor();
  await till.setTerms(vendorId, more);
  return { vendorId, goods: await till.sell({ price: 1000, units: 99, vendor: vendorId }) };
};
const askOf = (goods: { productId: never; variantId: never }, more: Partial<PlaceOrder> = {}) => ({
  lines: [{ ...goods, quantity: 1 }],
  ...more,
});
const quoteOf = async (goods: object, more: Partial<QuoteAsk> = {}) =>
  till.checkout.quote(till.newPerson(), askOf(goods as never, more));
const place = async (goods: object, total: number, more: Partial<PlaceOrder> = {}) =>
  till.checkout.place(till.newPerson(), fresh(), {
    ...askOf(goods as never, more),
    quotedTotal: usd(total),
  });

test('[M-O12] a quote names the seller and its terms; the order keeps them as they were when it was sold', async () => {
  const seller = {
    legalName: 'Aki Teaware Ltd',
    legalAddress: '1 Kiln Road',
    contactEmail: 'aki@example.org',
    taxNumber: 'GB 123',
    conditions: 'Thirty days to return',
    dispatchDays: 2,
  };
  const { vendorId, goods } = await shopOf({ ...seller, stockPolicy: 'first-paid' });
  expect(await quoteOf(goods)).toMatchObject({
    value: {
      seller,
      vendorName: 'Vendor',
      stockPolicy: 'first-paid',
      needsDelivery: false,
      isTotalFinal: true,
    },
  });
  const buyer = till.newPerson();
  const order = await till.place(buyer, { ...askOf(goods as never), quotedTotal: usd(1000) });
  await till.setTerms(vendorId, { conditions: 'None at all', legalName: 'Somebody else' });
  await till.checkout.pay(order, await till.token());
  await till.settled();
  expect(till.receiptsOf(buyer).at(-1)?.seller).toEqual(seller);
});

test('a vendor who gave no legal name is named as everybody knows it', async () => {
  const { goods } = await shopOf({});
  expect(await quoteOf(goods)).toMatchObject({ value: { seller: { legalName: 'Vendor' } } });
});

test('[RULE-2] shipping and tax go by where it is sent: shown, charged, and told before anything is held', async () => {
  const { goods } = await shopOf({
    needsDelivery: true,
    shipping: [
      {
        kind: 'table',
        zones: [
          { countries: ['GB'], rate: usd(300) },
          { countries: ['US'], rate: usd(900) },
        ],
      },
    ],
    tax: { kind: 'table', zones: [{ countries: ['GB'], basisPoints: 2000 }], isIncluded: false },
  });
  expect(await quoteOf(goods)).toMatchObject({
    value: { isTotalFinal: false, needsDelivery: true, totals: { total: usd(1000) } },
  });
  expect(await quoteOf(goods, { destination: { country: 'GB' } })).toMatchObject({
    value: { isTotalFinal: true, totals: { shipping: usd(300), tax: usd(260), total: usd(1560) } },
  });
  expect(await quoteOf(goods, { destination: { country: 'FR' } })).toMatchObject({
    refusal: 'not-shipped-there',
  });
  expect(await place(goods, 1000)).toMatchObject({ refusal: 'address-required' });
  expect(await place(goods, 1560, { destination: { country: 'GB' } })).toMatchObject({
    refusal: 'address-required',
  });
  expect(await place(goods, 1000, { delivery: york })).toMatchObject({ refusal: 'quote-changed' });
  const abroad = { ...york, country: 'FR' };
  expect(await place(goods, 1560, { delivery: abroad })).toMatchObject({ refusal: 'not-shipped-there' });
  // The address decides, whatever else is said of the destination.
  const misled = { delivery: york, destination: { country: 'US' } };
  expect(await place(goods, 1900, misled)).toMatchObject({ refusal: 'quote-changed' });
  const placed = await place(goods, 1560, { delivery: york });
  if (!placed.ok) throw new Error(placed.refusal);
  await till.checkout.pay(placed.value, await till.token());
  await till.settled();
  const charge = (await till.sdk.charges.list({ transfer_group: placed.value.orderId })).data[0];
  expect(charge?.amount).toBe(1560);
  expect(await till.orderNow(placed.value.orderId)).toMatchObject({ fee: usd(50), state: 'paid' });
  expect(await till.stockOf(goods.variantId)).toMatchObject({ held: 0, sold: 1 });
});

test('a total that depends on the region asks for an address with one', async () => {
  const { goods } = await shopOf({
    shipping: [],
    tax: {
      kind: 'table',
      zones: [{ countries: ['US'], regions: ['CA'], basisPoints: 700 }],
      isIncluded: false,
    },
  });
  const noRegion = { ...york, country: 'US' };
  expect(await place(goods, 1000, { delivery: noRegion })).toMatchObject({
    refusal: 'address-required',
    detail: 'region',
  });
  expect(await place(goods, 1070, { delivery: { ...noRegion, region: 'CA' } })).toMatchObject({ ok: true });
});

test('a variant that is sold no more is refused, and its sibling is not; a line names its variant', async () => {
  const { goods } = await shopOf({});
  const big = await till.addVariant(goods.productId, 'Big', 1000);
  const placed = await place({ ...goods, variantId: big }, 1000);
  expect(placed).toMatchObject({ value: { lines: [{ title: 'Teapot', variantTitle: 'Big' }] } });
  await till.retireVariant(goods.productId, big);
  expect(await place({ ...goods, variantId: big }, 1000)).toMatchObject({ refusal: 'product-retired' });
  expect(await quoteOf({ ...goods, variantId: big })).toMatchObject({ refusal: 'product-retired' });
  expect(await place(goods, 1000)).toMatchObject({ ok: true });
});

test('[B10] a total beyond what one order may come to is refused, not charged', async () => {
  const vendorId = await till.newVendor();
  const dear = await till.sell({ price: 99_999_999, units: 99, vendor: vendorId });
  const lines = [{ ...dear, quantity: 2 }];
  expect(await till.checkout.quote(till.newPerson(), { lines })).toMatchObject({
    refusal: 'invalid-request',
  });
});

test('[B10] a total that no card can pay is refused at quote and order, and nothing is held', async () => {
  const { goods } = await shopOf({});
  const buyer = till.newPerson();
  for (const total of [0, 1, 49]) {
    const coupon = till.grant(buyer, { off: 1000 - total });
    const ask = askOf(goods as never, { coupon });
    const refused = { ok: false, refusal: 'total-too-small' };
    expect(await till.checkout.quote(buyer, ask)).toEqual(refused);
    expect(await till.checkout.place(buyer, fresh(), { ...ask, quotedTotal: usd(total) })).toEqual(refused);
    expect(await till.stockOf(goods.variantId)).toEqual({ available: 99, held: 0, sold: 0 });
    expect(till.coupons.get(coupon)).toMatchObject({ state: 'granted' });
  }
  const coupon = till.grant(buyer, { off: 950 });
  const ask = askOf(goods as never, { coupon });
  expect(await till.checkout.quote(buyer, ask)).toMatchObject({ value: { totals: { total: usd(50) } } });
  const order = await till.place(buyer, { ...ask, quotedTotal: usd(50) });
  await till.checkout.pay(order, await till.token());
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid', totals: { total: usd(50) } });
});

test('a total that shipping has yet to join is quoted however small, and sold when it has grown', async () => {
  const { vendorId } = await shopOf({
    needsDelivery: true,
    shipping: [{ kind: 'table', zones: [{ countries: ['GB'], rate: usd(300) }] }],
  });
  const pin = await till.sell({ price: 30, vendor: vendorId });
  expect(await quoteOf(pin)).toMatchObject({ value: { isTotalFinal: false, totals: { total: usd(30) } } });
  expect(await place(pin, 330, { delivery: york })).toMatchObject({ ok: true });
});

const paidAtOnce = async (vendorId: VendorId, many: number): Promise<OrderId[]> => {
  const goods = await till.sell({ price: 1000, units: 99, vendor: vendorId });
  const ids: OrderId[] = [];
  for (let index = 0; index < many; index += 1) {
    const placed = await place(goods, 1000);
    if (!placed.ok) throw new Error(placed.refusal);
    await till.checkout.pay(placed.value, await till.token());
    ids.push(placed.value.orderId);
  }
  return ids;
};

test('[M-O12] of 50 orders paid at once, with processes dying, each gets one number of its vendor’s series without a gap', async () => {
  const vendorId = await till.newVendor();
  till.stripe.setWebhookUrl(undefined);
  const ids = await paidAtOnce(vendorId, 50);
  const points = ['checkout.invoice:read', 'checkout.invoice:given', 'checkout.paid:moved'];
  await Promise.all(
    ids.map(async (orderId, index) => {
      const { paying } = await till.orderNow(orderId);
      const point = points[index % 5];
      const { payments } = point === undefined ? till : faults.dying(point);
      await faults.orDeath(payments.observePayment(paying?.intentId ?? '', 'race'));
    }),
  );
  till.stripe.setWebhookUrl(till.webhookUrl);
  till.pass(3000);
  await till.outbox.sweep();
  const numbers = await Promise.all(ids.map(async (id) => (await till.orderNow(id)).invoiceNumber ?? 0));
  expect(numbers.toSorted((one, other) => one - other)).toEqual(ids.map((_, index) => index + 1));
  const [next = ''] = await paidAtOnce(vendorId, 1);
  await till.settled();
  expect(await till.orderNow(next as OrderId)).toMatchObject({ invoiceNumber: 51 });
  expect(till.told.findLast(({ t }) => t === 'checkout.sold')).toMatchObject({ d: { invoiceNumber: 51 } });
});

test('[M-O12] each vendor has a series of its own, and what is not paid has no number', async () => {
  const [one, other] = [await till.newVendor(), await till.newVendor()];
  const ids = [...(await paidAtOnce(one, 2)), ...(await paidAtOnce(other, 1))];
  await till.settled();
  const numbers = await Promise.all(ids.map(async (id) => (await till.orderNow(id)).invoiceNumber));
  expect(numbers.toSorted()).toEqual([1, 1, 2]);
  const goods = await till.sell({ price: 1000, vendor: one });
  const placed = await place(goods, 1000);
  expect(placed.ok && placed.value.invoiceNumber).toBeUndefined();
});

/** An order whose money the bank holds. */
const authorised = async () => {
  const goods = await till.sell({ price: 1000, units: 1 });
  const ask = { ...askOf(goods as never), quotedTotal: usd(1000) };
  const placed = await till.checkout.place(till.newPerson(), fresh(), ask, { capture: 'later' });
  if (!placed.ok) throw new Error(placed.refusal);
  await till.checkout.pay(placed.value, await till.token());
  await till.settled();
  return { orderId: placed.value.orderId, variantId: goods.variantId };
};

test('[M-O9] money held by the bank makes an order authorised; captured it is paid, once', async () => {
  const { orderId, variantId } = await authorised();
  expect(await till.orderNow(orderId)).toMatchObject({ state: 'authorised' });
  expect(await till.stockOf(variantId)).toEqual({ available: 0, held: 1, sold: 0 });
  expect(await till.checkout.capture(orderId)).toMatchObject({ ok: true });
  await till.settled();
  expect(await till.orderNow(orderId)).toMatchObject({ state: 'paid', invoiceNumber: expect.any(Number) });
  expect(await till.checkout.capture(orderId)).toMatchObject({ ok: true });
  expect(await till.stockOf(variantId)).toEqual({ available: 0, held: 0, sold: 1 });
  expect((await till.sdk.charges.list({ transfer_group: orderId })).data).toMatchObject([
    { amount_captured: 1000 },
  ]);
});

test('[S0.16] an authorised order whose hold ends is called off at the payment service before its stock is freed', async () => {
  const { orderId, variantId } = await authorised();
  const [intentId = ''] = (await till.orderNow(orderId)).openIntents;
  till.pass(300_000);
  till.stripe.addFault({ kind: '500-before', path: `/v1/payment_intents/${intentId}/cancel`, times: 3 });
  await till.checkout.sweepHolds();
  expect(await till.stockOf(variantId)).toMatchObject({ held: 1 });
  till.stripe.clearFaults();
  await till.checkout.sweepHolds();
  expect(await till.orderNow(orderId)).toMatchObject({ state: 'expired' });
  expect((await till.sdk.paymentIntents.retrieve(intentId)).status).toBe('canceled');
  expect(await till.stockOf(variantId)).toEqual({ available: 1, held: 0, sold: 0 });
  expect(await till.checkout.capture(orderId)).toMatchObject({ refusal: 'order-not-payable' });
});

test('[M-O9] a capture that races the end of the hold is a sale or nothing', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { orderId, variantId } = await authorised();
    till.pass(300_000);
    await Promise.all([till.checkout.capture(orderId), till.process().checkout.endHold(orderId)]);
    await faults.mend();
    const isPaid = (await till.orderNow(orderId)).state === 'paid';
    expect(await till.stockOf(variantId)).toEqual(
      isPaid ? { available: 0, held: 0, sold: 1 } : { available: 1, held: 0, sold: 0 },
    );
    expect(await faults.keptOf(orderId)).toBe(isPaid ? 1000 : 0);
  }
});
