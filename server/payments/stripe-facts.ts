import type Stripe from 'stripe';
import { z } from 'zod';
import { Currency, type Money } from '#contract/money.ts';
import type { PaymentFact } from './core/observe.ts';
import type { AccountFact } from './core/payout.ts';
import type { AttemptName, CreatedPayment, ServiceEvent } from './service.ts';

/** The metadata that makes an intent ours. */
export const Name = z.object({
  purpose: z.literal('order'),
  subjectId: z.string(),
  attempt: z.coerce.number().int(),
});

/** What came of a creation, in our words; the client secret only where the payer has to act. */
export function createdOf(intent: Stripe.PaymentIntent): CreatedPayment {
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

const KnownStatus = z.enum([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
]) satisfies z.ZodType<PaymentFact['status']>;
/** A payment intent's status, checked. */
export const statusOf = (status: string): PaymentFact['status'] => KnownStatus.parse(status);

/** A payment with its charge and refunds, as the cores read it. */
export function factOf(
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

/** A vendor's account, as far as being paid goes. */
export function accountOf(account: Stripe.Account): AccountFact {
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

/** An event without its payload: what it is about. */
export function eventOf(event: Stripe.Event): ServiceEvent {
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
/** Stripe's seconds as an instant. */
export const instantOf = (seconds: number): Date => new Date(seconds * 1000);
