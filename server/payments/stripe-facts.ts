import type Stripe from 'stripe';
import { z } from 'zod';
import { RefundId } from '#contract/ids.ts';
import { Currency, type Money } from '#contract/money.ts';
import type { DisputeFact, PaymentFact } from './core/observe.ts';
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
    case 'requires_capture':
      return 'authorised';
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
const statusOf = (status: string): PaymentFact['status'] => KnownStatus.parse(status);

/** What of an intent with its charge shows in a list, in one word. */
export function lookOf(intent: Stripe.PaymentIntent): string {
  const charge = typeof intent.latest_charge === 'string' ? null : intent.latest_charge;
  const { amount_captured: captured = 0, amount_refunded: refunded = 0, disputed = false } = charge ?? {};
  return `${intent.status} captured ${captured} refunded ${refunded}${disputed ? ' disputed' : ''}`;
}

/** A payment with its charge, refunds and disputes, as the cores read it. */
export function factOf(
  intent: Stripe.PaymentIntent,
  name: AttemptName,
  charge: Stripe.Charge | null,
  refunds: readonly Stripe.Refund[],
  disputes: readonly Stripe.Dispute[],
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
    refunds: refunds
      .filter(movedMoney)
      .map(({ id, amount, status, created, metadata }) => ({
        serviceRefundId: id,
        refundId: RefundId.safeParse(metadata?.refundId).data,
        amount,
        hasFailed: status === 'failed' || status === 'canceled',
        at: created * 1000,
      }))
      .toSorted((one, other) => one.at - other.at),
    disputes: disputes.map(disputeOf).toSorted((one, other) => one.at - other.at),
    fingerprint: card?.fingerprint ?? undefined,
    card: card?.brand && card.last4 ? { brand: card.brand, last4: card.last4 } : undefined,
    failureCode: failure ? (failure.decline_code ?? failure.code ?? 'card_declined') : undefined,
    look: lookOf(intent),
    at: (intent.canceled_at ?? charge?.created ?? intent.created) * 1000,
  };
}

/** What the bank held and let go of an authorisation is listed as a refund too, and moved nothing. */
const movedMoney = ({ status, balance_transaction }: Stripe.Refund): boolean =>
  status !== 'succeeded' || balance_transaction !== null;

function disputeOf(dispute: Stripe.Dispute): DisputeFact {
  const { id, amount, reason, status, created, evidence_details, balance_transactions } = dispute;
  const instantOfSign = (sign: number): number | undefined => {
    const found = balance_transactions.find((one) => Math.sign(one.amount) === sign);
    return found && found.created * 1000;
  };
  const dueBy = evidence_details.due_by;
  return {
    disputeId: id,
    state: disputeState(status),
    reason,
    amount,
    evidenceDueAt: dueBy === null ? undefined : dueBy * 1000,
    at: created * 1000,
    withdrawnAt: instantOfSign(-1),
    reinstatedAt: instantOfSign(1),
  };
}

function disputeState(status: Stripe.Dispute.Status): DisputeFact['state'] {
  if (status === 'lost') return 'lost';
  return status === 'won' || status === 'warning_closed' || status === 'prevented' ? 'won' : 'open';
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
  const named = about?.object === 'payment_intent' ? about.id : about?.payment_intent;
  const intentId = event.account === undefined ? named : undefined;
  return {
    eventId: event.id,
    type: event.type,
    isLive: event.livemode,
    createdAt: instantOf(event.created),
    intentId: intentId ?? undefined,
    accountId: about?.object === 'account' ? about.id : undefined,
    onAccount: event.account,
  };
}

const moneyOf = (amount: number, currency: string): Money => ({
  amount,
  currency: Currency.parse(currency.toUpperCase()),
});
/** Stripe's seconds as an instant. */
export const instantOf = (seconds: number): Date => new Date(seconds * 1000);
