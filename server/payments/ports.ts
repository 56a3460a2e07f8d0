import type { Money } from '#contract/money.ts';

/** What a payment is for; each purpose has one registered {@link PaymentOutcome}. */
export type PaymentPurpose = 'order';

/** A payment as the payment service's object tells it. */
export type ObservedPayment = {
  intentId: string;
  purpose: PaymentPurpose;
  subjectId: string;
  /** Which try of the subject made it, from 1. */
  attempt: number;
  amount: Money;
  chargeId: string | undefined;
  /** The same for the same card, whoever holds it. */
  fingerprint: string | undefined;
  card: { brand: string; last4: string } | undefined;
  /** The bank's word for a refusal, `insufficient_funds` … */
  failureCode: string | undefined;
  /** When the payment service says it happened. */
  at: Date;
};

/**
 * What happens to a subject when its payment turns out. Every method may be called again for the same payment, by
 * several processes at once, and must then change nothing.
 */
export interface PaymentOutcome {
  readonly purpose: PaymentPurpose;
  /** Money has come. `refund` sends all of it back: the subject cannot have it. */
  paid(payment: ObservedPayment): Promise<'kept' | 'refund'>;
  /** The bank or the payer said no. */
  failed(payment: ObservedPayment): Promise<void>;
  cancelled(payment: ObservedPayment): Promise<void>;
  /** All of it went back to the payer. */
  refunded(payment: ObservedPayment): Promise<void>;
  requiresAction?(payment: ObservedPayment): Promise<void>;
}

/** Called between two steps that a crash may part; tests make it throw. */
export type Failpoint = (name: string) => void | Promise<void>;
