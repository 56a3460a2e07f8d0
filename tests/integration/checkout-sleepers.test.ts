import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderId } from '#contract/ids.ts';
import { Death, openTill, type Till } from '../support/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

/** A process that sleeps the first time it passes a point. */
const sleeping = (point: string) => {
  const asleep = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  const { checkout } = till.process(async (name) => {
    if (name !== point) return;
    asleep.resolve();
    await woken.promise;
  });
  return { checkout, asleep: asleep.promise, wake: () => woken.resolve() };
};

test('[M-O9] a process that slept while its order was sold and refunded takes neither unit nor coupon', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000, units: 5 });
  const coupon = till.grant(buyer);
  const ask = till.askFor(teapot, 7000, { coupon });
  const sleeper = sleeping('checkout.place:stock-held');
  const late = sleeper.checkout.place(buyer, 'sleepy-key', ask);
  await sleeper.asleep;

  // The browser asks again; another process places, sells and gives all money back.
  const order = await till.place(buyer, ask, 'sleepy-key');
  await till.checkout.pay(order, await till.token());
  await till.settled();
  const { openIntents, paid } = await till.orderNow(order.orderId);
  await till.sdk.refunds.create({ payment_intent: paid?.intentId ?? openIntents[0] ?? '' });
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'refunded' });
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'granted' });

  sleeper.wake();
  await late;
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'granted', orderId: undefined });
  expect(await till.stockOf(teapot.variantId)).toMatchObject({ held: 0 });
});

test('[M-O9] a process that slept while its order was refused and ended holds nothing for it', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const other = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  const buyer = till.newPerson();
  const ask = till.askFor(teapot, 3000);
  const sleeper = sleeping('checkout.place:stored');
  const late = sleeper.checkout.place(buyer, 'sleepy-key', ask);
  await sleeper.asleep;
  expect(await till.checkout.place(buyer, 'sleepy-key', ask)).toMatchObject({ refusal: 'out-of-stock' });
  await till.checkout.cancel(other);

  sleeper.wake();
  expect(await late).toMatchObject({ ok: false });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 1, held: 0, sold: 0 });
});

test('[M-O9] money that comes while a dead process has freed the stock and not ended the order waits for the end', async () => {
  const teapot = await till.sell({ price: 3000, units: 1 });
  const order = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  till.pass(300_000);
  let isDead = false;
  const victim = till.process((name) => {
    isDead ||= name === 'checkout.end:stock-freed';
    if (isDead) throw new Death(name);
  });
  await victim.checkout.endHold(order.orderId).catch(() => {});
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'expiring' });
  // The one unit goes to somebody else, and then the first one's money is there.
  const other = await till.place(till.newPerson(), till.askFor(teapot, 3000));
  till.stripe.setWebhookUrl(undefined);
  const intentId = await payBehindOurBack(order.orderId, 3000);
  till.stripe.setWebhookUrl(till.webhookUrl);
  await expect(till.payments.observePayment(intentId, 'too early')).rejects.toThrow('is expiring');
  await till.checkout.sweepHolds();
  await till.payments.observePayment(intentId, 'again');
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'refunded' });
  expect(await till.orderNow(other.orderId)).toMatchObject({ state: 'held' });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 0, held: 1, sold: 0 });
});

test('[M-O9] a process that slept while it ended an order leaves the coupon of its late sale alone', async () => {
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000, units: 5 });
  const coupon = till.grant(buyer);
  const order = await till.place(buyer, till.askFor(teapot, 7000, { coupon }));
  till.pass(300_000);
  const sleeper = sleeping('checkout.end:stock-freed');
  const late = sleeper.checkout.endHold(order.orderId);
  await sleeper.asleep;
  await till.checkout.sweepHolds();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'expired' });
  await payBehindOurBack(order.orderId, 7000);
  await till.settled();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });

  sleeper.wake();
  await late;
  expect(till.coupons.get(coupon)).toMatchObject({ state: 'redeemed', orderId: order.orderId });
});

async function payBehindOurBack(orderId: OrderId, amount: number): Promise<string> {
  const { id } = await till.sdk.paymentIntents.create({
    amount,
    currency: 'usd',
    confirm: true,
    confirmation_token: await till.token(),
    allowed_payment_method_types: ['card'],
    transfer_group: orderId,
    metadata: { purpose: 'order', subjectId: orderId, attempt: '9' },
  });
  return id;
}
