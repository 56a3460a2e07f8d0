import { describe, expect, it } from 'vitest';
import { deskOfEachTest, openVendor, refusal } from '../support/payment-simulator.ts';

const desk = deskOfEachTest();
const available = async () => (await desk.stripe.balance.retrieve()).available[0]?.amount ?? 0;
/** What is on the balance once its opening money is there too. */
const availableAtFirst = async () => {
  await desk.pay('pm_card_visa');
  return available();
};
const sentAfter = async (act: () => Promise<unknown>) => {
  await desk.simulator.webhooksSettled();
  desk.endpoint.received.length = 0;
  await act();
  await desk.simulator.webhooksSettled();
  return desk.typesSent();
};

describe('disputes', () => {
  const disputed = async () => {
    const intent = await desk.pay('pm_card_visa');
    desk.simulator.control.dispute(String(intent.latest_charge));
    const [made] = (await desk.stripe.disputes.list({ payment_intent: intent.id })).data;
    if (made === undefined) throw new Error('no dispute');
    return { intent, dispute: made };
  };

  it('[M-O7] a dispute that is won gives the amount back and makes the charge refundable again', async () => {
    const before = await availableAtFirst();
    const { intent, dispute } = await disputed();
    expect(await available()).toBe(before - 117 - 1500);
    const told = await sentAfter(async () => desk.simulator.control.decideDispute(dispute.id, 'won'));
    expect(told).toEqual(['charge.dispute.closed', 'charge.dispute.funds_reinstated']);
    expect(await desk.stripe.disputes.retrieve(dispute.id)).toMatchObject({
      status: 'won',
      is_charge_refundable: true,
      balance_transactions: [
        { amount: -3000, fee: 1500, reporting_category: 'dispute' },
        { amount: 3000, fee: 0, reporting_category: 'dispute_reversal' },
      ],
    });
    expect(await available()).toBe(before + 3000 - 117 - 1500);
    expect((await desk.stripe.refunds.create({ payment_intent: intent.id })).status).toBe('succeeded');
    expect(() => desk.simulator.control.decideDispute(dispute.id, 'lost')).toThrow('already closed');
  });

  it('[M-O7] a dispute that is lost keeps amount and fee, and the charge cannot be refunded', async () => {
    const { intent, dispute } = await disputed();
    const before = await available();
    const told = await sentAfter(async () => desk.simulator.control.decideDispute(dispute.id, 'lost'));
    expect(told).toEqual(['charge.dispute.closed']);
    expect(await available()).toBe(before);
    expect((await desk.stripe.disputes.retrieve(dispute.id)).status).toBe('lost');
    expect(await refusal(desk.stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      code: 'charge_disputed',
    });
  });

  it('evidence is kept, submitted, and may decide; closing accepts the loss', async () => {
    const { dispute } = await disputed();
    const staged = await desk.stripe.disputes.update(dispute.id, {
      evidence: { customer_name: 'Lou', shipping_tracking_number: 'T 1' },
      submit: false,
    });
    expect(staged).toMatchObject({
      status: 'needs_response',
      evidence: { customer_name: 'Lou', receipt: null },
      evidence_details: { has_evidence: true, submission_count: 0 },
    });
    const told = await sentAfter(() =>
      desk.stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'see the parcel' } }),
    );
    expect(told).toEqual(['charge.dispute.updated']);
    expect(await desk.stripe.disputes.retrieve(dispute.id)).toMatchObject({
      status: 'under_review',
      evidence: { customer_name: 'Lou' },
      evidence_details: { submission_count: 1 },
    });
    const won = { evidence: { uncategorized_text: 'winning_evidence' } };
    expect((await desk.stripe.disputes.update(dispute.id, won)).status).toBe('won');
    expect((await refusal(desk.stripe.disputes.update(dispute.id, won))).statusCode).toBe(400);
    const other = await disputed();
    expect((await desk.stripe.disputes.close(other.dispute.id)).status).toBe('lost');
  });

  it('a dispute is about what was not refunded before, and never about nothing', async () => {
    const intent = await desk.pay('pm_card_visa');
    await desk.stripe.refunds.create({ payment_intent: intent.id, amount: 1000 });
    desk.simulator.control.dispute(String(intent.latest_charge));
    expect((await desk.stripe.disputes.list({ payment_intent: intent.id })).data).toMatchObject([
      { amount: 2000 },
    ]);
    expect(() => desk.simulator.control.dispute(String(intent.latest_charge))).toThrow('already');
    const gone = await desk.pay('pm_card_visa');
    await desk.stripe.refunds.create({ payment_intent: gone.id });
    expect(() => desk.simulator.control.dispute(String(gone.latest_charge))).toThrow('no money');
  });
});

describe('refunds', () => {
  it('[M-O10] keep their metadata, also when it is changed, and are found by their payment', async () => {
    const intent = await desk.pay('pm_card_visa');
    const made = await desk.stripe.refunds.create({
      payment_intent: intent.id,
      amount: 500,
      metadata: { refundId: 'ref_1', reason: 'chipped' },
    });
    await desk.stripe.refunds.update(made.id, { metadata: { reason: '' } });
    expect((await desk.stripe.refunds.list({ payment_intent: intent.id })).data).toMatchObject([
      { id: made.id, metadata: { refundId: 'ref_1' } },
    ]);
    expect((await desk.stripe.refunds.retrieve(made.id)).metadata).toEqual({ refundId: 'ref_1' });
    expect((await refusal(desk.stripe.refunds.create({ payment_intent: intent.id, amount: 0 }))).param).toBe(
      'amount',
    );
  });

  it('[M-O10] a refund that fails later puts the money back, tells it, and may be made again', async () => {
    const intent = await desk.pay('pm_card_visa');
    const before = await available();
    const made = await desk.stripe.refunds.create({ payment_intent: intent.id, amount: 1200 });
    const told = await sentAfter(async () => desk.simulator.control.failRefund(made.id, 'declined'));
    expect(told).toEqual(['refund.updated', 'refund.failed', 'charge.refund.updated', 'charge.updated']);
    expect(await available()).toBe(before);
    const failed = await desk.stripe.refunds.retrieve(made.id, { expand: ['failure_balance_transaction'] });
    expect(failed).toMatchObject({
      status: 'failed',
      failure_reason: 'declined',
      failure_balance_transaction: { amount: 1200, type: 'refund_failure' },
    });
    desk.simulator.control.failRefund(made.id);
    expect(await available()).toBe(before);
    expect(await desk.stripe.charges.retrieve(String(intent.latest_charge))).toMatchObject({
      amount_refunded: 0,
      refunded: false,
    });
    const again = await desk.stripe.refunds.create({ payment_intent: intent.id });
    expect(again).toMatchObject({ amount: 3000, status: 'succeeded' });
  });

  it("[M-O10] Stripe's card of a failing refund fails it by itself", async () => {
    const intent = await desk.pay('pm_card_refundFail');
    const made = await desk.stripe.refunds.create({ payment_intent: intent.id });
    expect(made.status).toBe('succeeded');
    await desk.endpoint.until((types) => types.includes('refund.failed'));
    expect((await desk.stripe.refunds.retrieve(made.id)).status).toBe('failed');
  });
});

describe('transfer reversals', () => {
  it('never take back more than was transferred, in parts and together', async () => {
    const destination = await openVendor(desk.stripe, desk.simulator);
    const { id } = await desk.stripe.transfers.create({ amount: 1000, currency: 'eur', destination });
    expect(await refusal(desk.stripe.transfers.createReversal(id, { amount: 1001 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
    });
    await desk.stripe.transfers.createReversal(id, { amount: 700, metadata: { move: 'one' } });
    expect((await refusal(desk.stripe.transfers.createReversal(id, { amount: 301 }))).param).toBe('amount');
    expect((await desk.stripe.transfers.createReversal(id)).amount).toBe(300);
    expect((await refusal(desk.stripe.transfers.createReversal(id))).message).toContain('fully reversed');
    expect((await desk.stripe.transfers.listReversals(id)).data).toMatchObject([
      { amount: 300 },
      { amount: 700, metadata: { move: 'one' } },
    ]);
    expect(await desk.stripe.transfers.retrieve(id)).toMatchObject({ reversed: true, amount_reversed: 1000 });
  });
});

describe('captures', () => {
  it('take at most what was authorised, once, and free the rest', async () => {
    const before = await availableAtFirst();
    const held = await desk.pay('pm_card_visa', { capture_method: 'manual' });
    expect(
      (await refusal(desk.stripe.paymentIntents.capture(held.id, { amount_to_capture: 3001 }))).code,
    ).toBe('amount_too_large');
    await desk.stripe.paymentIntents.capture(held.id, { amount_to_capture: 2000 });
    expect(await available()).toBe(before + 2000 - 88);
    expect(await refusal(desk.stripe.paymentIntents.capture(held.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect((await desk.stripe.refunds.create({ payment_intent: held.id })).amount).toBe(2000);
  });
});
