import { afterAll, beforeAll, expect, test } from 'vitest';
import { GuestId } from '#contract/ids.ts';
import { openTill, type Till } from '../support/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

const paidOrder = async (personId = till.newPerson()) => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const order = await till.place(personId, till.askFor(teapot, 3000));
  await till.checkout.pay(order, await till.token());
  await till.settled();
  return { teapot, personId, order: await till.orderNow(order.orderId) };
};
const chargesOf = async (orderId: string) =>
  (await till.sdk.charges.list({ transfer_group: orderId })).data.filter(({ paid }) => paid);
const intentsOf = async (orderId: string) =>
  (await till.sdk.paymentIntents.list({ limit: 100 })).data.filter(
    ({ metadata }) => metadata.subjectId === orderId,
  );

test('[S0.12] a paid order is charged its total, its vendor is paid less the fee, and only the payment service makes it paid', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 3000 });
  const order = await till.place(buyer, till.askFor(teapot, 3000));
  till.stripe.setWebhookUrl(undefined);
  const answer = await till.checkout.pay(order, await till.token());
  expect(answer).toMatchObject({ ok: true, value: { status: 'processing', order: { state: 'paying' } } });
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paying' });
  till.stripe.setWebhookUrl(till.webhookUrl);
  await till.payments.reconcile();
  expect(await till.orderNow(order.orderId)).toMatchObject({
    state: 'paid',
    fee: { amount: 150, currency: 'USD' },
  });
  // The payment service dates in whole seconds; a payment is not older than its order for that.
  const { paid, placedAt } = await till.orderNow(order.orderId);
  expect(paid?.at.getTime()).toBeGreaterThanOrEqual(placedAt.getTime());
  expect(await till.payments.sweepTransfers()).toBeGreaterThan(0);
  const { data: transfers } = await till.sdk.transfers.list({ transfer_group: order.orderId });
  expect(transfers).toMatchObject([{ amount: 2850, currency: 'usd' }]);
  const account = await till.sdk.accounts.retrieve(String(transfers[0]?.destination));
  expect(account.metadata).toMatchObject({ vendorId: till.vendorId });
  const legs = (await till.payments.journal.entriesOf(`sale:${order.orderId}`)).flatMap((one) => one.legs);
  expect(legs).toEqual([
    { account: `order:${order.orderId}`, amount: { amount: 3000, currency: 'USD' } },
    { account: `vendor:${till.vendorId}`, amount: { amount: -2850, currency: 'USD' } },
    { account: 'platform:fees', amount: { amount: -150, currency: 'USD' } },
  ]);
});

test('[S0.15] the same webhook three times is one sale, shown to buyer and vendor', async () => {
  const { order, personId, teapot } = await paidOrder();
  const event = till.stripe.events().findLast(({ event: { type, data } }) => {
    const about = data.object as { metadata?: { subjectId?: string } };
    return type === 'payment_intent.succeeded' && about.metadata?.subjectId === order.orderId;
  });
  expect(event).toBeDefined();
  await till.stripe.replayEvent(event?.id ?? '', 3);
  await till.settled();
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 0, held: 0, sold: 1 });
  const after = await till.orderNow(order.orderId);
  expect(after.history.filter(({ state }) => state === 'paid')).toHaveLength(1);
  expect(await till.payments.journal.entriesOf(`sale:${order.orderId}`)).toHaveLength(1);
  expect(till.receiptsOf(personId).at(-1)).toMatchObject({
    state: 'paid',
    totals: { total: { amount: 3000 } },
  });
  const sold = till.told.filter(
    ({ t, d }) => t === 'checkout.sold' && (d as { orderId: string }).orderId === order.orderId,
  );
  expect(sold[0]).toMatchObject({ personId: till.seller, d: { fee: { amount: 150 } } });
  expect(till.timeline.filter(({ id }) => id === `order-paid:${order.orderId}`)).toHaveLength(1);
});

test('[S0.13] the vendor gets what it needs to deliver: item, quantity, price, buyer, address', async () => {
  const teapot = await till.sell({ price: 3000 });
  const delivery = { name: 'W1', street: 'Long Lane 1', city: 'York', postcode: 'YO1', country: 'GB' };
  const ask = till.askFor(teapot, 6000, { delivery, email: 'w1@example.org' });
  const guest = GuestId.parse('gst_w1');
  const order = await till.place(guest, { ...ask, lines: [{ ...teapot, quantity: 2 }] });
  await till.checkout.pay(order, await till.token());
  await till.settled();
  const sold = till.told.findLast(({ t }) => t === 'checkout.sold');
  expect(sold?.d).toMatchObject({
    orderId: order.orderId,
    buyer: 'guest',
    delivery,
    email: 'w1@example.org',
    lines: [{ title: 'Teapot', quantity: 2, unit: { amount: 3000 }, total: { amount: 6000 } }],
  });
});

test('[S0.14] authentication that is passed means paid', async () => {
  const teapot = await till.sell({ price: 3000 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  const answer = await till.checkout.pay(order, await till.token('pm_card_threeDSecure2Required'));
  if (!answer.ok) throw new Error(answer.refusal);
  expect(answer.value.status).toBe('requires-action');
  expect(answer.value.clientSecret).toMatch(/^pi_.+_secret_/);
  const intentId = (await till.orderNow(order.orderId)).paying?.intentId ?? '';
  till.stripe.control.authenticate(intentId, 'complete');
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
});

test('[S0.14] authentication that fails means unpaid with a reason, and another card pays the same order', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const buyer = till.newPerson();
  const order = await till.place(buyer, till.askFor(teapot, 3000));
  await till.checkout.pay(order, await till.token('pm_card_threeDSecure2Required'));
  const intentId = (await till.orderNow(order.orderId)).paying?.intentId ?? '';
  till.stripe.control.authenticate(intentId, 'fail');
  await till.settled();
  const failed = await till.orderNow(order.orderId);
  expect(failed).toMatchObject({
    state: 'held',
    lastFailure: { code: expect.stringMatching(/authenticat/) },
  });
  expect(till.receiptsOf(buyer).at(-1)).toMatchObject({ state: 'held', lastFailure: expect.anything() });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 0, held: 1, sold: 0 });
  await till.checkout.pay(failed, await till.token());
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid', attempts: 2 });
  expect((await till.sdk.paymentIntents.retrieve(intentId)).status).toBe('canceled');
  expect(await chargesOf(order.orderId)).toHaveLength(1);
});

test('an authentication that was left is called off before another card is charged', async () => {
  const teapot = await till.sell({ price: 3000 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  await till.checkout.pay(order, await till.token('pm_card_threeDSecure2Required'));
  const left = await till.orderNow(order.orderId);
  await till.checkout.pay(left, await till.token());
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid', attempts: 2 });
  expect((await intentsOf(order.orderId)).map(({ status }) => status).toSorted()).toEqual([
    'canceled',
    'succeeded',
  ]);
});

test('an authentication that was passed unheard is found before another card is charged', async () => {
  const teapot = await till.sell({ price: 3000 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  await till.checkout.pay(order, await till.token('pm_card_threeDSecure2Required'));
  till.stripe.setWebhookUrl(undefined);
  const left = await till.orderNow(order.orderId);
  till.stripe.control.authenticate(left.paying?.intentId ?? '', 'complete');
  await till.checkout.pay(left, await till.token());
  till.stripe.setWebhookUrl(till.webhookUrl);
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid', attempts: 1 });
  expect(await intentsOf(order.orderId)).toHaveLength(1);
});

test('while an earlier payment is processing no other card is charged', async () => {
  const teapot = await till.sell({ price: 3000 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  const slow = await till.sdk.paymentIntents.create({
    amount: 3000,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_card_paysLate',
    allowed_payment_method_types: ['card'],
    metadata: { purpose: 'order', subjectId: order.orderId, attempt: 0 },
  });
  await till.mongo
    .collection<{ _id: string; openIntents: string[] }>('orders')
    .updateOne({ _id: order.orderId }, { $push: { openIntents: slow.id } });
  const answer = await till.checkout.pay(await till.orderNow(order.orderId), await till.token());
  expect(answer).toMatchObject({ ok: true, value: { status: 'processing' } });
  expect(await intentsOf(order.orderId)).toHaveLength(1);
});

test('a declined card charges nothing, says why, and leaves the hold for another try', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  const answer = await till.checkout.pay(order, await till.token('pm_card_chargeDeclinedInsufficientFunds'));
  expect(answer).toMatchObject({ ok: false, refusal: 'card-declined', detail: 'insufficient_funds' });
  await till.settled();
  const held = await till.orderNow(order.orderId);
  expect(held).toMatchObject({ state: 'held', openIntents: [] });
  await till.checkout.pay(held, await till.token());
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await chargesOf(order.orderId)).toHaveLength(1);
});

test('[S0.16] of two who want the last unit one is told it is taken; after the lapse stock is back and the late payer cannot pay', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const [one, other] = await Promise.all(
    [till.newPerson(), till.newPerson()].map((person, index) =>
      till.checkout.place(person, `key-of-${index}-s016`, till.askFor(teapot, 3000)),
    ),
  );
  const winner = one?.ok ? one.value : other?.ok ? other.value : undefined;
  expect([one, other].filter((placed) => placed?.ok)).toHaveLength(1);
  expect([one, other].find((placed) => !placed?.ok)).toMatchObject({ refusal: 'out-of-stock' });
  if (winner === undefined) throw new Error('nobody got it');
  await till.checkout.pay(winner, await till.token('pm_card_threeDSecure2Required'));
  const intentId = (await till.orderNow(winner.orderId)).paying?.intentId ?? '';
  await till.checkout.sweepHolds();
  await till.checkout.endHold(winner.orderId);
  expect(await till.orderNow(winner.orderId)).toMatchObject({ state: 'paying' });

  till.pass(300_000);
  await till.checkout.sweepHolds();
  const lapsed = await till.orderNow(winner.orderId);
  expect(lapsed).toMatchObject({ state: 'expired' });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 1, held: 0, sold: 0 });
  expect((await till.sdk.paymentIntents.retrieve(intentId)).status).toBe('canceled');
  expect(await till.checkout.pay(lapsed, await till.token())).toMatchObject({
    ok: false,
    refusal: 'hold-ended',
  });
  till.stripe.control.authenticate(intentId, 'complete');
  await till.settled();
  expect(await chargesOf(winner.orderId)).toHaveLength(0);
});

test('[S0.16] stock is not freed while the payment service does not answer, nor while a payment is processing', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  await till.checkout.pay(order, await till.token('pm_card_threeDSecure2Required'));
  till.pass(300_000);
  const intentId = (await till.orderNow(order.orderId)).paying?.intentId;
  till.stripe.addFault({ kind: '500-before', path: `/v1/payment_intents/${intentId}/cancel`, times: 3 });
  await till.checkout.sweepHolds();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'expiring' });
  expect(await till.stockOf(teapot.variantId)).toMatchObject({ available: 0, held: 1 });
  await till.checkout.sweepHolds();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'expired' });

  const slow = await till.sell({ price: 3000, units: 1 });
  const late = await till.place(till.newPerson(), till.askFor(slow, 3000));
  await till.checkout.pay(late, await till.token('pm_card_paysLate'));
  till.pass(300_000);
  await till.checkout.sweepHolds();
  expect(await till.orderNow(late.orderId)).toMatchObject({ state: 'expiring' });
  expect(await till.stockOf(slow.variantId)).toMatchObject({ available: 0, held: 1 });
});

test('[S0.11] a double tap is one order and one charge, and the key cannot be used for another order', async () => {
  const teapot = await till.sell({ price: 3000, units: 5 });
  const buyer = till.newPerson();
  const ask = till.askFor(teapot, 3000);
  const placed = await Promise.all(
    [1, 2, 3].map(() => till.checkout.place(buyer, 'one-and-the-same-key', ask)),
  );
  const ids = placed.map((one) => (one.ok ? one.value.orderId : one.refusal));
  expect(new Set(ids).size).toBe(1);
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 4, held: 1, sold: 0 });
  const other = { ...ask, lines: [{ ...teapot, quantity: 2 }] };
  expect(await till.checkout.place(buyer, 'one-and-the-same-key', other)).toMatchObject({
    refusal: 'key-reused',
  });

  const order = placed[0]?.ok ? placed[0].value : undefined;
  if (order === undefined) throw new Error('not placed');
  const token = await till.token();
  await Promise.all([till.checkout.pay(order, token), till.checkout.pay(order, token)]);
  await till.settled();
  await till.checkout.pay(await till.orderNow(order.orderId), await till.token());
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await chargesOf(order.orderId)).toHaveLength(1);
});

test('[RULE-2] a price of the client changes nothing: another total is told before anything is held', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const placed = await till.checkout.place(till.newPerson(), 'cheap-cheap', till.askFor(teapot, 1));
  expect(placed).toMatchObject({ ok: false, refusal: 'quote-changed' });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 1, held: 0, sold: 0 });
});

test('[S3.9] quote, order, charge and journal show the same price less coupon, and the paid order uses it up', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000 });
  const funders = [
    { funder: 'vendor' as const, basisPoints: 5000 },
    { funder: 'host' as const, basisPoints: 3000 },
    { funder: 'platform' as const, basisPoints: 2000 },
  ];
  const coupon = till.grant(buyer, { off: 7000, funders });
  const quote = await till.checkout.quote(buyer, { ...till.askFor(teapot, 0), coupon });
  expect(quote).toMatchObject({
    ok: true,
    value: { totals: { total: { amount: 3000 } }, coupon: { label: 'Drop' } },
  });
  const order = await till.place(buyer, till.askFor(teapot, 3000, { coupon }));
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'reserved', orderId: order.orderId });
  await till.checkout.pay(order, await till.token());
  await till.settled();
  expect((await chargesOf(order.orderId)).map(({ amount }) => amount)).toEqual([3000]);
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'redeemed' });
  const [sale] = await till.payments.journal.entriesOf(`sale:${order.orderId}`);
  expect(sale?.legs.map(({ account, amount }) => [account, amount.amount])).toEqual([
    [`order:${order.orderId}`, 3000],
    [`vendor:${till.vendorId}`, -(3000 - 150 + 2100 + 1400)],
    ['platform:fees', -150],
    ['platform:discounts', 1400],
    [`host:${till.channelId}`, 2100],
  ]);
  await till.payments.sweepTransfers();
  const { data: transfers } = await till.sdk.transfers.list({ transfer_group: order.orderId });
  expect(transfers.map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([2850, 3500]);
});

test('[S3.20] abandoned, cancelled and declined orders give the coupon back; another person cannot use it', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000 });
  const coupon = till.grant(buyer);
  const ask = till.askFor(teapot, 7000, { coupon });
  expect(await till.checkout.place(till.newPerson(), 'not-my-coupon', ask)).toMatchObject({
    refusal: 'coupon-not-yours',
  });

  const abandoned = await till.place(buyer, ask);
  till.pass(300_000);
  await till.checkout.sweepHolds();
  expect(await till.orderNow(abandoned.orderId)).toMatchObject({ state: 'expired' });
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'granted' });

  const left = await till.place(buyer, ask);
  await till.checkout.pay(left, await till.token('pm_card_chargeDeclined'));
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'reserved' });
  expect(await till.checkout.cancel(await till.orderNow(left.orderId))).toMatchObject({
    ok: true,
    value: { state: 'cancelled' },
  });
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'granted' });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 10, held: 0, sold: 0 });
});

test('[S3.20] a coupon that is taken while it is quoted refuses the order and holds nothing', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000, units: 3 });
  const coupon = till.grant(buyer);
  const ask = till.askFor(teapot, 7000, { coupon });
  const placed = await Promise.all(
    ['first-tab-key', 'second-tab-key', 'third-tab-key'].map((key) => till.checkout.place(buyer, key, ask)),
  );
  expect(placed.filter(({ ok }) => ok)).toHaveLength(1);
  for (const one of placed) if (!one.ok) expect(one.refusal).toBe('coupon-spent');
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 2, held: 1, sold: 0 });
  const again = await till.checkout.place(buyer, 'second-tab-key', ask);
  expect(again).toEqual(placed[1]);
});

test('a card that has had its share of a drop is refused before it is charged', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000 });
  const token = await till.token();
  const { fingerprint } = (await till.payments.previewCard(token)) ?? {};
  const coupon = till.grant(buyer, { cardsUsed: new Set([fingerprint ?? '']) });
  const order = await till.place(buyer, till.askFor(teapot, 7000, { coupon }));
  expect(await till.checkout.pay(order, token)).toMatchObject({ ok: false, refusal: 'payer-cap' });
  expect(await intentsOf(order.orderId)).toHaveLength(0);
  await till.checkout.pay(order, await till.token('pm_card_mastercard'));
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
});

test('[M-V2] nothing is sold for a vendor that cannot be paid yet', async () => {
  const vendor = await till.newVendor({ isPayable: false });
  const teapot = await till.sell({ price: 3000, vendor });
  expect(
    await till.checkout.place(till.newPerson(), 'too-early-key', till.askFor(teapot, 3000)),
  ).toMatchObject({
    refusal: 'vendor-not-payable',
  });
  await till.payments.connectPayout(vendor, '/vendor');
  expect(await till.payments.payoutStatus(vendor)).toMatchObject({
    state: 'incomplete',
    missing: expect.arrayContaining(['external_account']),
  });
  const { data } = await till.sdk.accounts.list({ limit: 100 });
  till.stripe.control.finishOnboarding(data.find(({ metadata }) => metadata?.vendorId === vendor)?.id ?? '');
  await till.settled();
  expect(await till.payments.payoutStatus(vendor)).toMatchObject({ state: 'active', isPayable: true });
  expect(
    await till.checkout.place(till.newPerson(), 'now-it-may-key', till.askFor(teapot, 3000)),
  ).toMatchObject({ ok: true });
});

test('[S0.12] one order buys from one vendor, in one currency', async () => {
  const teapot = await till.sell({ price: 3000 });
  const coat = await till.sell({ price: 3000, vendor: await till.newVendor() });
  const ask = {
    lines: [teapot, coat].map((one) => ({ ...one, quantity: 1 })),
    quotedTotal: { amount: 6000, currency: 'USD' as const },
  };
  expect(await till.checkout.place(till.newPerson(), 'two-vendors', ask)).toMatchObject({
    refusal: 'one-vendor-per-order',
  });
});
