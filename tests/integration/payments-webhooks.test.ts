import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Counter, openCounter } from '../support/payment-counter.ts';

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter[Symbol.asyncDispose]());

const signer = new Stripe('sk_test_signer').webhooks;
const sign = (payload: string, { secret = counter.webhookSecret, ageS = 0 } = {}): string =>
  signer.generateTestHeaderString({ payload, secret, timestamp: Math.floor(Date.now() / 1000) - ageS });
const post = async (body: string, signature: string): Promise<number> => {
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  return (await fetch(counter.webhookUrl, { method: 'POST', body, headers })).status;
};
let paid: Awaited<ReturnType<Counter['pay']>>;
let serial = 0;
/** An event that would lead to a payment being observed. */
const eventOf = (more: object = {}): string => {
  serial += 1;
  return JSON.stringify({
    id: `evt_bad_${serial}`,
    object: 'event',
    type: 'payment_intent.succeeded',
    livemode: false,
    created: Math.floor(Date.now() / 1000),
    data: { object: { id: paid.intentId, object: 'payment_intent' } },
    ...more,
  });
};
const stored = () => counter.mongo.collection('payment_events').countDocuments({});

beforeEach(async () => {
  paid ??= await counter.pay(3000);
});

const twoSignatures = (first: string, second: string): string =>
  `${first},${second.split(',').find((part) => part.startsWith('v1='))}`;

test.each([
  ['one byte changed', () => ((body) => [body.replace('succeeded', 'succeedee'), sign(body)])(eventOf())],
  ['one space more', () => ((body) => [`${body} `, sign(body)])(eventOf())],
  ['another secret', () => ((body) => [body, sign(body, { secret: 'whsec_other' })])(eventOf())],
  ['301 s old', () => ((body) => [body, sign(body, { ageS: 301 })])(eventOf())],
  [
    'two wrong v1',
    () =>
      ((body) => [
        body,
        twoSignatures(sign(body, { secret: 'whsec_one' }), sign(body, { secret: 'whsec_two' })),
      ])(eventOf()),
  ],
  ['live mode', () => ((body) => [body, sign(body)])(eventOf({ livemode: true }))],
  ['another account', () => ((body) => [body, sign(body)])(eventOf({ account: 'acct_of_nobody' }))],
  ['1 MB', () => ((body) => [body, sign(body)])(eventOf({ padding: 'x'.repeat(1_048_576) }))],
  ['no JSON', () => ((body) => [body, sign(body)])('{"id": "evt_half')],
  ['no signature', () => [eventOf(), '']],
  ['a signature without a time', () => [eventOf(), 'v1=00']],
] as const)('[B17] [M-O8] a webhook with %s is answered 4xx and has no effect', async (_fault, make) => {
  const [body = '', signature = ''] = make();
  await counter.settled();
  const before = { stored: await stored(), told: counter.told.length };
  const status = await post(body, signature);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  await counter.settled();
  expect({ stored: await stored(), told: counter.told.length }).toEqual(before);
  // The next good one is taken.
  const good = eventOf();
  expect(await post(good, sign(good))).toBe(200);
});

test('[B17] of two signatures one that fits is enough, wherever it stands; 299 s old is young enough', async () => {
  for (const order of [0, 1]) {
    const body = eventOf();
    const pair = [sign(body), sign(body, { secret: 'whsec_old' })] as const;
    expect(await post(body, twoSignatures(pair[order] ?? '', pair[1 - order] ?? ''))).toBe(200);
  }
  const old = eventOf();
  expect(await post(old, sign(old, { ageS: 299 }))).toBe(200);
});

test("[B17] an event of one of our vendors' accounts is taken, and its own payments are none of ours", async () => {
  const { accountId } = await counter.newVendor();
  const told = counter.told.length;
  const body = eventOf({ account: accountId });
  expect(await post(body, sign(body))).toBe(200);
  await counter.settled();
  expect(counter.told.length).toBe(told);
});

test('[M-O8] an event is stored before it is answered, and handled once however often and by whomever it comes', async () => {
  const body = eventOf();
  const id = `evt_bad_${serial}`;
  const before = counter.turnsOf(paid.intentId).length;
  expect(await Promise.all(Array.from({ length: 10 }, () => post(body, sign(body))))).toEqual(
    Array.from({ length: 10 }, () => 200),
  );
  const events = counter.mongo.collection<{ _id: string; state: string }>('payment_events');
  expect(await events.countDocuments({ _id: id })).toBe(1);
  await counter.settled();
  expect((await events.findOne({ _id: id }))?.state).toBe('handled');
  const told = counter.turnsOf(paid.intentId).length;
  expect(told).toBeGreaterThan(before);
  expect(await post(body, sign(body))).toBe(200);
  await counter.payments.handleEvent(id);
  await counter.process().handleEvent(id);
  await counter.settled();
  expect(counter.turnsOf(paid.intentId).length).toBe(told);
});

test('[M-O8] [RULE-3] payments, refunds and disputes that came while the server was down are all found, and the ledger equals the payment service', async () => {
  const before = [await counter.pay(2000), await counter.pay(2000), await counter.pay(2000)];
  counter.stripe.addFault({ kind: 'webhook-lost', type: '*', times: 10_000 });
  const [refunded, disputed, both] = before;
  await counter.sdk.refunds.create({ payment_intent: refunded?.intentId ?? '', amount: 700 });
  counter.stripe.control.dispute(disputed?.chargeId ?? '');
  const { id } = await counter.sdk.refunds.create({ payment_intent: both?.intentId ?? '' });
  await counter.settled();
  counter.stripe.control.failRefund(id);
  await counter.settled();
  expect(await counter.balanceOf('payment-service')).not.toBe(await counter.countedByService());
  counter.stripe.clearFaults();
  await counter.payments.reconcile(new Date(0));
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
  expect(await counter.balanceOf(`order:${both?.subjectId}`)).toBe(-2000);
});

test('[M-O8] what no event told and no list of events shows is seen by the list of payments', async () => {
  const one = await counter.pay(2000);
  counter.stripe.addFault({ kind: 'webhook-lost', type: '*', times: 10_000 });
  await counter.sdk.refunds.create({ payment_intent: one.intentId, amount: 700 });
  await counter.settled();
  counter.stripe.clearFaults();
  // The events are known, as if a handler had been told them too early.
  const events = counter.mongo.collection<{ _id: string }>('payment_events');
  for (const { event } of counter.stripe.events())
    await events.updateOne({ _id: event.id }, { $set: { state: 'handled' } }, { upsert: true });
  expect(await counter.payments.reconcile(new Date(0))).toEqual({ events: 0, payments: 1 });
  expect(counter.turnsOf(one.intentId).at(-1)).toBe('refunded');
});
