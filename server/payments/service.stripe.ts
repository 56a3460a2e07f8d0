import Stripe from 'stripe';
import { logger } from '../platform/logger.ts';
import type { AttemptName, PaymentService } from './service.ts';
import { accountOf, createdOf, eventOf, factOf, instantOf, lookOf, Name } from './stripe-facts.ts';
import { moving, reaching, refusedCreation, undefinedWhenMissing } from './stripe-faults.ts';

type Settings = { secretKey: string; webhookSecret: string; simulatorUrl: string | undefined };

const signatureToleranceS = 300;
const pageSize = 100;
/** What reconciliation lists: the API takes twenty names. Connected accounts' own events are not among them. */
const listedEvents = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.amount_capturable_updated',
  'charge.captured',
  'charge.refunded',
  'charge.refund.updated',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'transfer.created',
  'transfer.reversed',
  'account.updated',
];

/** Stripe through its own SDK. The built-in simulator is Stripe at another address. */
export function stripePaymentService({ secretKey, webhookSecret, simulatorUrl }: Settings): PaymentService {
  const stripe = new Stripe(secretKey, {
    telemetry: false,
    maxNetworkRetries: 2,
    timeout: 10_000,
    ...(simulatorUrl === undefined ? {} : addressOf(simulatorUrl)),
  });

  const fetchIntent = (intentId: string): Promise<Stripe.PaymentIntent> =>
    stripe.paymentIntents.retrieve(intentId, { expand: ['latest_charge', 'latest_charge.refunds'] });

  async function* intentsSince(since: Date): AsyncGenerator<Stripe.PaymentIntent> {
    yield* stripe.paymentIntents.list({
      created: { gte: secondsOf(since) },
      expand: ['data.latest_charge'],
      limit: pageSize,
    });
  }

  return {
    async createPayment({ name, amount, confirmationToken, capture, transferGroup, metadata, key }) {
      try {
        const intent = await stripe.paymentIntents.create(
          {
            amount: amount.amount,
            currency: amount.currency.toLowerCase(),
            confirm: true,
            ...(capture === 'later' && { capture_method: 'manual' as const }),
            confirmation_token: confirmationToken,
            allowed_payment_method_types: ['card'],
            use_stripe_sdk: true,
            transfer_group: transferGroup,
            metadata: { ...metadata, ...name },
          },
          { idempotencyKey: key },
        );
        return createdOf(intent);
      } catch (fault) {
        return refusedCreation(fault);
      }
    },

    findPayment: (name, since) =>
      reaching(async () => {
        for await (const intent of intentsSince(since)) {
          const found = Name.safeParse(intent.metadata);
          if (found.success && isSameAttempt(found.data, name)) return createdOf(intent);
        }
        return undefined;
      }),

    fetchPayment: (intentId) =>
      reaching(async () => {
        const intent = await fetchIntent(intentId).catch(undefinedWhenMissing);
        const name = Name.safeParse(intent?.metadata);
        if (intent === undefined || !name.success) return undefined;
        const charge = typeof intent.latest_charge === 'string' ? null : intent.latest_charge;
        const about = { payment_intent: intentId, limit: pageSize };
        const refunds = charge?.refunds?.has_more
          ? await Array.fromAsync(stripe.refunds.list(about))
          : (charge?.refunds?.data ?? []);
        const disputes = charge?.disputed ? await Array.fromAsync(stripe.disputes.list(about)) : [];
        return factOf(intent, name.data, charge, refunds, disputes);
      }),

    cancelPayment: (intentId) =>
      reaching(async () => {
        const intent = await stripe.paymentIntents.cancel(intentId).catch((fault: unknown) => {
          if (fault instanceof Stripe.errors.StripeInvalidRequestError) return fetchIntent(intentId);
          throw fault;
        });
        return endOf(intent);
      }),

    capturePayment: (intentId, amount, key) =>
      reaching(async () => {
        const wanted = amount === undefined ? {} : { amount_to_capture: amount.amount };
        const intent = await stripe.paymentIntents
          .capture(intentId, wanted, { idempotencyKey: key })
          .catch((fault: unknown) => {
            if (fault instanceof Stripe.errors.StripeInvalidRequestError) return fetchIntent(intentId);
            throw fault;
          });
        return endOf(intent);
      }),

    previewCard: (confirmationToken) =>
      reaching(async () => {
        const token = await stripe.confirmationTokens.retrieve(confirmationToken).catch(undefinedWhenMissing);
        const card = token?.payment_method_preview?.card;
        return card?.fingerprint
          ? { fingerprint: card.fingerprint, brand: card.brand, last4: card.last4 }
          : undefined;
      }),

    refund: ({ intentId, amount, moveId, refundId, key }) =>
      moving(async () => {
        const { id } = await stripe.refunds.create(
          {
            payment_intent: intentId,
            amount: amount.amount,
            metadata: { moveId, ...(refundId !== undefined && { refundId }) },
          },
          { idempotencyKey: key },
        );
        return { serviceRefundId: id };
      }),

    transfer: ({ accountId, amount, chargeId, transferGroup, moveId, key }) =>
      moving(async () => {
        const transfer = await stripe.transfers.create(
          {
            amount: amount.amount,
            currency: amount.currency.toLowerCase(),
            destination: accountId,
            transfer_group: transferGroup,
            metadata: { moveId },
            ...(chargeId === undefined ? {} : { source_transaction: chargeId }),
          },
          { idempotencyKey: key },
        );
        return { transferId: transfer.id, at: instantOf(transfer.created) };
      }),

    findTransfer: (transferGroup, moveId) =>
      reaching(async () => {
        for await (const one of stripe.transfers.list({ transfer_group: transferGroup, limit: pageSize }))
          if (one.metadata.moveId === moveId) return { transferId: one.id, at: instantOf(one.created) };
        return undefined;
      }),

    reverseTransfer: ({ transferId, amount, moveId, key }) =>
      moving(async () => {
        const reversal = await stripe.transfers.createReversal(
          transferId,
          { amount: amount.amount, metadata: { moveId } },
          { idempotencyKey: key },
        );
        return { reversalId: reversal.id, at: instantOf(reversal.created) };
      }),

    findReversal: (transferId, moveId) =>
      reaching(async () => {
        for await (const one of stripe.transfers.listReversals(transferId, { limit: pageSize }))
          if (one.metadata?.moveId === moveId) return { reversalId: one.id, at: instantOf(one.created) };
        return undefined;
      }),

    ping: () =>
      reaching(async () => {
        await stripe.balance.retrieve();
      }),

    createAccount: ({ vendorId, name, key }) =>
      reaching(async () =>
        accountOf(
          await stripe.accounts.create(
            {
              type: 'express',
              business_profile: { name },
              capabilities: { transfers: { requested: true } },
              metadata: { vendorId },
            },
            { idempotencyKey: key },
          ),
        ),
      ),

    fetchAccount: (accountId) =>
      reaching(async () => {
        const account = await stripe.accounts.retrieve(accountId).catch(undefinedWhenMissing);
        return account && accountOf(account);
      }),

    accountLink: (accountId, { returnUrl, refreshUrl }) =>
      reaching(async () => {
        const { url } = await stripe.accountLinks.create({
          account: accountId,
          type: 'account_onboarding',
          return_url: returnUrl,
          refresh_url: refreshUrl,
        });
        return { url };
      }),

    readEvent(body, signature) {
      try {
        return eventOf(stripe.webhooks.constructEvent(body, signature, webhookSecret, signatureToleranceS));
      } catch (fault) {
        logger.debug({ err: fault }, 'webhook with a wrong signature');
        return undefined;
      }
    },

    async *eventsSince(since) {
      for await (const event of stripe.events.list({
        created: { gte: secondsOf(since) },
        types: listedEvents,
        limit: pageSize,
      }))
        yield eventOf(event);
    },

    async *paymentsSince(since) {
      for await (const intent of intentsSince(since))
        if (Name.safeParse(intent.metadata).success) yield { intentId: intent.id, look: lookOf(intent) };
    },
  };
}

function endOf({ status }: Stripe.PaymentIntent): 'cancelled' | 'paid' | 'processing' {
  if (status === 'canceled') return 'cancelled';
  return status === 'succeeded' ? 'paid' : 'processing';
}

function addressOf(simulatorUrl: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const { hostname, port, protocol } = new URL(simulatorUrl);
  return { host: hostname, port, protocol: protocol === 'https:' ? 'https' : 'http' };
}

const isSameAttempt = (one: AttemptName, other: AttemptName): boolean =>
  one.purpose === other.purpose && one.subjectId === other.subjectId && one.attempt === other.attempt;

const secondsOf = (instant: Date): number => Math.floor(instant.getTime() / 1000);
