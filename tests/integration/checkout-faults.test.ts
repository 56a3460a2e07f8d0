import { afterAll, beforeAll, expect, test } from 'vitest';
import { OrderId, type VariantId } from '#contract/ids.ts';
import { Death, openTill, type Till } from '../support/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

const chargesOf = async (orderId: string) =>
  (await till.sdk.charges.list({ transfer_group: orderId })).data.filter(({ paid }) => paid);
const keptOf = async (orderId: string): Promise<number> =>
  (await chargesOf(orderId)).reduce((sum, { amount, amount_refunded: back }) => sum + amount - back, 0);
const passageOf = async (orderId: OrderId): Promise<number> =>
  (await till.payments.journal.balances()).find(({ account }) => account === `order:${orderId}`)?.amount
    .amount ?? 0;

/** Everything that workers do, over what is left. */
const mend = async (): Promise<void> => {
  await till.settled();
  await till.catalog.sweep();
  await till.payments.sweepInbox();
  await till.payments.reconcile(new Date(0));
  await till.checkout.sweepHolds();
  await till.outbox.sweep();
  await till.payments.sweepRefunds();
  await till.payments.sweepTransfers();
  await till.settled();
};

/** A sale is whole, or nothing of it is left: stock, coupon, money and journal say the same. */
const expectWhole = async (orderId: OrderId, variantId: VariantId, total: number, coupon?: string) => {
  const order = await till.orderNow(orderId);
  const isSold = order.state === 'paid';
  expect(['paid', 'expired', 'cancelled', 'refunded']).toContain(order.state);
  expect(await till.stockOf(variantId)).toEqual(
    isSold ? { available: 4, held: 0, sold: 1 } : { available: 5, held: 0, sold: 0 },
  );
  expect(await keptOf(orderId)).toBe(isSold ? total : 0);
  expect(await passageOf(orderId)).toBe(0);
  if (coupon) expect(till.coupons.get(coupon)?.state).toBe(isSold ? 'redeemed' : 'granted');
  const { data: transfers } = await till.sdk.transfers.list({ transfer_group: orderId });
  expect(transfers).toHaveLength(isSold ? 1 : 0);
  return order;
};

/** A process that dies the first time it passes a point, and what it did until then. */
const dying = (point: string) => {
  let isDead = false;
  return till.process((name) => {
    if (name === point || isDead) {
      isDead = true;
      throw new Death(name);
    }
  });
};
const orDeath = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((fault: unknown) => {
    if (!(fault instanceof Death)) throw fault;
  });

const points = [
  'checkout.place:stored',
  'checkout.place:stock-held',
  'checkout.place:terms-reserved',
  'checkout.place:held',
  'checkout.pay:fenced',
  'payments.pay:intent-created',
  'checkout.pay:sent',
  'checkout.pay:intent-noted',
  'payments.observe:journal-written',
  'checkout.paid:decided',
  'checkout.paid:moved',
  'checkout.settle:terms-committed',
  'checkout.settle:stock-sold',
  'payments.transfer:sale-written',
  'checkout.settle:transfer-planned',
  'payments.observe:outcome-told',
  'payments.transfer:sent',
  'payments.transfer:journal-written',
];

test.each(points)(
  '[M-O11] a process killed at %s leaves a purchase that its buyer and the sweeps bring to one end',
  async (point) => {
    const buyer = till.newPerson();
    const teapot = await till.sell({ price: 10_000, units: 5 });
    const coupon = till.grant(buyer);
    const ask = till.askFor(teapot, 7000, { coupon });
    const token = await till.token();
    const key = `key-${point.replaceAll(/[.:]/g, '-')}`;
    const victim = dying(point);
    till.stripe.setWebhookUrl(undefined);
    await orDeath(
      (async () => {
        const placed = await victim.checkout.place(buyer, key, ask);
        if (!placed.ok) throw new Error(placed.refusal);
        await victim.checkout.pay(placed.value, token);
        const intentId = (await till.orderNow(placed.value.orderId)).openIntents[0] ?? '';
        await victim.payments.observePayment(intentId, 'victim');
        await victim.payments.sweepTransfers();
      })(),
    );
    till.stripe.setWebhookUrl(till.webhookUrl);

    // The browser sends what it had no answer to once more.
    const placed = await till.checkout.place(buyer, key, ask);
    if (!placed.ok) throw new Error(placed.refusal);
    const { orderId } = placed.value;
    await till.checkout.pay(await till.orderNow(orderId), token);
    till.pass(3000);
    await mend();
    expect((await expectWhole(orderId, teapot.variantId, 7000, coupon)).state).toBe('paid');
    expect(await chargesOf(orderId)).toHaveLength(1);
  },
);

test.each([
  'checkout.place:stored',
  'checkout.place:stock-held',
  'checkout.place:held',
  'checkout.pay:fenced',
  'payments.pay:intent-created',
  'checkout.end:fenced',
  'checkout.end:payment-cancelled',
  'checkout.end:stock-freed',
  'checkout.end:terms-freed',
])('[S0.16] a process killed at %s and a buyer who never returns leave nothing held', async (point) => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000, units: 5 });
  const coupon = till.grant(buyer);
  const victim = dying(point);
  const token = await till.token('pm_card_threeDSecure2Required');
  await orDeath(
    (async () => {
      const placed = await victim.checkout.place(
        buyer,
        'never-returns',
        till.askFor(teapot, 7000, { coupon }),
      );
      if (!placed.ok) throw new Error(placed.refusal);
      await victim.checkout.pay(placed.value, token);
      till.pass(300_000);
      await victim.checkout.endHold(placed.value.orderId);
    })(),
  );
  const [row] = await till.mongo.collection('orders').find({ personId: buyer }).toArray();
  const orderId = OrderId.parse(row?._id);
  till.pass(360_000);
  await mend();
  await mend();
  const order = await expectWhole(orderId, teapot.variantId, 7000, coupon);
  expect(order.state).not.toBe('paid');
  for await (const { metadata, status } of till.sdk.paymentIntents.list({ limit: 100 }))
    if (metadata.subjectId === orderId) expect(status).toBe('canceled');
});

test('[M-O9] money after the lapse buys the unit if it is still there', async () => {
  const teapot = await till.sell({ price: 3000, units: 5 });
  const buyer = till.newPerson();
  const order = await till.place(buyer, till.askFor(teapot, 3000));
  till.pass(300_000);
  await till.checkout.sweepHolds();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'expired' });
  await payBehindOurBack(order.orderId, 3000);
  await till.settled();
  await mend();
  await expectWhole(order.orderId, teapot.variantId, 3000);
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  expect(till.receiptsOf(buyer).at(-1)).toMatchObject({ state: 'paid' });
});

test.each(['none', 'checkout.late:refused', 'payments.observe:refund-planned', 'payments.refund:sent'])(
  '[M-O9] money after the lapse goes back in full, with a notice, when the unit is gone (killed at: %s)',
  async (point) => {
    const teapot = await till.sell({ price: 3000, units: 1 });
    const buyer = till.newPerson();
    const order = await till.place(buyer, till.askFor(teapot, 3000));
    till.pass(300_000);
    await till.checkout.sweepHolds();
    const other = await till.place(till.newPerson(), till.askFor(teapot, 3000));
    till.stripe.setWebhookUrl(undefined);
    const intentId = await payBehindOurBack(order.orderId, 3000);
    await orDeath(dying(point).payments.observePayment(intentId, 'late'));
    till.stripe.setWebhookUrl(till.webhookUrl);
    // Stock that comes back between decision and refund changes the decision no more.
    if (point !== 'none') await till.checkout.cancel(other);
    await mend();
    expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'refunded' });
    expect(await keptOf(order.orderId)).toBe(0);
    expect(await passageOf(order.orderId)).toBe(0);
    expect(await till.stockOf(teapot.variantId)).toMatchObject({ sold: 0, held: point === 'none' ? 1 : 0 });
    const notice = till.receiptsOf(buyer).at(-1);
    expect(notice).toMatchObject({ state: 'refunded' });
    expect(notice?.history.at(-1)).toMatchObject({ cause: 'late-payment-refunded' });
  },
);

test('a second payment of a paid order goes back, and so does one of another amount', async () => {
  const teapot = await till.sell({ price: 3000, units: 5 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  await till.checkout.pay(order, await till.token());
  await till.settled();
  await payBehindOurBack(order.orderId, 3000);
  await till.settled();
  await mend();
  await expectWhole(order.orderId, teapot.variantId, 3000);
  const cheap = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  await payBehindOurBack(cheap.orderId, 50);
  await mend();
  expect(await till.orderNow(cheap.orderId)).toMatchObject({ state: 'held' });
  expect(await keptOf(cheap.orderId)).toBe(0);
});

test.each([
  ['no answer after the charge', { kind: 'timeout-after', ms: 1 }],
  ['a reset in the middle of the answer', { kind: 'reset-mid-body' }],
  ['too many requests', { kind: '429' }],
  ['an error before the charge', { kind: '500-before' }],
  ['an error after the charge, given again for ever', { kind: '500-after' }],
] as const)('%s never charges an order twice, and leaves none without an end', async (_words, fault) => {
  const teapot = await till.sell({ price: 3000, units: 5 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  till.stripe.addFault({ ...fault, method: 'POST', path: '/v1/payment_intents', times: 3 });
  const token = await till.token();
  await till.checkout.pay(order, token).catch(() => {});
  till.stripe.clearFaults();
  await till.checkout.pay(await till.orderNow(order.orderId), token);
  till.pass(20_000);
  await mend();
  const after = await till.orderNow(order.orderId);
  if (after.state !== 'paid') {
    await till.checkout.pay(after, await till.token());
    await mend();
  }
  expect((await expectWhole(order.orderId, teapot.variantId, 3000)).state).toBe('paid');
  expect(await chargesOf(order.orderId)).toHaveLength(1);
});

test('a try that got no answer is repeated under its own key, and the payer hears of no decline', async () => {
  const teapot = await till.sell({ price: 3000, units: 5 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  till.stripe.setWebhookUrl(undefined);
  till.stripe.addFault({
    kind: 'timeout-after',
    ms: 1,
    method: 'POST',
    path: '/v1/payment_intents',
    times: 3,
  });
  const token = await till.token();
  const first = await till.checkout.pay(order, token);
  expect(first).toMatchObject({ ok: false, refusal: 'payment-service-down' });
  const again = await till.checkout.pay(await till.orderNow(order.orderId), token);
  expect(again).toMatchObject({ ok: true, value: { status: 'processing', order: { state: 'paying' } } });
  till.stripe.setWebhookUrl(till.webhookUrl);
  await mend();
  const after = await expectWhole(order.orderId, teapot.variantId, 3000);
  expect(after).toMatchObject({ state: 'paid', attempts: 1 });
  expect(after.lastFailure).toBeUndefined();
  const keys = till.stripe
    .events()
    .filter(({ event: { type, data } }) => {
      const { metadata } = data.object as { metadata?: { subjectId?: string } };
      return type === 'payment_intent.created' && metadata?.subjectId === order.orderId;
    })
    .map(({ event }) => event.request?.idempotency_key);
  expect(keys).toEqual([`order:${order.orderId}:pay:1`]);
});

test('[M-O9] two processes that judge one late payment differently come to one end', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  till.pass(300_000);
  await till.checkout.sweepHolds();
  const other = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  till.stripe.setWebhookUrl(undefined);
  const intentId = await payBehindOurBack(order.orderId, 3000);
  const gateAt = (...points: string[]) => {
    const gates = points.map((point) => ({
      point,
      reached: Promise.withResolvers<void>(),
      opened: Promise.withResolvers<void>(),
    }));
    const { payments } = till.process((name) => {
      const gate = gates.find(({ point }) => point === name);
      gate?.reached.resolve();
      return gate?.opened.promise;
    });
    const done = payments.observePayment(intentId, 'late');
    const pass = (point: string) => gates.find((gate) => gate.point === point)?.opened.resolve();
    const at = (point: string) => gates.find((gate) => gate.point === point)?.reached.promise;
    return { at, pass, done };
  };
  const judged = 'checkout.late:held-again';
  const refused = 'checkout.late:refused';
  const refusing = gateAt(judged, refused);
  await refusing.at(judged);
  await till.checkout.cancel(other);
  const reviving = gateAt(judged);
  await reviving.at(judged);
  refusing.pass(judged);
  await refusing.at(refused);
  reviving.pass(judged);
  await reviving.done;
  refusing.pass(refused);
  await refusing.done;
  till.stripe.setWebhookUrl(till.webhookUrl);
  await mend();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'refunded', refusedIntents: [intentId] });
  expect(await keptOf(order.orderId)).toBe(0);
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 1, held: 0, sold: 0 });
});

async function payBehindOurBack(orderId: OrderId, amount: number): Promise<string> {
  const intent = await till.sdk.paymentIntents.create({
    amount,
    currency: 'usd',
    confirm: true,
    confirmation_token: await till.token(),
    allowed_payment_method_types: ['card'],
    transfer_group: orderId,
    metadata: { purpose: 'order', subjectId: orderId, attempt: 9 },
  });
  return intent.id;
}
