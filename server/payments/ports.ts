import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';

/** What a payment is for; each purpose has one registered {@link PaymentOutcome}. */
export type PaymentPurpose = 'order';

/** Money that goes or went back to the payer, as the payment service has it. */
type ServiceRefund = {
  serviceRefundId: string;
  /** Ours, out of the refund's metadata; undefined: made at the payment service, or for money that came too late. */
  refundId: RefundId | undefined;
  amount: Money;
  /** The bank sent it back: the payer did not get it. */
  hasFailed: boolean;
  at: Date;
};

/** A payer's bank that asks the money back. `lost`: it keeps it; `won`: it gave it back, or never took it. */
export type ServiceDispute = {
  disputeId: string;
  state: 'open' | 'won' | 'lost';
  /** The bank's word, `fraudulent`, `product_not_received` … */
  reason: string;
  amount: Money;
  evidenceDueAt: Date | undefined;
  at: Date;
};

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
  /** Oldest first, failed ones too. */
  refunds: readonly ServiceRefund[];
  /** Oldest first. */
  disputes: readonly ServiceDispute[];
  /** When the payment service says it happened. */
  at: Date;
};

/**
 * What happens to a subject when its payment turns out. Every method may be called again for the same payment, by
 * several processes at once, and must then change nothing.
 */
export interface PaymentOutcome {
  readonly purpose: PaymentPurpose;
  /** The bank holds the money for us until it is captured or called off. */
  authorised(payment: ObservedPayment): Promise<void>;
  /**
   * Money has come, even when all of it is back already. `refund` sends all of it back: the subject cannot have it.
   */
  paid(payment: ObservedPayment): Promise<'kept' | 'refund'>;
  /** The bank or the payer said no. */
  failed(payment: ObservedPayment): Promise<void>;
  cancelled(payment: ObservedPayment): Promise<void>;
  /** Some or all of it went back, or was to: called after `paid`, whenever `refunds` is not empty. */
  refunded(payment: ObservedPayment): Promise<void>;
  /** A refund that was asked can't be made: less is left of the payment than it asks. */
  refundImpossible?(payment: ObservedPayment, refundId: RefundId): Promise<void>;
  /** The payer's bank asks money back, or has decided: called after `paid`, whenever `disputes` is not empty. */
  disputed(payment: ObservedPayment): Promise<void>;
  requiresAction?(payment: ObservedPayment): Promise<void>;
}

/** Called between two steps that a crash may part; tests make it throw. */
export type Failpoint = (name: string) => void | Promise<void>;
