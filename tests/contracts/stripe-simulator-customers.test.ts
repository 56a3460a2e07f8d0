import { describe, expect, it } from 'vitest';
import { deskOfEachTest, refusal } from '../support/payment-simulator.ts';

const desk = deskOfEachTest();
const newCustomer = async () => (await desk.stripe.customers.create({ name: 'Lou' })).id;
const kept = async (customer: string) =>
  (await desk.stripe.paymentMethods.list({ customer, type: 'card' })).data.map(({ id }) => id);

describe('payment methods', () => {
  it('are attached to one customer, listed, and detached for good', async () => {
    const [customer, other] = [await newCustomer(), await newCustomer()];
    const { id } = await desk.stripe.paymentMethods.attach('pm_card_visa', { customer });
    expect(await kept(customer)).toEqual([id]);
    expect((await refusal(desk.stripe.paymentMethods.attach(id, { customer: other }))).code).toBe(
      'payment_method_unexpected_state',
    );
    expect(await kept(other)).toEqual([]);
    await desk.stripe.paymentMethods.detach(id);
    expect(await kept(customer)).toEqual([]);
    expect((await refusal(desk.stripe.paymentMethods.detach(id))).statusCode).toBe(400);
    expect((await refusal(desk.stripe.paymentMethods.attach('pm_none', { customer }))).code).toBe(
      'resource_missing',
    );
  });
});

describe('setup intents', () => {
  it('keep a card for a customer without charging it', async () => {
    const customer = await newCustomer();
    const made = await desk.stripe.setupIntents.create({ customer, metadata: { why: 'express' } });
    expect(made).toMatchObject({ status: 'requires_payment_method', usage: 'off_session', customer });
    const done = await desk.stripe.setupIntents.confirm(made.id, { payment_method: 'pm_card_visa' });
    expect(done.status).toBe('succeeded');
    expect(await kept(customer)).toEqual([done.payment_method]);
    expect((await desk.stripe.charges.list()).data).toEqual([]);
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent()).toEqual([
      'customer.created',
      'setup_intent.created',
      'payment_method.attached',
      'setup_intent.succeeded',
    ]);
    expect((await desk.stripe.setupIntents.list({ customer })).data).toMatchObject([{ id: made.id }]);
    expect((await refusal(desk.stripe.setupIntents.cancel(made.id))).code).toBe(
      'setup_intent_unexpected_state',
    );
  });

  it('a declined card is refused, and a demanded authentication is passed or failed', async () => {
    const customer = await newCustomer();
    const declined = await refusal(
      desk.stripe.setupIntents.create({ customer, confirm: true, payment_method: 'pm_card_chargeDeclined' }),
    );
    expect(declined).toMatchObject({ statusCode: 402, code: 'card_declined' });
    for (const outcome of ['fail', 'complete'] as const) {
      const asking = await desk.stripe.setupIntents.create({
        customer,
        confirm: true,
        payment_method: 'pm_card_authenticationRequiredOnSetup',
      });
      expect(asking).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
      try {
        desk.simulator.control.authenticate(asking.id, outcome);
      } finally {
        expect((await desk.stripe.setupIntents.retrieve(asking.id)).status).toBe(
          outcome === 'fail' ? 'requires_payment_method' : 'succeeded',
        );
      }
    }
    expect(await kept(customer)).toHaveLength(1);
  });

  it('spend a confirmation token, which then confirms nothing else', async () => {
    const customer = await newCustomer();
    const token = await desk.stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' });
    const done = await desk.stripe.setupIntents.create({
      customer,
      confirm: true,
      confirmation_token: token.id,
    });
    expect(done.status).toBe('succeeded');
    expect((await desk.stripe.confirmationTokens.retrieve(token.id)).setup_intent).toBe(done.id);
    const again = desk.stripe.paymentIntents.create({
      amount: 3000,
      currency: 'eur',
      confirm: true,
      confirmation_token: token.id,
      return_url: 'https://shop.test/',
    });
    expect((await refusal(again)).param).toBe('confirmation_token');
  });

  it('can be changed and cancelled while they are open', async () => {
    const { id } = await desk.stripe.setupIntents.create({});
    const changed = await desk.stripe.setupIntents.update(id, { payment_method: 'pm_card_visa' });
    expect(changed.status).toBe('requires_confirmation');
    const ended = await desk.stripe.setupIntents.cancel(id, { cancellation_reason: 'abandoned' });
    expect(ended).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    expect((await refusal(desk.stripe.setupIntents.confirm(id))).statusCode).toBe(400);
  });
});

describe('customer sessions', () => {
  it('open the payment element for a known customer, for half an hour', async () => {
    const customer = await newCustomer();
    const session = await desk.stripe.customerSessions.create({
      customer,
      components: {
        payment_element: { enabled: true, features: { payment_method_redisplay: 'enabled' } },
      },
    });
    expect(session.expires_at - session.created).toBe(1800);
    expect(session.client_secret).toMatch(/^cuss_secret_/);
    expect(session.components).toMatchObject({
      payment_element: { enabled: true, features: { payment_method_redisplay: 'enabled' } },
      pricing_table: { enabled: false },
    });
    const nobody = { customer: 'cus_none', components: { payment_element: { enabled: true } } };
    expect((await refusal(desk.stripe.customerSessions.create(nobody))).param).toBe('customer');
    const nothing = { customer, components: { payment_element: { enabled: false } } };
    expect((await refusal(desk.stripe.customerSessions.create(nothing))).param).toBe('components');
  });
});

describe('payment intents', () => {
  it('can be updated while they are open; a paid one keeps its amount', async () => {
    const { id } = await desk.stripe.paymentIntents.create({ amount: 3000, currency: 'eur' });
    const changed = await desk.stripe.paymentIntents.update(id, {
      amount: 2500,
      metadata: { subjectId: 'ord_1' },
      payment_method: 'pm_card_visa',
    });
    expect(changed).toMatchObject({ amount: 2500, status: 'requires_confirmation' });
    const paid = await desk.stripe.paymentIntents.confirm(id, { return_url: 'https://shop.test/' });
    expect(paid).toMatchObject({ amount_received: 2500, metadata: { subjectId: 'ord_1' } });
    expect((await refusal(desk.stripe.paymentIntents.update(id, { amount: 1000 }))).code).toBe(
      'payment_intent_unexpected_state',
    );
    expect((await desk.stripe.paymentIntents.update(id, { description: 'kept' })).description).toBe('kept');
  });
});
