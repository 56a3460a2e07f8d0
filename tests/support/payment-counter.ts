import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import Stripe from 'stripe';
import { RefundId, VendorId } from '#contract/ids.ts';
import type { Currency, Money } from '#contract/money.ts';
import { bindRoutes } from '#server/gateway/bind.ts';
import { mongoInbox } from '#server/payments/inbox.mongo.ts';
import {
  createPayments,
  type ObservedPayment,
  type PaymentOutcome,
  paymentMigrations,
} from '#server/payments/index.ts';
import { mongoJournal } from '#server/payments/journal.mongo.ts';
import { mongoSeals } from '#server/payments/seals.mongo.ts';
import { stripePaymentService } from '#server/payments/service.stripe.ts';
import { mongoPaymentStore } from '#server/payments/store.mongo.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { openStripeSimulator } from '../../scripts/stripe-sim/simulator.ts';
import { openMongo } from './mongo.ts';

const secretKey = 'sk_test_counter';
const webhookSecret = 'whsec_counter';
const fresh = (): string => randomUUID().replaceAll('-', '');

/** What the subject of each payment does when told; a test changes it. */
type Script = Partial<Pick<PaymentOutcome, 'paid'>>;

/**
 * Payments alone over the run's MongoDB and the payment simulator; the subjects are played by the test. `process()`
 * is one more process on the same record.
 */
export async function openCounter() {
  await using opening = new AsyncDisposableStack();
  const stripe = opening.use(
    await openStripeSimulator({ secretKey, webhookSecret, delays: { lateMs: 60_000 } }),
  );
  const mongo = opening.adopt(await connect(openMongo()), closeMongo);
  await migrate(mongo, paymentMigrations);
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, isTrusted: () => true };
  const told: { turn: string; payment: ObservedPayment }[] = [];
  const impossible: string[] = [];
  const jobs = new Set<Promise<unknown>>();
  const script: Script = {};

  const process = (failpoint?: (name: string) => void | Promise<void>) => {
    const payments = createPayments({
      store: mongoPaymentStore(mongo),
      inbox: mongoInbox(mongo),
      journal: mongoJournal(mongo, clock),
      seals: mongoSeals(mongo),
      stripe: stripePaymentService({ secretKey, webhookSecret, simulatorUrl: stripe.url }),
      clock,
      queues: {
        wake: async (_queue, data) => {
          const { eventId } = data as { eventId?: string };
          if (eventId === undefined) return;
          const job = survivor.handleEvent(eventId).catch(() => {});
          jobs.add(job);
          void job.finally(() => jobs.delete(job));
        },
      },
      identity: { vendors: { get: async () => ({ name: 'Vendor' }) } },
      config: {
        http: { publicUrl: 'http://localhost:3000' },
        payments: { secretKey, publishableKey: 'pk_test', simulatorUrl: stripe.url, feePercent: 5 },
      },
      failpoint,
    });
    const heard = (turn: string) => async (payment: ObservedPayment) => void told.push({ turn, payment });
    payments.registerOutcome({
      purpose: 'order',
      async paid(payment) {
        told.push({ turn: 'paid', payment });
        return (await script.paid?.(payment)) ?? 'kept';
      },
      authorised: heard('authorised'),
      failed: heard('failed'),
      cancelled: heard('cancelled'),
      refunded: heard('refunded'),
      disputed: heard('disputed'),
      refundImpossible: async (_payment, refundId) => void impossible.push(refundId),
    });
    return payments;
  };
  const survivor = process();

  const app = express();
  const nobody = { kind: 'anyone' } as const;
  app.use(
    bindRoutes(survivor.routes, {
      authenticator: { authenticate: async () => nobody },
      authorizer: { authorize: () => 'allowed' },
      auditLog: { append: async () => {} },
      clock,
      refuseCrossSite: (_request, _response, next) => next(),
    }),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opening.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  const webhookUrl = `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}/webhooks/stripe`;
  stripe.setWebhookUrl(webhookUrl);
  const sdk = new Stripe(secretKey, { host: '127.0.0.1', port: stripe.port, protocol: 'http' });

  const settled = async (): Promise<void> => {
    await stripe.webhooksSettled();
    while (jobs.size > 0) await Promise.all(jobs);
    await stripe.webhooksSettled();
    while (jobs.size > 0) await Promise.all(jobs);
  };
  const newVendor = async (): Promise<{ vendorId: VendorId; accountId: string }> => {
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    await survivor.connectPayout(vendorId, '/vendor');
    const { accountId = '' } = (await mongoPaymentStore(mongo).payoutOf(vendorId)) ?? {};
    stripe.control.finishOnboarding(accountId);
    await settled();
    return { vendorId, accountId };
  };
  /** Pays for a new subject and observes it; answers its intent and charge. */
  const pay = async (
    amount: number,
    { currency = 'USD' as Currency, card = 'pm_card_visa', capture = 'now' as 'now' | 'later' } = {},
  ) => {
    const subjectId = `ord_${fresh()}`;
    const token = await sdk.testHelpers.confirmationTokens.create({ payment_method: card });
    const name = { purpose: 'order' as const, subjectId, attempt: 1 };
    const paid = await survivor.pay({
      ...name,
      amount: { amount, currency },
      confirmationToken: token.id,
      transferGroup: subjectId,
      capture,
    });
    if (!paid.ok) throw new Error(`not paid: ${paid.refusal}`);
    const { intentId, status } = paid.value;
    await survivor.observePayment(intentId, 'test');
    await settled();
    const chargeId = String((await sdk.paymentIntents.retrieve(intentId)).latest_charge);
    return { subjectId, intentId, chargeId, status };
  };
  const balanceOf = async (account: string): Promise<number> => {
    const balances = await survivor.journal.balances();
    return balances.filter((one) => one.account === account).reduce((sum, one) => sum + one.amount.amount, 0);
  };
  /** What the payment service holds for us by its own list, its own fees and test money left out. */
  const countedByService = async (): Promise<number> => {
    let sum = 0;
    for await (const { type, amount } of sdk.balanceTransactions.list({ limit: 100 }))
      if (type !== 'topup') sum += amount;
    return sum;
  };

  const open = opening.move();
  return {
    payments: survivor,
    process,
    stripe,
    sdk,
    mongo,
    store: mongoPaymentStore(mongo),
    seals: mongoSeals(mongo),
    webhookUrl,
    webhookSecret,
    told,
    impossible,
    script,
    settled,
    newVendor,
    pay,
    balanceOf,
    countedByService,
    newRefundId: () => RefundId.parse(`rfd_${fresh()}`),
    usd: (amount: number): Money => ({ amount, currency: 'USD' }),
    turnsOf: (intentId: string) =>
      told.filter(({ payment }) => payment.intentId === intentId).map(({ turn }) => turn),
    /** Lets time pass for the house; the payment service's clock stays. */
    pass: (ms: number) => {
      aheadMs += ms;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

export type Counter = Awaited<ReturnType<typeof openCounter>>;
