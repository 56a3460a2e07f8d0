import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VendorId } from '#contract/ids.ts';
import { type Counter, openCounter } from '../support/payment-counter.ts';

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter[Symbol.asyncDispose]());

const newId = () => VendorId.parse(`vnd_${randomUUID().replaceAll('-', '')}`);
const accountOf = async (vendorId: VendorId) => (await counter.store.payoutOf(vendorId))?.accountId ?? '';

test('[M-V2] a payout account goes from not connected over incomplete, with what is missing, to active by webhook', async () => {
  const vendorId = newId();
  expect(await counter.payments.payoutStatus(vendorId)).toEqual({
    state: 'not-connected',
    isPayable: false,
    missing: [],
  });
  await counter.payments.connectPayout(vendorId, '/vendor');
  const begun = await counter.payments.payoutStatus(vendorId);
  expect(begun).toMatchObject({ state: 'incomplete', isPayable: false });
  expect(begun.missing.length).toBeGreaterThan(0);
  expect(await counter.payments.isPayable(vendorId)).toBe(false);
  counter.stripe.control.finishOnboarding(await accountOf(vendorId));
  await counter.settled();
  expect(await counter.payments.payoutStatus(vendorId)).toEqual({
    state: 'active',
    isPayable: true,
    missing: [],
  });
});

test('[M-V2] an account whose details are in and whose transfers are not allowed yet is in review', async () => {
  const vendorId = newId();
  await counter.payments.connectPayout(vendorId, '/vendor');
  const account = await counter.store.payoutOf(vendorId);
  if (account === undefined) throw new Error('no account');
  await counter.store.savePayout(
    vendorId,
    { ...account, hasSubmittedDetails: true, missing: [] },
    new Date(),
  );
  expect(await counter.payments.payoutStatus(vendorId)).toEqual({
    state: 'in-review',
    isPayable: false,
    missing: [],
  });
});

test('[M-V2] ten calls at once open one account', async () => {
  const vendorId = newId();
  const processes = [counter.payments, counter.process()];
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => processes[index % 2]?.connectPayout(vendorId, '/vendor')),
  );
  const own = [];
  for await (const account of counter.sdk.accounts.list({ limit: 100 }))
    if (account.metadata?.vendorId === vendorId) own.push(account.id);
  expect(own).toEqual([await accountOf(vendorId)]);
});

test('[M-V2] [S0.12] money for a vendor that cannot be paid yet waits, and goes once it can', async () => {
  const vendorId = newId();
  await counter.payments.connectPayout(vendorId, '/vendor');
  const paid = await counter.pay(3000);
  await counter.payments.planTransfer({
    ...{ purpose: 'order', subjectId: paid.subjectId, chargeId: paid.chargeId, vendorId },
    ...{ hostId: undefined, paid: counter.usd(3000), fee: counter.usd(150), discounts: [] },
    ...{ transferGroup: paid.subjectId, paidAt: new Date(), transferAfter: new Date(0) },
  });
  expect(await counter.payments.sweepTransfers()).toBe(0);
  expect(await counter.balanceOf(`vendor:${vendorId}`)).toBe(-2850);
  counter.stripe.control.finishOnboarding(await accountOf(vendorId));
  await counter.settled();
  counter.pass(31_000);
  expect(await counter.payments.sweepTransfers()).toBe(1);
  expect(await counter.balanceOf(`vendor:${vendorId}`)).toBe(0);
});

test('[S0.12] a transfer whose answer is lost, or that is refused for lack of cover, goes once', async () => {
  const { vendorId, accountId } = await counter.newVendor();
  const paid = await counter.pay(3000);
  const sale = {
    ...{ purpose: 'order' as const, subjectId: paid.subjectId, chargeId: paid.chargeId, vendorId },
    ...{ hostId: undefined, paid: counter.usd(3000), fee: counter.usd(150) },
    // More than the platform's test money: the second transfer is refused.
    discounts: [{ funder: 'platform' as const, amount: counter.usd(1_500_000) }],
    ...{ transferGroup: paid.subjectId, paidAt: new Date(), transferAfter: new Date(0) },
  };
  const path = '/v1/transfers';
  counter.stripe.addFault({ kind: '500-after', method: 'POST', path, times: 3 });
  await counter.payments.planTransfer(sale);
  await counter.payments.sweepTransfers();
  counter.stripe.clearFaults();
  counter.pass(31_000);
  await counter.payments.sweepTransfers();
  const { data } = await counter.sdk.transfers.list({ destination: accountId });
  expect(data.map(({ amount }) => amount)).toEqual([2850]);
  // Cover comes, and the old no is not answered for ever.
  await counter.pay(9_000_000);
  await counter.pay(9_000_000);
  counter.pass(200_000);
  await Promise.all([counter.payments.sweepTransfers(), counter.process().sweepTransfers()]);
  const after = (await counter.sdk.transfers.list({ destination: accountId })).data;
  expect(after.map(({ amount }) => amount).toSorted()).toEqual([1_500_000, 2850]);
  expect(await counter.balanceOf(`vendor:${vendorId}`)).toBe(0);
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
});
