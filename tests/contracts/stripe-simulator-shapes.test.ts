import { readFileSync } from 'node:fs';
import { Stripe } from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../scripts/stripe-sim/simulator.ts';
import {
  client,
  openSimulator,
  openVendor,
  payWith,
  refusal,
  webhookSecret,
} from '../support/payment-simulator.ts';
import { openWebhookEndpoint, type WebhookEndpoint } from '../support/webhook-endpoint.ts';

let simulator: Simulator;
let endpoint: WebhookEndpoint;
let stripe: Stripe;

const pay = (
  card: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
  options: Stripe.RequestOptions = {},
) => payWith(stripe, card, more, options);

beforeEach(async () => {
  endpoint = await openWebhookEndpoint(webhookSecret);
  simulator = await openSimulator({ webhookUrl: endpoint.url });
  stripe = client(simulator.port);
});
afterEach(async () => {
  await simulator[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
});

describe('shapes', () => {
  const keysNamed = (file: string, name: string) => {
    const source = readFileSync(
      new URL(`../../node_modules/stripe/esm/resources/${file}.d.ts`, import.meta.url),
      'utf8',
    );
    const body = new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source)?.[1] ?? '';
    const keys = [...body.matchAll(/^ {4}(\w+)(\??):/gm)].map(([, key = '', optional]) => ({
      key,
      isOptional: optional === '?',
    }));
    return {
      all: keys.map((one) => one.key),
      needed: keys.filter((one) => !one.isOptional).map((one) => one.key),
    };
  };

  it('[M-O7] every object has the keys that the types of the SDK name, and no others', async () => {
    const intent = await pay('pm_card_createDispute');
    await endpoint.until((types) => types.includes('charge.dispute.created'));
    const paid = await pay('pm_card_visa', {
      expand: ['latest_charge.balance_transaction', 'payment_method'],
    });
    const charge = typeof paid.latest_charge === 'object' ? paid.latest_charge : null;
    const destination = await openVendor(stripe, simulator);
    const transfer = await stripe.transfers.create({ amount: 100, currency: 'eur', destination });
    const account = await stripe.accounts.retrieve(destination);
    const link = await stripe.accountLinks.create({
      account: destination,
      type: 'account_onboarding',
      return_url: 'https://shop.test/',
      refresh_url: 'https://shop.test/',
    });
    const answers: [string, string, object | null][] = [
      ['PaymentIntents', 'PaymentIntent', await stripe.paymentIntents.retrieve(intent.id)],
      ['Charges', 'Charge', charge],
      [
        'BalanceTransactions',
        'BalanceTransaction',
        typeof charge?.balance_transaction === 'object' ? charge.balance_transaction : null,
      ],
      [
        'PaymentMethods',
        'PaymentMethod',
        typeof paid.payment_method === 'object' ? paid.payment_method : null,
      ],
      ['Refunds', 'Refund', await stripe.refunds.create({ payment_intent: paid.id, amount: 100 })],
      ['Transfers', 'Transfer', transfer],
      ['TransferReversals', 'TransferReversal', await stripe.transfers.createReversal(transfer.id)],
      ['Accounts', 'Account', account],
      ['AccountLinks', 'AccountLink', link],
      ['Balance', 'Balance', await stripe.balance.retrieve()],
      ['Customers', 'Customer', await stripe.customers.create({})],
      [
        'ConfirmationTokens',
        'ConfirmationToken',
        await stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' }),
      ],
      ['Disputes', 'Dispute', (await stripe.disputes.list()).data[0] ?? null],
      ['Events', 'EventBase', (await stripe.events.list()).data[0] ?? null],
    ];
    for (const [file, name, answer] of answers) {
      const { all, needed } = keysNamed(file, name);
      const own = Object.keys(answer ?? {}).filter((key) => key !== 'lastResponse');
      expect(needed.length, name).toBeGreaterThan(3);
      expect({ name, lacking: needed.filter((key) => !own.includes(key)) }).toEqual({ name, lacking: [] });
      expect({ name, unknown: own.filter((key) => !all.includes(key)) }).toEqual({ name, unknown: [] });
    }
  });

  it('answers name their request and the version of the SDK', async () => {
    const { lastResponse } = await stripe.balance.retrieve();
    expect(lastResponse.requestId).toMatch(/^req_\w{14}$/);
    expect(lastResponse.apiVersion).toBe('2026-10-28.endive');
  });

  it('a wrong secret key is 401', async () => {
    const stranger = new Stripe('sk_test_other', {
      host: '127.0.0.1',
      port: simulator.port,
      protocol: 'http',
      telemetry: false,
      maxNetworkRetries: 0,
    });
    expect(await refusal(stranger.balance.retrieve())).toBeInstanceOf(
      Stripe.errors.StripeAuthenticationError,
    );
  });
});
