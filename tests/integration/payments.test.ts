import fc from 'fast-check';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderId } from '#contract/ids.ts';
import { verifyLedger } from '../../scripts/verify/ledger.ts';
import { mongoRecord } from '../../scripts/verify/record.ts';
import { listService } from '../../scripts/verify/service-list.ts';
import { openTill, type Till } from '../support/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

const post = async (body: string, signature?: string): Promise<number> =>
  (
    await fetch(till.webhookUrl, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(signature === undefined ? {} : { 'stripe-signature': signature }),
      },
    })
  ).status;
const sign = (payload: string, { secret = till.webhookSecret, ageS = 0 } = {}): string =>
  new Stripe('sk_test_signer').webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp: Math.floor(Date.now() / 1000) - ageS,
  });
const event = (id: string, more: object = {}): string =>
  JSON.stringify({
    id,
    object: 'event',
    type: 'payment_intent.succeeded',
    livemode: false,
    created: Math.floor(Date.now() / 1000),
    data: { object: { id: 'pi_unknown', object: 'payment_intent' } },
    ...more,
  });
const held = async () => {
  const teapot = await till.sell({ price: 3000 });
  return till.place(till.newPerson(), till.askFor(teapot, 3000));
};
const sumOf = async (account: string): Promise<number> =>
  (await till.payments.journal.balances()).find((one) => one.account === account)?.amount.amount ?? 0;

/** What the payment service holds for us by its own list, fees of its own and test money left out. */
const countedByService = async (): Promise<number> => {
  let sum = 0;
  for await (const { type, amount } of till.sdk.balanceTransactions.list({ limit: 100 }))
    if (type !== 'topup') sum += amount;
  return sum;
};

test('[M-O8] a wrong, an old, a missing signature and a changed byte are answered 400, and nothing is stored', async () => {
  const body = event('evt_forged');
  expect(await post(body)).toBe(400);
  expect(await post(body, 'nonsense')).toBe(400);
  expect(await post(body, sign(body, { secret: 'whsec_other' }))).toBe(400);
  expect(await post(body, sign(body, { ageS: 301 }))).toBe(400);
  expect(await post(`${body} `, sign(body))).toBe(400);
  expect(
    await post(event('evt_forged', { livemode: true }), sign(event('evt_forged', { livemode: true }))),
  ).toBe(400);
  expect(await till.mongo.collection('payment_events').countDocuments({})).toBe(
    await till.mongo.collection('payment_events').countDocuments({ isLive: false }),
  );
  const stored = await till.mongo
    .collection<{ _id: string }>('payment_events')
    .findOne({ _id: 'evt_forged' });
  expect(stored).toBeNull();
});

test('[M-O8] a signed event is stored once by its id and answered, however often it comes', async () => {
  const body = event('evt_twice');
  expect([await post(body, sign(body)), await post(body, sign(body))]).toEqual([200, 200]);
  expect(
    await till.mongo.collection<{ _id: string }>('payment_events').countDocuments({ _id: 'evt_twice' }),
  ).toBe(1);
});

test('[M-O8] events that no worker was woken for are found by the sweep', async () => {
  const order = await held();
  till.holdJobs(true);
  await till.checkout.pay(order, await till.token());
  await till.settled();
  till.holdJobs(false);
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paying' });
  till.pass(6000);
  expect(await till.payments.sweepInbox()).toBeGreaterThan(0);
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await till.payments.sweepInbox()).toBe(0);
});

test('[M-O8] [RULE-3] a server that was down for 20 payments finds them all, and its ledger equals the payment service', async () => {
  const orders = [];
  for (let index = 0; index < 20; index += 1) orders.push(await held());
  await till.settled();
  till.stripe.addFault({ kind: 'webhook-lost', type: '*', times: 10_000 });
  for (const order of orders) await till.checkout.pay(order, await till.token());
  await till.settled();
  till.stripe.clearFaults();
  expect((await till.orderNow(orders[0]?.orderId as OrderId)).state).toBe('paying');
  const found = await till.payments.reconcile(new Date(0));
  expect(found.events).toBeGreaterThanOrEqual(20);
  for (const { orderId } of orders) expect(await till.orderNow(orderId)).toMatchObject({ state: 'paid' });
  await till.payments.sweepTransfers();
  expect(await sumOf('payment-service')).toBe(await countedByService());
  expect(await till.payments.reconcile(new Date(0))).toEqual({ events: 0, payments: 0 });
}, 30_000);

test('[RULE-3] events doubled, late and out of order give the same ledger', async () => {
  const order = await held();
  till.stripe.addFault({ kind: 'webhook-doubled', type: '*', copies: 3, times: 4 });
  till.stripe.addFault({ kind: 'webhook-reordered', type: '*', ms: 100, times: 2 });
  till.stripe.addFault({ kind: 'webhook-delayed', type: '*', ms: 200, times: 2 });
  await till.checkout.pay(order, await till.token());
  await till.settled();
  till.stripe.clearFaults();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  const entries = await till.payments.journal.entriesOf('');
  const own = entries.filter(({ legs }) => legs.some(({ account }) => account === `order:${order.orderId}`));
  expect(own.map(({ causeId }) => causeId.split(':')[0]).toSorted()).toEqual(['charge', 'sale']);
  expect(await sumOf(`order:${order.orderId}`)).toBe(0);
});

test('[M-V2] status of payouts: not connected, incomplete with what is missing, active by webhook', async () => {
  const vendor = await till.newVendor({ isPayable: false });
  expect(await till.payments.payoutStatus(vendor)).toEqual({
    state: 'not-connected',
    isPayable: false,
    missing: [],
  });
  const link = await till.payments.connectPayout(vendor, '/vendor');
  expect(link).toMatchObject({ ok: true, value: { url: expect.stringContaining('/onboarding/acct_') } });
  await till.payments.connectPayout(vendor, '/vendor');
  const { data } = await till.sdk.accounts.list({ limit: 100 });
  const accounts = data.filter(({ metadata }) => metadata?.vendorId === vendor);
  expect(accounts).toHaveLength(1);
  expect(await till.payments.isPayable(vendor)).toBe(false);
  till.stripe.setWebhookUrl(undefined);
  till.stripe.control.finishOnboarding(accounts[0]?.id ?? '');
  await till.payments.reconcile(new Date());
  expect(await till.payments.isPayable(vendor)).toBe(true);
  till.stripe.setWebhookUrl(till.webhookUrl);
});

test('[S0.12] a transfer waits for a vendor that cannot be paid, and goes once', async () => {
  const order = await held();
  await till.checkout.pay(order, await till.token());
  await till.settled();
  till.stripe.addFault({ kind: 'timeout-after', method: 'POST', path: '/v1/transfers', ms: 1, times: 3 });
  await till.payments.sweepTransfers();
  till.stripe.clearFaults();
  till.pass(31_000);
  await Promise.all([till.payments.sweepTransfers(), till.process().payments.sweepTransfers()]);
  const { data } = await till.sdk.transfers.list({ transfer_group: order.orderId });
  expect(data).toHaveLength(1);
  expect((await till.payments.journal.entriesOf(`transfer:${data[0]?.id}`))[0]?.legs).toEqual([
    { account: `vendor:${till.vendorId}`, amount: { amount: 2850, currency: 'USD' } },
    { account: 'payment-service', amount: { amount: -2850, currency: 'USD' } },
  ]);
});

test('[M-O11] [M-O10] after a random run of 100 actions, refunds among them, every balance is the sum of its entries, every order sums to zero, and nothing differs', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const pick = <Item>(list: readonly Item[], dice: number): Item | undefined => list[dice % list.length];
  const dice = fc.sample(fc.nat(1_000_000), { seed, numRuns: 300 });
  const roll = () => dice.shift() ?? 0;
  const cards = ['pm_card_visa', 'pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_threeDSecure2Required'];
  const goods = [await till.sell({ price: 3000, units: 400 }), await till.sell({ price: 499, units: 400 })];
  const prices = [3000, 499];
  const orders: OrderId[] = [];
  const act = async (): Promise<void> => {
    const orderId = pick(orders, roll());
    switch (roll() % 10) {
      case 0:
      case 1:
      case 2: {
        const which = roll() % 2;
        const product = goods[which];
        if (product === undefined) return;
        const buyer = till.newPerson();
        const coupon =
          which === 0 && roll() % 2 === 0
            ? till.grant(buyer, {
                off: 1000,
                funders: [
                  { funder: 'host', basisPoints: 3333 },
                  { funder: 'platform', basisPoints: 6667 },
                ],
              })
            : undefined;
        const total = (prices[which] ?? 0) - (coupon === undefined ? 0 : 1000);
        const order = await till.place(
          buyer,
          till.askFor(product, total, coupon === undefined ? {} : { coupon }),
        );
        orders.push(order.orderId);
        return;
      }
      case 3:
      case 4:
        if (orderId)
          await till.checkout.pay(await till.orderNow(orderId), await till.token(pick(cards, roll()) ?? ''));
        return;
      case 5:
        if (orderId) await till.checkout.cancel(await till.orderNow(orderId));
        return;
      case 6: {
        const intentId = orderId && (await till.orderNow(orderId)).paying?.intentId;
        if (intentId) till.stripe.control.authenticate(intentId, roll() % 2 === 0 ? 'complete' : 'fail');
        return;
      }
      case 7: {
        const refundable = orderId && (await till.orderNow(orderId)).paid;
        if (!refundable) return;
        const amount = { amount: 1 + (roll() % 1500), currency: 'USD' as const };
        await till.checkout.refund(orderId, `random-${roll()}`, {
          ...{ lines: [], units: roll() % 2 === 0 ? 'restock' : 'keep', reason: 'a random one' },
          ...(roll() % 3 === 0 ? {} : { amount }),
        });
        return;
      }
      case 8:
        till.stripe.addFault({ kind: 'timeout-after', method: 'POST', path: '/v1/refunds', ms: 1, times: 1 });
        return;
      case 9:
        till.pass(60_000);
        await till.checkout.sweepHolds();
        await till.payments.sweepTransfers();
    }
  };
  for (let round = 0; round < 100; round += 1) await act();
  await till.settled();
  till.stripe.clearFaults();
  till.pass(400_000);
  for (let round = 0; round < 2; round += 1) {
    await till.checkout.sweepHolds();
    await till.payments.reconcile(new Date(0));
    await till.payments.sweepRefunds();
    await till.payments.sweepTransfers();
    await till.payments.sweepReversals();
    till.pass(61_000);
  }
  await till.payments.sealJournal();
  const states = new Set<string>();
  for (const orderId of orders) {
    const { state } = await till.orderNow(orderId);
    states.add(state);
    expect(['paid', 'refunded', 'expired', 'cancelled'], `seed ${seed}`).toContain(state);
    expect(await sumOf(`order:${orderId}`), `seed ${seed}`).toBe(0);
  }
  expect([...states], `seed ${seed}`).toContain('paid');
  const balances = await till.payments.journal.balances();
  expect(
    balances.reduce((sum, { amount }) => sum + amount.amount, 0),
    `seed ${seed}`,
  ).toBe(0);
  expect(await sumOf('payment-service'), `seed ${seed}`).toBe(await countedByService());
  expect(await sumOf(`vendor:${till.vendorId}`), `seed ${seed}`).toBe(0);
  const { differences } = await verifyLedger({
    seals: till.payments.seals,
    balances: () => till.payments.journal.balances(),
    record: mongoRecord(till.mongo),
    service: () => listService({ secretKey: 'sk_test_till', simulatorUrl: till.stripe.url }),
    now: till.clock.now() + 3_600_000,
  });
  expect(differences, `seed ${seed}`).toEqual([]);
}, 60_000);
