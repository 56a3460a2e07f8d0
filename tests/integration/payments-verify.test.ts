import { afterAll, beforeAll, expect, test } from 'vitest';
import { mongoSeals } from '#server/payments/seals.mongo.ts';
import { verifyLedger } from '../../scripts/verify/ledger.ts';
import { mongoRecord } from '../../scripts/verify/record.ts';
import { listService } from '../../scripts/verify/service-list.ts';
import { openTill, type Till } from '../support/till.ts';

let till: Till;
const verify = (aheadMs = 3_600_000) =>
  verifyLedger({
    seals: mongoSeals(till.mongo),
    balances: () => till.payments.journal.balances(),
    record: mongoRecord(till.mongo),
    service: () => listService({ secretKey: 'sk_test_till', simulatorUrl: till.stripe.url }),
    now: till.clock.now() + aheadMs,
  });
const wheres = async () => (await verify()).differences.map(({ where }) => where);

const buy = async (more: { price?: number; coupon?: boolean } = {}) => {
  const { price = 3000 } = more;
  const goods = await till.sell({ price, units: 5 });
  const buyer = till.newPerson();
  const funders = [
    { funder: 'host' as const, basisPoints: 3333 },
    { funder: 'platform' as const, basisPoints: 6667 },
  ];
  const coupon = more.coupon ? till.grant(buyer, { off: 1000, funders }) : undefined;
  const total = price - (coupon ? 1000 : 0);
  const order = await till.place(buyer, till.askFor(goods, total, coupon ? { coupon } : {}));
  await till.checkout.pay(order, await till.token());
  await till.settled();
  return { order: await till.orderNow(order.orderId), variantId: goods.variantId };
};
const refund = async (orderId: Parameters<Till['orderNow']>[0], amount?: number) => {
  const done = await till.checkout.refund(orderId, `key-${orderId}-${amount}`, {
    lines: [],
    units: 'restock',
    reason: 'a test',
    ...(amount === undefined ? {} : { amount: { amount, currency: 'USD' as const } }),
  });
  if (!done.ok) throw new Error(`not refunded: ${done.refusal}`);
  await till.settled();
};
const sweepAll = async () => {
  for (let round = 0; round < 2; round += 1) {
    await till.checkout.sweepHolds();
    await till.payments.sweepRefunds();
    await till.payments.sweepTransfers();
    await till.payments.sweepReversals();
    till.pass(31_000);
  }
  await till.payments.sealJournal();
};

let sold: Awaited<ReturnType<typeof buy>>;
let halved: Awaited<ReturnType<typeof buy>>;
beforeAll(async () => {
  till = await openTill();
  sold = await buy({ coupon: true });
  halved = await buy();
  const [whole, disputed] = [await buy({ coupon: true }), await buy()];
  await sweepAll();
  await refund(halved.order.orderId, 1234);
  await refund(whole.order.orderId);
  const { intentId } = disputed.order.paid ?? { intentId: '' };
  till.stripe.control.dispute(String((await till.sdk.paymentIntents.retrieve(intentId)).latest_charge));
  await till.settled();
  await sweepAll();
}, 60_000);
afterAll(() => till[Symbol.asyncDispose]());

test('[M-O11] [RULE-3] after sales, refunds and a dispute nothing differs, and everything was looked at', async () => {
  const { checked, unsealedTail, youngOrders, busyVariants, differences } = await verify();
  expect(differences).toEqual([]);
  expect({ unsealedTail, youngOrders, busyVariants }).toEqual({
    unsealedTail: 0,
    youngOrders: 0,
    busyVariants: 0,
  });
  expect(checked).toMatchObject({ orders: 4, variants: 4, seals: expect.any(Number) });
  const kinds = ['charge:', 'refund:', 'transfer:', 'reversal:', 'dispute:'];
  for (const kind of kinds) expect(await till.payments.journal.entriesOf(kind), kind).not.toEqual([]);
  expect((await verify(-600_000)).youngOrders).toBe(4);
});

test('[I15] entries that no seal holds yet are told as the tail', async () => {
  const before = (await verify()).checked.entries;
  const order = await buy();
  await till.settled();
  const { unsealedTail, checked } = await verify();
  expect(unsealedTail).toBe(checked.entries - before);
  expect(unsealedTail).toBeGreaterThan(0);
  await sweepAll();
  expect(await wheres()).toEqual([]);
  expect(order.order.state).toBe('paid');
});

/** Changes a document of the record by hand, verifies, and puts it back. */
const tampered = async (collection: string, id: string, change: object): Promise<string | undefined> => {
  const documents = till.mongo.collection<{ _id: string }>(collection);
  const before = await documents.findOne({ _id: id });
  if (before === null) throw new Error(`no ${id} in ${collection}`);
  await documents.updateOne({ _id: id }, { $set: change });
  try {
    return (await wheres())[0];
  } finally {
    await documents.replaceOne({ _id: id }, before);
  }
};
const withoutDocument = async (collection: string, id: string): Promise<string | undefined> => {
  const documents = till.mongo.collection<{ _id: string }>(collection);
  const before = await documents.findOne({ _id: id });
  if (before === null) throw new Error(`no ${id} in ${collection}`);
  await documents.deleteOne({ _id: id });
  const [first] = await wheres();
  await documents.insertOne(before);
  return first;
};

test('[M-O11] [I15] each kind of difference planted in the record or at the payment service is named first', async () => {
  const { orderId, paid, version } = sold.order;
  const { variantId } = sold;
  const sale = `sale:${orderId}`;
  const [entry] = await till.payments.journal.entriesOf(sale);
  const leg = { account: 'platform:fees', amount: { amount: -101, currency: 'USD' } };
  expect(await tampered('journal', sale, { 'legs.0': leg })).toBe(`journal ${sale}`);
  const even = entry?.legs.map(({ account, amount }) => ({
    account: account === 'platform:fees' ? 'platform:disputes' : account,
    amount,
  }));
  expect(await tampered('journal', sale, { legs: even })).toContain(`journal ${sale}, entry `);
  expect(await tampered('journal', sale, { note: 'another' })).toContain(`journal ${sale}, entry `);
  expect(await tampered('journal', sale, { recordedAt: new Date(1) })).toContain(`journal ${sale}, entry `);
  expect(await withoutDocument('journal', sale)).toContain(`journal ${sale}, entry `);
  expect(await tampered('journal_seals', '000000000001', { hash: '0'.repeat(64) })).toBe('seal 1: its hash');
  expect(await withoutDocument('journal_seals', '000000000001')).toBe('seal 2: its number');

  expect(await tampered('orders', orderId, { 'totals.total.amount': 1 })).toBe(`${orderId}: paid total`);
  expect(await tampered('orders', orderId, { 'fee.amount': 1 })).toBe(`${orderId}: fee`);
  expect(await tampered('orders', orderId, { discounts: [] })).toBe(`${orderId}: discount by platform`);
  expect(await tampered('orders', orderId, { state: 'cancelled' })).toBe(`${orderId}: state`);
  expect(await tampered('orders', orderId, { 'paid.chargeId': 'ch_other' })).toBe(`${orderId}: paid total`);
  await expect(tampered('orders', orderId, { 'fee.amount': 'x' })).rejects.toThrow(
    `${orderId} cannot be read`,
  );
  const [given] = (await till.orderNow(halved.order.orderId)).refunds;
  expect(await tampered('orders', halved.order.orderId, { refunds: [] })).toBe(
    `${halved.order.orderId}: refunds`,
  );
  expect(await tampered('orders', halved.order.orderId, { 'refunds.0.amount.amount': 1235 })).toBe(
    `${halved.order.orderId}: refund ${given?.refundId}`,
  );

  expect(await tampered('stock', variantId, { available: 3 })).toBe(`stock ${variantId}: available`);
  expect(await tampered('stock', variantId, { sold: 2 })).toBe(`stock ${variantId}: sold`);
  const entries = till.mongo.collection<{ _id: string; version: number }>('stock_entries');
  const second = await entries.findOne({ variantId, version: 2 });
  expect(await withoutDocument('stock_entries', second?._id ?? '')).toBe(
    `stock ${variantId}: number of an entry`,
  );
  const movements = till.mongo.collection<{ _id: string; state: string }>('stock_movements');
  const committed = await movements.findOne({ 'lines.variantId': variantId, state: 'committed' });
  expect(await tampered('stock_movements', committed?._id ?? '', { state: 'held' })).toBe(
    `stock ${variantId}: held by movements`,
  );

  await till.sdk.transfers.create({
    amount: 77,
    currency: 'usd',
    destination: String((await till.sdk.transfers.list({ limit: 1 })).data[0]?.destination),
  });
  const [byHand, ...others] = await wheres();
  expect(byHand).toContain('payment service transfer:tr_');
  expect(others).toEqual([]);
  expect(version).toBeGreaterThan(0);
  expect(paid?.chargeId).toMatch(/^ch_/);
}, 60_000);

test('[RULE-3] a refund that was made at the payment service and never heard of is named', async () => {
  const other = await buy();
  await sweepAll();
  till.stripe.addFault({ kind: 'webhook-lost', type: '*', times: 10_000 });
  const made = await till.sdk.refunds.create({
    payment_intent: other.order.paid?.intentId ?? '',
    amount: 100,
  });
  await till.settled();
  till.stripe.clearFaults();
  expect(await wheres()).toContain(`payment service refund:${made.id}`);
  await till.payments.reconcile(new Date(0));
  await sweepAll();
  expect(await wheres()).not.toContain(`payment service refund:${made.id}`);
});
