import Stripe from 'stripe';
import { z } from 'zod';
import { Currency, type Money } from '#contract/money.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import type { PaymentFact } from './core/observe.ts';
import type { AccountFact } from './core/payout.ts';
import type { AttemptName, CreatedPayment, PaymentService, ServiceEvent } from './service.ts';

type Settings = { secretKey: string; webhookSecret: string; simulatorUrl: string | undefined };

const signatureToleranceS = 300;
const pageSize = 100;

/** The metadata that makes an intent ours. */
const Name = z.object({
  purpose: z.literal('order'),
  subjectId: z.string(),
  attempt: z.coerce.number().int(),
});

/** Stripe through its own SDK. The built-in simulator is Stripe at another address. */
export function stripePaymentService({ secretKey, webhookSecret, simulatorUrl }: Settings): PaymentService {
  const stripe = new Stripe(secretKey, {
    telemetry: false,
    maxNetworkRetries: 2,
    timeout: 10_000,
    ...(simulatorUrl === undefined ? {} : addressOf(simulatorUrl)),
  });

  const fetchIntent = (intentId: string): Promise<Stripe.PaymentIntent> =>
    stripe.paymentIntents.retrieve(intentId, { expand: ['latest_charge'] });

  async function* intentsSince(since: Date): AsyncGenerator<Stripe.PaymentIntent> {
    yield* stripe.paymentIntents.list({ created: { gte: secondsOf(since) }, limit: pageSize });
  }

  return {
    async createPayment({ name, amount, confirmationToken, transferGroup, metadata, key }) {
      try {
        const intent = await stripe.paymentIntents.create(
          {
            amount: amount.amount,
            currency: amount.currency.toLowerCase(),
            confirm: true,
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
        const refunds: Stripe.Refund[] = [];
        if (charge && charge.amount_refunded > 0)
          for await (const refund of stripe.refunds.list({ payment_intent: intentId, limit: pageSize }))
            refunds.push(refund);
        return factOf(intent, name.data, charge, refunds);
      }),

    cancelPayment: (intentId) =>
      reaching(async () => {
        const intent = await stripe.paymentIntents.cancel(intentId).catch((fault: unknown) => {
          if (fault instanceof Stripe.errors.StripeInvalidRequestError) return fetchIntent(intentId);
          throw fault;
        });
        if (intent.status === 'canceled') return 'cancelled';
        return intent.status === 'succeeded' ? 'paid' : 'processing';
      }),

    previewCard: (confirmationToken) =>
      reaching(async () => {
        const token = await stripe.confirmationTokens.retrieve(confirmationToken).catch(undefinedWhenMissing);
        const card = token?.payment_method_preview?.card;
        return card?.fingerprint
          ? { fingerprint: card.fingerprint, brand: card.brand, last4: card.last4 }
          : undefined;
      }),

    refund: ({ intentId, amount, key }) =>
      reaching(async () => {
        const refund = await stripe.refunds
          .create({ payment_intent: intentId, amount: amount.amount }, { idempotencyKey: key })
          .catch((fault: unknown) => {
            if (codeOf(fault) === 'charge_already_refunded') return undefined;
            throw fault;
          });
        return refund && { refundId: refund.id };
      }),

    transfer: ({ accountId, amount, chargeId, transferGroup, key }) =>
      reaching(async () => {
        const transfer = await stripe.transfers.create(
          {
            amount: amount.amount,
            currency: amount.currency.toLowerCase(),
            destination: accountId,
            transfer_group: transferGroup,
            metadata: { moveId: key },
            ...(chargeId === undefined ? {} : { source_transaction: chargeId }),
          },
          { idempotencyKey: key },
        );
        return { transferId: transfer.id, at: instantOf(transfer.created) };
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
        types: ['payment_intent.*', 'charge.*', 'refund.*'],
        limit: pageSize,
      }))
        yield eventOf(event);
    },

    async *paymentsSince(since) {
      for await (const intent of intentsSince(since))
        if (Name.safeParse(intent.metadata).success)
          yield { intentId: intent.id, status: statusOf(intent.status) };
    },
  };
}

function addressOf(simulatorUrl: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const { hostname, port, protocol } = new URL(simulatorUrl);
  return { host: hostname, port, protocol: protocol === 'https:' ? 'https' : 'http' };
}

/** Faults of transport and of the service itself become one fault of ours; the SDK has tried three times by then. */
async function reaching<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (fault) {
    if (fault instanceof Stripe.errors.StripeError)
      throw new Fault('payment-service-down', `the payment service said: ${fault.message}`, {
        cause: {
          type: fault.type,
          code: fault.code,
          statusCode: fault.statusCode,
          requestId: fault.requestId,
        },
      });
    throw fault;
  }
}

const codeOf = (fault: unknown): string | undefined =>
  fault instanceof Stripe.errors.StripeError ? fault.code : undefined;

function undefinedWhenMissing(fault: unknown): undefined {
  if (codeOf(fault) !== 'resource_missing') throw fault;
}

function refusedCreation(fault: unknown): CreatedPayment {
  const { errors } = Stripe;
  if (!(fault instanceof errors.StripeError)) return { kind: 'unknown', isStored: false, cause: fault };
  const intentId = fault.payment_intent?.id;
  if (fault instanceof errors.StripeCardError)
    return { kind: 'declined', intentId, code: fault.decline_code ?? fault.code ?? 'card_declined' };
  if (fault instanceof errors.StripeInvalidRequestError) {
    const about = { code: fault.code, param: fault.param, requestId: fault.requestId };
    if (fault.param === 'confirmation_token') logger.info(about, 'confirmation token not accepted');
    else logger.error(about, 'the payment service refuses what we ask');
    return { kind: 'declined', intentId, code: fault.code ?? 'details_unusable' };
  }
  const isStored = (fault.statusCode ?? 0) >= 500 && fault.headers?.['idempotent-replayed'] === 'true';
  return { kind: 'unknown', isStored, cause: { type: fault.type, message: fault.message } };
}

function createdOf(intent: Stripe.PaymentIntent): CreatedPayment {
  const status = createdStatus(intent.status);
  const clientSecret = status === 'requires-action' ? (intent.client_secret ?? undefined) : undefined;
  return { kind: 'intent', intentId: intent.id, status, clientSecret };
}

function createdStatus(
  status: Stripe.PaymentIntent.Status,
): Extract<CreatedPayment, { kind: 'intent' }>['status'] {
  switch (status) {
    case 'succeeded':
      return 'paid';
    case 'requires_action':
      return 'requires-action';
    case 'canceled':
      return 'cancelled';
    case 'requires_payment_method':
    case 'requires_confirmation':
      return 'failed';
    default:
      return 'processing';
  }
}

const isSameAttempt = (one: AttemptName, other: AttemptName): boolean =>
  one.purpose === other.purpose && one.subjectId === other.subjectId && one.attempt === other.attempt;

const KnownStatus = z.enum([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
]) satisfies z.ZodType<PaymentFact['status']>;
const statusOf = (status: string): PaymentFact['status'] => KnownStatus.parse(status);

function factOf(
  intent: Stripe.PaymentIntent,
  name: AttemptName,
  charge: Stripe.Charge | null,
  refunds: readonly Stripe.Refund[],
): PaymentFact {
  const card = charge?.payment_method_details?.card;
  const failure = intent.last_payment_error;
  return {
    ...name,
    intentId: intent.id,
    status: statusOf(intent.status),
    amount: moneyOf(intent.amount, intent.currency),
    charge:
      charge?.status === 'succeeded'
        ? {
            chargeId: charge.id,
            captured: charge.captured ? charge.amount_captured : 0,
            at: charge.created * 1000,
          }
        : undefined,
    refunds: refunds.map(({ id, amount, status, created }) => ({
      refundId: id,
      amount,
      hasFailed: status === 'failed' || status === 'canceled',
      at: created * 1000,
    })),
    fingerprint: card?.fingerprint ?? undefined,
    card: card?.brand && card.last4 ? { brand: card.brand, last4: card.last4 } : undefined,
    failureCode: failure ? (failure.decline_code ?? failure.code ?? 'card_declined') : undefined,
    at: (intent.canceled_at ?? charge?.created ?? intent.created) * 1000,
  };
}

function accountOf(account: Stripe.Account): AccountFact {
  return {
    accountId: account.id,
    vendorId: account.metadata?.vendorId,
    canBePaid: account.capabilities?.transfers === 'active',
    hasSubmittedDetails: account.details_submitted,
    missing: account.requirements?.currently_due ?? [],
  };
}

const About = z.object({
  id: z.string(),
  object: z.string(),
  payment_intent: z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]).nullish(),
});

function eventOf(event: Stripe.Event): ServiceEvent {
  const about = About.safeParse(event.data.object).data;
  const intentId = about?.object === 'payment_intent' ? about.id : about?.payment_intent;
  return {
    eventId: event.id,
    type: event.type,
    isLive: event.livemode,
    createdAt: instantOf(event.created),
    intentId: intentId ?? undefined,
    accountId: about?.object === 'account' ? about.id : undefined,
  };
}

const moneyOf = (amount: number, currency: string): Money => ({
  amount,
  currency: Currency.parse(currency.toUpperCase()),
});
const instantOf = (seconds: number): Date => new Date(seconds * 1000);
const secondsOf = (instant: Date): number => Math.floor(instant.getTime() / 1000);
