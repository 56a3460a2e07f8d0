import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Counter, openCounter } from '../support/payment-counter.ts';

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter[Symbol.asyncDispose]());

const serviceDispute = async (intentId: string) => {
  const { data } = await counter.sdk.disputes.list({ payment_intent: intentId });
  const [dispute] = data;
  if (dispute === undefined) throw new Error('there is no dispute');
  return dispute;
};
const disputesTold = (intentId: string) =>
  counter.told.findLast((one) => one.turn === 'disputed' && one.payment.intentId === intentId)?.payment
    .disputes;

test('money that the bank holds is told as authorised, is in no book, and is taken whole by a capture', async () => {
  const held = await counter.pay(2700, { capture: 'later' });
  expect(held.status).toBe('authorised');
  expect(new Set(counter.turnsOf(held.intentId))).toEqual(new Set(['authorised']));
  expect(await counter.payments.journal.entriesOf(`charge:${held.chargeId}`)).toEqual([]);
  expect(await counter.payments.capture(held.intentId)).toBe('paid');
  expect(counter.turnsOf(held.intentId).at(-1)).toBe('paid');
  const [entry] = await counter.payments.journal.entriesOf(`charge:${held.chargeId}`);
  expect(entry?.legs[0]?.amount).toEqual(counter.usd(2700));
  expect(await counter.payments.capture(held.intentId)).toBe('paid');
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
});

test('[I18] a capture of a part takes that part and no more; what the bank lets go is no refund', async () => {
  const held = await counter.pay(2700, { capture: 'later' });
  expect(await counter.payments.capture(held.intentId, counter.usd(900))).toBe('paid');
  const told = counter.told.findLast(({ payment }) => payment.intentId === held.intentId);
  expect(told).toMatchObject({ turn: 'paid', payment: { amount: counter.usd(900), refunds: [] } });
  const refundId = counter.newRefundId();
  await counter.payments.refund({
    intentId: held.intentId,
    refundId,
    amount: counter.usd(901),
    reason: 'more than was captured',
  });
  expect(counter.impossible).toContain(refundId);
  expect((await counter.sdk.refunds.list({ payment_intent: held.intentId })).data).toEqual([]);
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
});

test('money that the bank holds can be called off, and then not be captured; no book moves', async () => {
  const held = await counter.pay(2700, { capture: 'later' });
  expect(await counter.payments.cancel(held.intentId)).toBe('cancelled');
  expect(await counter.payments.capture(held.intentId)).toBe('cancelled');
  await counter.settled();
  expect(counter.turnsOf(held.intentId)).not.toContain('refunded');
  expect(counter.turnsOf(held.intentId).at(-1)).toBe('cancelled');
  expect(await counter.balanceOf(`order:${held.subjectId}`)).toBe(0);
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
});

test('[F1] a capture whose answer is lost, or whose server dies, takes the money once', async () => {
  const held = await counter.pay(2700, { capture: 'later' });
  const dying = counter.process((name) => {
    if (name === 'payments.capture:sent') throw new Error('died');
  });
  await expect(dying.capture(held.intentId)).rejects.toThrow('died');
  await counter.settled();
  expect(counter.turnsOf(held.intentId).at(-1)).toBe('paid');
  const lost = await counter.pay(2700, { capture: 'later' });
  const path = '/v1/payment_intents/*/capture';
  counter.stripe.addFault({ kind: 'timeout-after', method: 'POST', path, ms: 1, times: 1 });
  expect(await counter.payments.capture(lost.intentId)).toBe('paid');
  counter.stripe.clearFaults();
  expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
});

test.each([
  ['won', 0],
  ['lost', 3000],
] as const)(
  'a dispute that is %s is recorded and told at each turn, and leaves %i with the platform',
  async (end, left) => {
    const before = await counter.balanceOf('platform:disputes');
    const paid = await counter.pay(3000);
    counter.stripe.control.dispute(paid.chargeId);
    await counter.settled();
    const { id } = await serviceDispute(paid.intentId);
    const open = { disputeId: id, state: 'open', reason: 'fraudulent', amount: counter.usd(3000) };
    expect(disputesTold(paid.intentId)).toMatchObject([{ ...open, evidenceDueAt: expect.any(Date) }]);
    expect(await counter.store.disputesOf(paid.intentId)).toMatchObject([
      { ...open, subjectId: paid.subjectId },
    ]);
    const [taken] = await counter.payments.journal.entriesOf(`dispute:${id}`);
    expect(taken?.legs).toEqual([
      { account: 'payment-service', amount: counter.usd(-3000) },
      { account: 'platform:disputes', amount: counter.usd(3000) },
    ]);
    expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
    counter.stripe.control.decideDispute(id, end);
    await counter.settled();
    expect(disputesTold(paid.intentId)).toMatchObject([{ ...open, state: end }]);
    expect(await counter.store.disputesOf(paid.intentId)).toMatchObject([{ state: end }]);
    expect((await counter.balanceOf('platform:disputes')) - before).toBe(left);
    expect(await counter.payments.journal.entriesOf(`dispute-won:${id}`)).toHaveLength(left === 0 ? 1 : 0);
    expect(await counter.balanceOf('payment-service')).toBe(await counter.countedByService());
  },
);

test('[M-O8] a dispute and its end that no event told are found by reconciliation', async () => {
  const paid = await counter.pay(3000);
  counter.stripe.addFault({ kind: 'webhook-lost', type: '*', times: 10_000 });
  counter.stripe.control.dispute(paid.chargeId);
  await counter.settled();
  expect(disputesTold(paid.intentId)).toBeUndefined();
  await counter.payments.reconcile(new Date(0));
  expect(disputesTold(paid.intentId)).toMatchObject([{ state: 'open' }]);
  counter.stripe.control.decideDispute((await serviceDispute(paid.intentId)).id, 'won');
  await counter.settled();
  counter.stripe.clearFaults();
  await counter.payments.reconcile(new Date(0));
  expect(disputesTold(paid.intentId)).toMatchObject([{ state: 'won' }]);
  expect(await counter.payments.reconcile(new Date(0))).toEqual({ events: 0, payments: 0 });
});

test('[M-O10] a refund of a disputed payment is put off, and goes when the dispute is won', async () => {
  const paid = await counter.pay(3000);
  counter.stripe.control.dispute(paid.chargeId);
  await counter.settled();
  const refundId = counter.newRefundId();
  const { intentId } = paid;
  await counter.payments.refund({ intentId, refundId, amount: counter.usd(1000), reason: 'asked' });
  const moveId = `refund:${intentId}:${refundId}`;
  expect(await counter.store.moveOf(moveId)).toMatchObject({ madeAs: undefined, refusals: 1 });
  counter.stripe.control.decideDispute((await serviceDispute(intentId)).id, 'won');
  await counter.settled();
  counter.pass(61_000);
  await counter.payments.sweepRefunds();
  const { data } = await counter.sdk.refunds.list({ payment_intent: intentId });
  expect(data.map(({ amount, status }) => [amount, status])).toEqual([[1000, 'succeeded']]);
});
