import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, refundDesk, usd } from '../support/refund-desk.ts';
import { openTill, type Till } from '../support/till.ts';

let till: Till;
let desk: ReturnType<typeof refundDesk>;
beforeAll(async () => {
  till = await openTill();
  desk = refundDesk(till);
});
afterAll(() => till[Symbol.asyncDispose]());

test('[M-O10] [I16] of two servers that refund at once neither gives more back than was paid', async () => {
  const second = till.process();
  for (let round = 0; round < 4; round += 1) {
    const sold = await desk.sale({ withCoupon: false });
    const answers = await Promise.all(
      [till, second].flatMap(({ checkout }, server) =>
        [1, 2].map((desk) =>
          checkout.refund(
            sold.orderId,
            `desk-${desk}-of-${server}`,
            all({ amount: usd(6000), units: 'keep' }),
          ),
        ),
      ),
    );
    await desk.mend();
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await desk.keptOf(sold.orderId)).toBe(4000);
    expect(await desk.balanceOf(`order:${sold.orderId}`)).toBe(0);
  }
});

test('[M-O10] one refund asked on two servers under one key is one refund', async () => {
  const sold = await desk.sale();
  const servers = [till, till.process(), till.process()];
  await Promise.all(
    servers.map(({ checkout }) => checkout.refund(sold.orderId, 'the-same-key', all({ amount: usd(1000) }))),
  );
  await desk.mend();
  expect(await desk.keptOf(sold.orderId)).toBe(6000);
  expect((await till.orderNow(sold.orderId)).refunds).toHaveLength(1);
});

test.each([
  'checkout.refund:noted',
  'payments.refund:planned',
  'payments.refund:sent',
  'payments.observe:journal-written',
  'checkout.refunded:decided',
  'checkout.refunded:noted',
  'catalog:noted',
  'checkout.refund:units-back',
  'payments.return:written',
  'checkout.refund:booked',
  'checkout.refund:terms-back',
  'checkout.refund:sent',
  'payments.reversal:sent',
  'payments.reversal:journal-written',
])('[M-O10] [F1] a process killed at %s leaves a refund that the sweeps bring to its end', async (point) => {
  const sold = await desk.sale({ after: desk.payOutMade });
  till.stripe.setWebhookUrl(undefined);
  const victim = desk.dying(point);
  await desk.orDeath(
    (async () => {
      await victim.checkout.refund(sold.orderId, 'a-key-of-the-desk', all());
      await victim.payments.sweepReversals();
    })(),
  );
  till.stripe.setWebhookUrl(till.webhookUrl);
  till.pass(20_000);
  await desk.mend();
  till.pass(20_000);
  await desk.mend();
  await desk.expectAllBack(sold);
  expect((await till.orderNow(sold.orderId)).refunds).toMatchObject([{ state: 'done' }]);
});

test('[M-O10] a refund that the payment service gives no word of is asked until it is made', async () => {
  const sold = await desk.sale();
  till.stripe.addFault({ kind: '500-before', method: 'POST', path: '/v1/refunds', times: 5 });
  expect(await desk.refund(sold.orderId, all())).toBe('done');
  expect(await till.orderNow(sold.orderId)).toMatchObject({ state: 'paid', refunds: [{ state: 'asked' }] });
  expect(till.receiptsOf(sold.buyer).at(-1)).toMatchObject({ refunded: usd(7000) });
  expect(await till.stockOf(sold.variantId)).toMatchObject({ sold: 1 });
  till.stripe.clearFaults();
  till.pass(60_000);
  await desk.mend();
  await desk.mend();
  await desk.expectAllBack(sold);
});

test('[M-O10] [F1] a sale that nobody has settled yet is settled before it is given back', async () => {
  const vendorId = await till.newVendor();
  const buyer = till.newPerson();
  const teapot = await till.sell({ price: 10_000, units: 5, vendor: vendorId });
  const coupon = till.grant(buyer);
  const order = await till.place(buyer, till.askFor(teapot, 7000, { coupon }));
  till.stripe.setWebhookUrl(undefined);
  await till.checkout.pay(order, await till.token());
  const { paying } = await till.orderNow(order.orderId);
  const victim = desk.dying('checkout.settle:terms-committed');
  await desk.orDeath(victim.payments.observePayment(paying?.intentId ?? '', 'victim'));
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await till.stockOf(teapot.variantId)).toMatchObject({ held: 1, sold: 0 });
  expect(await till.checkout.refund(order.orderId, 'a-key-of-the-desk', all())).toMatchObject({ ok: true });
  expect(await till.stockOf(teapot.variantId)).toEqual({ available: 5, held: 0, sold: 0 });
  till.stripe.setWebhookUrl(till.webhookUrl);
  till.pass(3000);
  await desk.mend();
  till.pass(20_000);
  await desk.mend();
  const sold = { orderId: order.orderId, vendorId, buyer, total: 7000, coupon, quantity: 1, ...teapot };
  await desk.expectAllBack(sold);
});
