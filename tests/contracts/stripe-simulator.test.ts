import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { deskOfEachTest, refusal } from '../support/payment-simulator.ts';

const desk = deskOfEachTest();

describe('cards', () => {
  it('[M-O7] a good card pays: intent, charge and balance transaction agree', async () => {
    const intent = await desk.pay('pm_card_visa', {
      transfer_group: 'ord_1',
      metadata: { orderId: 'ord_1' },
      expand: ['latest_charge.balance_transaction'],
    });
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 3000,
      transfer_group: 'ord_1',
      metadata: { orderId: 'ord_1' },
      latest_charge: { amount: 3000, paid: true, balance_transaction: { amount: 3000, fee: 117, net: 2883 } },
    });
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent()).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  it.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', ''],
  ])(
    '[M-O7] %s is refused with 402, and the intent waits for another card',
    async (card, code, declineCode) => {
      const error = await refusal(desk.pay(card));
      expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
      expect(error).toMatchObject({
        statusCode: 402,
        code,
        decline_code: declineCode,
        payment_intent: { status: 'requires_payment_method' },
      });
      await desk.simulator.webhooksSettled();
      expect(desk.typesSent()).toEqual([
        'payment_intent.created',
        'charge.failed',
        'payment_intent.payment_failed',
      ]);
      const again = await desk.stripe.paymentIntents.confirm(error.payment_intent?.id ?? '', {
        payment_method: 'pm_card_visa',
      });
      expect(again).toMatchObject({ status: 'succeeded', last_payment_error: null });
    },
  );

  it('[M-O7] a card that asks for 3-D Secure pays when the payer completes it', async () => {
    const asking = await desk.pay('pm_card_threeDSecure2Required');
    expect(asking).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk' },
      latest_charge: null,
    });
    desk.simulator.control.authenticate(asking.id, 'complete');
    expect(await desk.stripe.paymentIntents.retrieve(asking.id)).toMatchObject({
      status: 'succeeded',
      next_action: null,
    });
  });

  it('[M-O7] a failed 3-D Secure charges nothing', async () => {
    const asking = await desk.pay('pm_card_threeDSecure2Required');
    desk.simulator.control.authenticate(asking.id, 'fail');
    expect(await desk.stripe.paymentIntents.retrieve(asking.id)).toMatchObject({
      status: 'requires_payment_method',
      latest_charge: null,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  it('a card that asks is refused when the payer is away', async () => {
    expect(await refusal(desk.pay('pm_card_authenticationRequired', { off_session: true }))).toMatchObject({
      code: 'authentication_required',
      statusCode: 402,
    });
  });

  it('[M-O7] a card that pays late is processing, cannot be cancelled, and then succeeds', async () => {
    const intent = await desk.pay('pm_card_paysLate');
    expect(intent.status).toBe('processing');
    expect(await refusal(desk.stripe.paymentIntents.cancel(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    await desk.endpoint.until((types) => types.includes('payment_intent.succeeded'));
    expect(desk.typesSent()).toEqual([
      'payment_intent.created',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  it('a disputed charge takes the money and 15.00 from the balance', async () => {
    const intent = await desk.pay('pm_card_createDispute');
    await desk.endpoint.until((types) => types.includes('charge.dispute.funds_withdrawn'));
    const { data } = await desk.stripe.disputes.list({ payment_intent: intent.id });
    expect(data).toMatchObject([{ amount: 3000, status: 'needs_response' }]);
    expect(await refusal(desk.stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      code: 'charge_disputed',
    });
  });
});

describe('payment intents', () => {
  it('a manual capture books what is captured', async () => {
    const held = await desk.pay('pm_card_visa', { capture_method: 'manual' });
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 3000 });
    const captured = await desk.stripe.paymentIntents.capture(held.id, { amount_to_capture: 2000 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 2000, amount_capturable: 0 });
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent()).toContain('payment_intent.amount_capturable_updated');
  });

  it('an open or authorised intent can be cancelled, a paid one cannot', async () => {
    const opened = await desk.stripe.paymentIntents.create({ amount: 3000, currency: 'eur' });
    expect(
      await desk.stripe.paymentIntents.cancel(opened.id, { cancellation_reason: 'abandoned' }),
    ).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    const held = await desk.pay('pm_card_visa', { capture_method: 'manual' });
    expect((await desk.stripe.paymentIntents.cancel(held.id)).status).toBe('canceled');
    const paid = await desk.pay('pm_card_visa');
    const error = await refusal(desk.stripe.paymentIntents.cancel(paid.id));
    expect(error).toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
      payment_intent: { status: 'succeeded' },
    });
    expect(
      await refusal(desk.stripe.paymentIntents.confirm(opened.id, { payment_method: 'pm_card_visa' })),
    ).toMatchObject({ code: 'payment_intent_unexpected_state' });
  });

  it.each([
    [{ amount: 3000 }, 'parameter_missing', 'currency'],
    [{ amount: 12, currency: 'eur' }, 'amount_too_small', 'amount'],
    [{ amount: 100_000_000, currency: 'eur' }, 'amount_too_large', 'amount'],
    [{ amount: 1.5, currency: 'eur' }, 'parameter_invalid_integer', 'amount'],
    [{ amount: 3000, currency: 'eur', colour: 'red' }, 'parameter_unknown', 'colour'],
    [
      { amount: 3000, currency: 'eur', payment_method_types: ['card'] },
      'payment_method_types_no_longer_supported',
      'payment_method_types',
    ],
    [
      {
        amount: 3000,
        currency: 'eur',
        allowed_payment_method_types: ['card'],
        automatic_payment_methods: { enabled: true },
      },
      'parameters_exclusive',
      undefined,
    ],
    [{ amount: 3000, currency: 'eur', customer: 'cus_none' }, 'resource_missing', 'customer'],
  ])('parameters %j are refused with %s', async (params, code, param) => {
    const error = await refusal(desk.stripe.rawRequest('POST', '/v1/payment_intents', params));
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code, param });
    expect((await desk.stripe.paymentIntents.list()).data).toEqual([]);
  });

  it('an unknown id is 404 and an unknown path too', async () => {
    expect(await refusal(desk.stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    expect(await refusal(desk.stripe.rawRequest('GET', '/v1/nothing'))).toMatchObject({ statusCode: 404 });
  });

  it('lists page newest first, filter by time and expand', async () => {
    for (const amount of [1000, 2000, 3000]) await desk.pay('pm_card_visa', { amount });
    const amounts = [];
    for await (const intent of desk.stripe.paymentIntents.list({ limit: 2 })) amounts.push(intent.amount);
    expect(amounts).toEqual([3000, 2000, 1000]);
    expect((await desk.stripe.paymentIntents.list({ created: { lt: 10 } })).data).toEqual([]);
    const { data } = await desk.stripe.paymentIntents.list({ limit: 1, expand: ['data.latest_charge'] });
    expect(data[0]?.latest_charge).toMatchObject({ object: 'charge', amount: 3000 });
  });
});
