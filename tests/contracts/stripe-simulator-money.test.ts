import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { client, deskOfEachTest, openSimulator, openVendor, refusal } from '../support/payment-simulator.ts';

const desk = deskOfEachTest();

describe('confirmation tokens', () => {
  const publish = (path: string, form: Record<string, string>) =>
    fetch(`${desk.simulator.url}/stripe-sim/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ key: 'pk_test_page', ...form }),
    });
  const card = (number: string) => ({
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': number,
    'payment_method_data[card][exp_month]': '12',
    'payment_method_data[card][exp_year]': '34',
    'payment_method_data[card][cvc]': '123',
    return_url: 'https://shop.test/back',
  });

  it('a token shows fingerprint, brand and last four, and the number is kept nowhere', async () => {
    const dataFile = join(await mkdtemp(join(tmpdir(), 'stripe-sim-')), 'stripe-sim.json');
    await using kept = await openSimulator({ dataFile });
    const post = async (number: string): Promise<unknown> =>
      (
        await fetch(`${kept.url}/stripe-sim/v1/confirmation_tokens`, {
          method: 'POST',
          body: new URLSearchParams({ key: 'pk_test_page', ...card(number) }),
        })
      ).json();
    const made = [
      await post('4242424242424242'),
      await post('4242 4242 4242 4242'),
      await post('5555555555554444'),
    ];
    const prints = [];
    for (const token of made) {
      expect(token).toMatchObject({ object: 'confirmation_token' });
      const id = typeof token === 'object' && token !== null && 'id' in token ? String(token.id) : '';
      prints.push((await client(kept.port).confirmationTokens.retrieve(id)).payment_method_preview?.card);
    }
    expect(prints[0]).toMatchObject({ brand: 'visa', last4: '4242' });
    expect(prints[0]?.fingerprint).toBe(prints[1]?.fingerprint);
    expect(prints[0]?.fingerprint).not.toBe(prints[2]?.fingerprint);
    const disk = readFileSync(dataFile, 'utf8') + readFileSync(`${dataFile}.log`, 'utf8');
    expect(disk).toContain('confirmation_token');
    expect(disk).not.toMatch(/4242424242424242|5555555555554444/);
  });

  it('a token confirms one intent and no second', async () => {
    const token = await desk.stripe.testHelpers.confirmationTokens.create({
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.test/back',
    });
    const params = { amount: 3000, currency: 'eur', confirm: true, confirmation_token: token.id };
    const intent = await desk.stripe.paymentIntents.create(params);
    expect(intent.status).toBe('succeeded');
    expect((await desk.stripe.confirmationTokens.retrieve(token.id)).payment_intent).toBe(intent.id);
    expect(await refusal(desk.stripe.paymentIntents.create(params))).toMatchObject({
      param: 'confirmation_token',
    });
    expect((await desk.stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('the browser key opens neither the server API nor an intent without its secret', async () => {
    const intent = await desk.stripe.paymentIntents.create({
      amount: 3000,
      currency: 'eur',
      metadata: { orderId: 'ord_1' },
    });
    const asPublic = new Stripe('pk_test_page', {
      host: '127.0.0.1',
      port: desk.simulator.port,
      protocol: 'http',
      telemetry: false,
      maxNetworkRetries: 0,
    });
    expect(await refusal(asPublic.paymentIntents.retrieve(intent.id))).toMatchObject({ statusCode: 401 });
    const see = (secret: string) =>
      fetch(
        `${desk.simulator.url}/stripe-sim/v1/payment_intents/${intent.id}?key=pk_test_page&client_secret=${secret}`,
      );
    expect((await see('wrong')).status).toBe(400);
    const seen = await (await see(intent.client_secret ?? '')).text();
    expect(seen).toContain(intent.id);
    expect(seen).not.toContain('ord_1');
  });

  it('a wrong number is refused before any bank is asked', async () => {
    const answer = await publish('confirmation_tokens', card('4242424242424241'));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'incorrect_number' } });
  });
});

describe('money after the sale', () => {
  it('refunds, in part, in full and too much', async () => {
    const intent = await desk.pay('pm_card_visa');
    const charge = String(intent.latest_charge);
    await desk.stripe.refunds.create({
      payment_intent: intent.id,
      amount: 1000,
      reason: 'requested_by_customer',
    });
    expect(await refusal(desk.stripe.refunds.create({ charge, amount: 2001 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
    });
    expect(await desk.stripe.refunds.create({ charge })).toMatchObject({ amount: 2000, status: 'succeeded' });
    expect(await refusal(desk.stripe.refunds.create({ charge }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(await desk.stripe.charges.retrieve(charge, { expand: ['refunds'] })).toMatchObject({
      refunded: true,
      amount_refunded: 3000,
      refunds: { data: [{ amount: 2000 }, { amount: 1000 }] },
    });
    expect((await desk.stripe.refunds.list({ payment_intent: intent.id })).data).toHaveLength(2);
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent().slice(3)).toEqual([
      'refund.created',
      'charge.refunded',
      'refund.created',
      'charge.refunded',
    ]);
  });

  it('transfers go to vendors that finished onboarding, never above their source charge', async () => {
    const raw = await desk.stripe.accounts.create({
      type: 'express',
      capabilities: { transfers: { requested: true } },
    });
    const intent = await desk.pay('pm_card_visa', { transfer_group: 'ord_1' });
    const from = { amount: 2700, currency: 'eur', source_transaction: String(intent.latest_charge) };
    expect(await refusal(desk.stripe.transfers.create({ ...from, destination: raw.id }))).toMatchObject({
      code: 'insufficient_capabilities_for_transfer',
    });
    const destination = await openVendor(desk.stripe, desk.simulator);
    const transfer = await desk.stripe.transfers.create({ ...from, destination });
    expect(transfer).toMatchObject({ amount: 2700, destination, transfer_group: 'ord_1', reversed: false });
    expect(await refusal(desk.stripe.transfers.create({ ...from, amount: 301, destination }))).toMatchObject({
      param: 'amount',
    });
    const back = await desk.stripe.transfers.createReversal(transfer.id, { amount: 700 });
    expect(back).toMatchObject({ amount: 700, transfer: transfer.id });
    expect(await desk.stripe.transfers.retrieve(transfer.id)).toMatchObject({
      amount_reversed: 700,
      reversals: { data: [{ id: back.id }] },
    });
    const balance = await desk.stripe.balance.retrieve({}, { stripeAccount: destination });
    expect(balance.available).toMatchObject([{ amount: 2000, currency: 'eur' }]);
    desk.simulator.control.payOut(destination, 'eur');
    expect(await refusal(desk.stripe.transfers.createReversal(transfer.id))).toMatchObject({
      code: 'balance_insufficient',
    });
  });

  it('a transfer from the platform needs funds, and every cent is on one balance', async () => {
    await using poor = await openSimulator({ openingBalance: 0 });
    desk.stripe = client(poor.port);
    const account = await desk.stripe.accounts.create({
      type: 'express',
      capabilities: { transfers: { requested: true } },
    });
    poor.control.finishOnboarding(account.id);
    const wanted = { amount: 1000, currency: 'eur', destination: account.id };
    expect(await refusal(desk.stripe.transfers.create(wanted))).toMatchObject({
      code: 'balance_insufficient',
    });
    const intent = await desk.pay('pm_card_visa');
    await desk.stripe.transfers.create(wanted);
    await desk.stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
    expect((await desk.stripe.balance.retrieve()).available).toMatchObject([
      { amount: 3000 - 117 - 1000 - 500, currency: 'eur' },
    ]);
    const { data } = await desk.stripe.balanceTransactions.list();
    expect(data.map((one) => one.type)).toEqual(['refund', 'transfer', 'charge']);
  });

  it('the onboarding page completes the account, tells account.updated and goes back', async () => {
    const account = await desk.stripe.accounts.create({
      type: 'express',
      capabilities: { transfers: { requested: true } },
    });
    expect(account).toMatchObject({
      charges_enabled: false,
      payouts_enabled: false,
      details_submitted: false,
    });
    expect(account.requirements?.currently_due).not.toEqual([]);
    const link = await desk.stripe.accountLinks.create({
      account: account.id,
      type: 'account_onboarding',
      return_url: `${desk.simulator.url}/back`,
      refresh_url: `${desk.simulator.url}/again`,
    });
    const page = await fetch(link.url);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('Finish');
    const finished = await fetch(link.url, { method: 'POST', redirect: 'manual' });
    expect([finished.status, finished.headers.get('location')]).toEqual([303, `${desk.simulator.url}/back`]);
    expect((await fetch(link.url, { redirect: 'manual' })).headers.get('location')).toBe(
      `${desk.simulator.url}/again`,
    );
    expect(await desk.stripe.accounts.retrieve(account.id)).toMatchObject({
      charges_enabled: true,
      payouts_enabled: true,
      details_submitted: true,
      requirements: { currently_due: [] },
    });
    await desk.simulator.webhooksSettled();
    expect(desk.endpoint.received.at(-1)?.event).toMatchObject({
      type: 'account.updated',
      account: account.id,
    });
  });

  it('customers keep the cards they saved', async () => {
    const customer = await desk.stripe.customers.create({
      email: 'hana@dropcast.test',
      metadata: { user: 'hana' },
    });
    await desk.pay('pm_card_visa', { customer: customer.id, setup_future_usage: 'on_session' });
    const { data } = await desk.stripe.paymentMethods.list({ customer: customer.id, type: 'card' });
    expect(data).toMatchObject([{ customer: customer.id, card: { last4: '4242' } }]);
    const saved = data[0]?.id ?? '';
    expect((await desk.pay(saved, { customer: customer.id })).status).toBe('succeeded');
    expect((await desk.stripe.paymentMethods.detach(saved)).customer).toBeNull();
    expect(
      (await desk.stripe.customers.update(customer.id, { name: 'Hana', metadata: { user: '' } })).metadata,
    ).toEqual({});
  });
});
