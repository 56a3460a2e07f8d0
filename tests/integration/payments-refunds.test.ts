import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { shareOfRefund } from '#server/payments/index.ts';
import { type Counter, openCounter } from '../support/payment-counter.ts';

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter[Symbol.asyncDispose]());

const { usd } = { usd: (amount: number): Money => ({ amount, currency: 'USD' }) };

/** A sale of 30.00 with 3.00 off by host, 2.00 by platform, fee 1.50; its transfers have gone unless told otherwise. */
const sale = async ({ isTransferred = true, discounts = true } = {}) => {
  const { vendorId, accountId } = await counter.newVendor();
  const paid = await counter.pay(3000);
  const made = {
    paid: usd(3000),
    fee: usd(150),
    hostId: 'ch_host',
    discounts: discounts
      ? [
          { funder: 'host' as const, amount: usd(300) },
          { funder: 'platform' as const, amount: usd(200) },
        ]
      : [],
  };
  await counter.payments.planTransfer({
    ...made,
    purpose: 'order',
    subjectId: paid.subjectId,
    chargeId: paid.chargeId,
    vendorId,
    transferGroup: paid.subjectId,
    paidAt: new Date(),
    transferAfter: new Date(0),
  });
  if (isTransferred) await counter.payments.sweepTransfers();
  return { ...paid, ...made, vendorId, accountId };
};
type Sale = Awaited<ReturnType<typeof sale>>;

const serviceRefunds = async (intentId: string) =>
  (await counter.sdk.refunds.list({ payment_intent: intentId, limit: 100 })).data;

/** What checkout does: asks, and books what comes of it with the shares that were fixed when it was asked. */
const giveBack = async (of: Sale, before: number, amount: number, refundId = counter.newRefundId()) => {
  await counter.payments.refund({ intentId: of.intentId, refundId, amount: usd(amount), reason: 'asked' });
  await book(of, before, amount, refundId);
  return refundId;
};
const book = async (of: Sale, before: number, amount: number, refundId: RefundId) => {
  const standing = before === 0 ? [] : [shareOfRefund(of, [], usd(before))];
  const made = (await serviceRefunds(of.intentId)).find(({ metadata }) => metadata?.refundId === refundId);
  if (made === undefined) throw new Error(`${refundId} was not made`);
  await counter.payments.bookReturn({
    purpose: 'order',
    subjectId: of.subjectId,
    refundId,
    serviceRefundId: made.id,
    vendorId: of.vendorId,
    hostId: of.hostId,
    share: shareOfRefund(of, standing, usd(amount)),
    at: new Date(made.created * 1000),
    hasFailed: made.status === 'failed',
  });
};
const transferred = async (accountId: string): Promise<number> => {
  let sum = 0;
  for await (const one of counter.sdk.transfers.list({ destination: accountId, limit: 100 }))
    sum += one.amount - one.amount_reversed;
  return sum;
};

test('[M-O10] a part given back is in the journal as refund, return and reversals, and the payment service agrees', async () => {
  const of = await sale();
  expect(await transferred(of.accountId)).toBe(2850 + 500);
  const refundId = await giveBack(of, 0, 1000);
  await counter.payments.sweepReversals();
  const [refund] = await serviceRefunds(of.intentId);
  expect(refund).toMatchObject({
    amount: 1000,
    metadata: { refundId, moveId: `refund:${of.intentId}:${refundId}` },
  });
  const [entry] = await counter.payments.journal.entriesOf(`refund:${refund?.id}`);
  expect(entry?.legs).toEqual([
    { account: 'payment-service', amount: usd(-1000) },
    { account: `order:${of.subjectId}`, amount: usd(1000) },
  ]);
  const [returned] = await counter.payments.journal.entriesOf(`return:${refund?.id}`);
  expect(returned?.legs).toEqual([
    { account: `order:${of.subjectId}`, amount: usd(-1000) },
    { account: `vendor:${of.vendorId}`, amount: usd(950 + 167) },
    { account: 'platform:fees', amount: usd(50) },
    { account: 'platform:discounts', amount: usd(-67) },
    { account: `host:${of.hostId}`, amount: usd(-100) },
  ]);
  const reversals = await counter.payments.journal.entriesOf('reversal:trr_');
  const own = reversals.filter(({ legs }) => legs.some(({ account }) => account === `vendor:${of.vendorId}`));
  expect(own.map(({ legs }) => legs[1]?.amount.amount).toSorted()).toEqual([167, 950]);
  expect(await transferred(of.accountId)).toBe(3350 - 950 - 167);
  expect(await counter.balanceOf(`vendor:${of.vendorId}`)).toBe(0);
  expect(await counter.balanceOf(`order:${of.subjectId}`)).toBe(0);
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
  expect(counter.turnsOf(of.intentId).slice(-2)).toEqual(['paid', 'refunded']);
  expect(counter.told.findLast(({ turn }) => turn === 'refunded')?.payment.refunds).toMatchObject([
    { serviceRefundId: refund?.id, refundId, amount: usd(1000), hasFailed: false },
  ]);
});

test('[M-O10] what is given back in three parts leaves nothing with anybody', async () => {
  const of = await sale();
  const feesBefore = (await counter.balanceOf('platform:fees')) + 150;
  const discountsBefore = (await counter.balanceOf('platform:discounts')) - 200;
  await giveBack(of, 0, 999);
  await giveBack(of, 999, 1001);
  await giveBack(of, 2000, 1000);
  await counter.payments.sweepReversals();
  expect(await transferred(of.accountId)).toBe(0);
  for (const account of [`vendor:${of.vendorId}`, `order:${of.subjectId}`])
    expect(await counter.balanceOf(account), account).toBe(0);
  expect(await counter.balanceOf('platform:fees')).toBe(feesBefore);
  expect(await counter.balanceOf('platform:discounts')).toBe(discountsBefore);
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
});

test('[M-O10] [I18] the same refund asked ten times by two servers at once is made once', async () => {
  const of = await sale();
  const refundId = counter.newRefundId();
  const servers = [counter.payments, counter.process()];
  const asks = Array.from({ length: 10 }, (_, index) =>
    servers[index % 2]?.refund({ intentId: of.intentId, refundId, amount: usd(700), reason: 'asked' }),
  );
  await Promise.all(asks);
  expect(await serviceRefunds(of.intentId)).toHaveLength(1);
  await expect(
    counter.payments.refund({ intentId: of.intentId, refundId, amount: usd(800), reason: 'asked' }),
  ).resolves.toBeUndefined();
  expect(await serviceRefunds(of.intentId)).toHaveLength(1);
});

test('[M-O10] [I18] two servers that race for more than was paid get no more than was paid, and the loser is told', async () => {
  const of = await sale();
  const servers = [counter.payments, counter.process()];
  const ids = [counter.newRefundId(), counter.newRefundId()];
  await Promise.all(
    ids.map((refundId, index) =>
      servers[index]?.refund({ intentId: of.intentId, refundId, amount: usd(2000), reason: 'asked' }),
    ),
  );
  for (let round = 0; round < 3; round += 1) {
    counter.pass(61_000);
    await counter.payments.sweepRefunds();
  }
  const made = await serviceRefunds(of.intentId);
  expect(made.map(({ amount }) => amount)).toEqual([2000]);
  const lost = ids.filter((refundId) => made[0]?.metadata?.refundId !== refundId);
  expect(counter.impossible.filter((one) => ids.includes(one as RefundId))).toEqual(lost);
  counter.pass(400_000_000);
  expect(await counter.payments.sweepRefunds()).toBe(0);
});

test('[M-O10] [F1] a refund whose answer is lost is not sent twice, and one that never left is sent by the sweep', async () => {
  const [lost, down] = [await sale(), await sale()];
  const path = '/v1/refunds';
  counter.stripe.addFault({ kind: 'timeout-after', method: 'POST', path, ms: 1, times: 3 });
  const refundId = counter.newRefundId();
  await counter.payments.refund({ intentId: lost.intentId, refundId, amount: usd(500), reason: 'asked' });
  counter.stripe.clearFaults();
  counter.stripe.addFault({ kind: '500-before', method: 'POST', path, times: 3 });
  const other = counter.newRefundId();
  await counter.payments.refund({
    intentId: down.intentId,
    refundId: other,
    amount: usd(500),
    reason: 'asked',
  });
  counter.stripe.clearFaults();
  expect(await serviceRefunds(down.intentId)).toEqual([]);
  counter.pass(31_000);
  await counter.payments.sweepRefunds();
  for (const { intentId } of [lost, down])
    expect((await serviceRefunds(intentId)).map(({ amount }) => amount)).toEqual([500]);
});

test('[M-O10] [F1] a server that dies at any step of a refund leaves one refund and equal books', async () => {
  for (const step of [
    'payments.refund:planned',
    'payments.refund:sent',
    'payments.observe:journal-written',
    'payments.return:written',
    'payments.reversal:sent',
    'payments.reversal:journal-written',
  ]) {
    const of = await sale();
    let isAlive = true;
    const dying = counter.process((name) => {
      if (name !== step || !isAlive) return;
      isAlive = false;
      throw new Error('died');
    });
    const refundId = counter.newRefundId();
    const given = { intentId: of.intentId, refundId, amount: usd(1234), reason: 'asked' };
    await dying.refund(given).catch(() => {});
    counter.pass(31_000);
    await counter.payments.sweepRefunds();
    const made = await serviceRefunds(of.intentId);
    expect(
      made.map(({ amount }) => amount),
      step,
    ).toEqual([1234]);
    const share = shareOfRefund(of, [], usd(1234));
    const booked = {
      ...{ purpose: 'order' as const, subjectId: of.subjectId, refundId, vendorId: of.vendorId },
      ...{ serviceRefundId: made[0]?.id ?? '', hostId: of.hostId, share, at: new Date(), hasFailed: false },
    };
    await dying.bookReturn(booked).catch(() => {});
    await counter.payments.bookReturn(booked);
    await dying.sweepReversals();
    counter.pass(31_000);
    await counter.payments.sweepReversals();
    expect(await transferred(of.accountId), step).toBe(
      3350 - share.ofCharge.amount - share.ofPlatform.amount,
    );
    for (const account of [`vendor:${of.vendorId}`, `order:${of.subjectId}`])
      expect(await counter.balanceOf(account), `${step} ${account}`).toBe(0);
  }
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
}, 30_000);

test('[M-O10] a reversal waits for its transfer, and one without cover is put off while our ledger says what is owed', async () => {
  const of = await sale({ isTransferred: false });
  await giveBack(of, 0, 1000);
  expect(await counter.payments.sweepReversals()).toBe(0);
  await counter.payments.sweepTransfers();
  counter.stripe.control.payOut(of.accountId, 'usd');
  counter.pass(31_000);
  expect(await counter.payments.sweepReversals()).toBe(0);
  expect(await counter.balanceOf(`vendor:${of.vendorId}`)).toBe(950 + 167);
  expect(await counter.balanceOf(`order:${of.subjectId}`)).toBe(0);
  // Money for another sale comes in, and the refused reversal must not be answered by its old no for ever.
  await counter.sdk.transfers.create({ amount: 5000, currency: 'usd', destination: of.accountId });
  counter.pass(31_000);
  expect(await counter.payments.sweepReversals()).toBe(2);
  expect(await counter.balanceOf(`vendor:${of.vendorId}`)).toBe(0);
  counter.pass(31_000);
  expect(await counter.payments.sweepReversals()).toBe(0);
});

test('[M-O10] a refund that the bank sends back is booked back, and the vendor gets its money again', async () => {
  const of = await sale();
  const refundId = await giveBack(of, 0, 1000);
  await counter.payments.sweepReversals();
  const [made] = await serviceRefunds(of.intentId);
  counter.stripe.control.failRefund(made?.id ?? '');
  await counter.settled();
  expect(counter.told.findLast(({ turn }) => turn === 'refunded')?.payment.refunds).toMatchObject([
    { refundId, hasFailed: true },
  ]);
  await book(of, 0, 1000, refundId);
  await counter.payments.sweepReversals();
  await counter.payments.sweepTransfers();
  const causes = (await counter.payments.journal.entriesOf('')).map(({ causeId }) => causeId);
  expect(new Set(causes.filter((cause) => cause.endsWith(`:${made?.id}`)))).toEqual(
    new Set(['refund', 'refund-failed', 'return', 'return-failed'].map((kind) => `${kind}:${made?.id}`)),
  );
  expect(await transferred(of.accountId)).toBe(3350);
  for (const account of [`vendor:${of.vendorId}`, `order:${of.subjectId}`])
    expect(await counter.balanceOf(account), account).toBe(0);
  // What failed is left again.
  const again = await giveBack(of, 0, 3000);
  expect((await serviceRefunds(of.intentId)).map(({ metadata }) => metadata?.refundId)).toContain(again);
});

test('[M-O9] money that its subject cannot have goes back whole, once, and nobody is asked twice', async () => {
  counter.script.paid = async () => 'refund';
  const paid = await counter.pay(1500);
  await Promise.all([
    counter.payments.observePayment(paid.intentId, 'one'),
    counter.process().observePayment(paid.intentId, 'other'),
  ]);
  delete counter.script.paid;
  expect((await serviceRefunds(paid.intentId)).map(({ amount }) => amount)).toEqual([1500]);
  expect(await counter.balanceOf(`order:${paid.subjectId}`)).toBe(0);
  expect(counter.turnsOf(paid.intentId).at(-1)).toBe('refunded');
});

test('[M-O10] a refund made at the payment service itself is told without an id of ours', async () => {
  const of = await sale();
  await counter.sdk.refunds.create({ payment_intent: of.intentId, amount: 400 });
  await counter.settled();
  expect(counter.told.findLast(({ turn }) => turn === 'refunded')?.payment.refunds).toMatchObject([
    { refundId: undefined, amount: usd(400) },
  ]);
});
