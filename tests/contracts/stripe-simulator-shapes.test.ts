import { readFileSync } from 'node:fs';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { deskOfEachTest, openVendor, refusal } from '../support/payment-simulator.ts';

const desk = deskOfEachTest();

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
    const intent = await desk.pay('pm_card_createDispute');
    await desk.endpoint.until((types) => types.includes('charge.dispute.created'));
    const paid = await desk.pay('pm_card_visa', {
      expand: ['latest_charge.balance_transaction', 'payment_method'],
    });
    const charge = typeof paid.latest_charge === 'object' ? paid.latest_charge : null;
    const destination = await openVendor(desk.stripe, desk.simulator);
    const transfer = await desk.stripe.transfers.create({ amount: 100, currency: 'eur', destination });
    const account = await desk.stripe.accounts.retrieve(destination);
    const customer = await desk.stripe.customers.create({});
    const link = await desk.stripe.accountLinks.create({
      account: destination,
      type: 'account_onboarding',
      return_url: 'https://shop.test/',
      refresh_url: 'https://shop.test/',
    });
    const answers: [string, string, object | null][] = [
      ['PaymentIntents', 'PaymentIntent', await desk.stripe.paymentIntents.retrieve(intent.id)],
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
      ['Refunds', 'Refund', await desk.stripe.refunds.create({ payment_intent: paid.id, amount: 100 })],
      ['Transfers', 'Transfer', transfer],
      ['TransferReversals', 'TransferReversal', await desk.stripe.transfers.createReversal(transfer.id)],
      ['Accounts', 'Account', account],
      ['AccountLinks', 'AccountLink', link],
      ['Balance', 'Balance', await desk.stripe.balance.retrieve()],
      ['Customers', 'Customer', customer],
      ['SetupIntents', 'SetupIntent', await desk.stripe.setupIntents.create({ customer: customer.id })],
      [
        'CustomerSessions',
        'CustomerSession',
        await desk.stripe.customerSessions.create({
          customer: customer.id,
          components: { payment_element: { enabled: true } },
        }),
      ],
      [
        'ConfirmationTokens',
        'ConfirmationToken',
        await desk.stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' }),
      ],
      ['Disputes', 'Dispute', (await desk.stripe.disputes.list()).data[0] ?? null],
      ['Events', 'EventBase', (await desk.stripe.events.list()).data[0] ?? null],
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
    const { lastResponse } = await desk.stripe.balance.retrieve();
    expect(lastResponse.requestId).toMatch(/^req_\w{14}$/);
    expect(lastResponse.apiVersion).toBe('2026-10-28.endive');
  });

  it('a wrong secret key is 401', async () => {
    const stranger = new Stripe('sk_test_other', {
      host: '127.0.0.1',
      port: desk.simulator.port,
      protocol: 'http',
      telemetry: false,
      maxNetworkRetries: 0,
    });
    expect(await refusal(stranger.balance.retrieve())).toBeInstanceOf(
      Stripe.errors.StripeAuthenticationError,
    );
  });
});
