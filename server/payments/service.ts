import type { Money } from '#contract/money.ts';
import type { PaymentFact } from './core/observe.ts';
import type { AccountFact } from './core/payout.ts';
import type { PaymentPurpose } from './ports.ts';

/** Which try of which subject a payment belongs to; written on the intent as metadata. */
export type AttemptName = { purpose: PaymentPurpose; subjectId: string; attempt: number };

/** What came of asking for money. */
export type CreatedPayment =
  | {
      kind: 'intent';
      intentId: string;
      status: 'paid' | 'authorised' | 'requires-action' | 'processing' | 'failed' | 'cancelled';
      /** For the payer's browser alone: never stored, never logged. */
      clientSecret: string | undefined;
    }
  | { kind: 'declined'; intentId: string | undefined; code: string }
  /** No word: it may have been charged. `isStored`: the same key will answer the same fault for ever. */
  | { kind: 'unknown'; isStored: boolean; cause: unknown };

/**
 * What came of moving money. `refused` is a last word under this key: nothing was moved, or (where the service failed)
 * a look tells whether it was.
 */
export type Moved<Made> = ({ kind: 'made' } & Made) | { kind: 'refused'; reason: string };

/** A signed event of the payment service, without its payload. */
export type ServiceEvent = {
  eventId: string;
  type: string;
  isLive: boolean;
  createdAt: Date;
  /** The payment intent it is about, if any. */
  intentId: string | undefined;
  /** The connected account it is about, if any. */
  accountId: string | undefined;
  /** The connected account it happened on; undefined: on ours. */
  onAccount?: string | undefined;
};

export type MadeTransfer = { transferId: string; at: Date };
export type MadeReversal = { reversalId: string; at: Date };

/**
 * The payment service as a port. Faults of transport are thrown as `Fault('payment-service-down')`, except where a
 * method says otherwise; every creating call carries an idempotency key of ours.
 */
export interface PaymentService {
  /** Resolves when the payment service answers our key. */
  ping(): Promise<void>;
  /** Creates and confirms a payment intent for cards and wallets. Never throws for a lost answer: `unknown`. */
  createPayment(input: {
    name: AttemptName;
    amount: Money;
    confirmationToken: string;
    /** `later` has the bank hold the money until {@link PaymentService.capturePayment}. */
    capture: 'now' | 'later';
    transferGroup: string;
    metadata: Record<string, string>;
    key: string;
  }): Promise<CreatedPayment>;
  /** Looks through the intents created since for the one of this attempt. */
  findPayment(name: AttemptName, since: Date): Promise<CreatedPayment | undefined>;
  /** Undefined: no such intent, or one that is not ours. */
  fetchPayment(intentId: string): Promise<PaymentFact | undefined>;
  /** Cancels where that is possible, and says how the intent stands afterwards. */
  cancelPayment(intentId: string): Promise<'cancelled' | 'paid' | 'processing'>;
  /** Undefined: the token is unknown, used or too old. */
  previewCard(
    confirmationToken: string,
  ): Promise<{ fingerprint: string; brand: string; last4: string } | undefined>;
  /** Takes money that the bank holds, all of it without `amount`, and says how the intent stands afterwards. */
  capturePayment(
    intentId: string,
    amount: Money | undefined,
    key: string,
  ): Promise<'cancelled' | 'paid' | 'processing'>;
  /** `moveId` and `refundId` are written on the refund as metadata. */
  refund(input: {
    intentId: string;
    amount: Money;
    moveId: string;
    refundId: string | undefined;
    key: string;
  }): Promise<Moved<{ serviceRefundId: string }>>;
  transfer(input: {
    accountId: string;
    amount: Money;
    /** The charge it is paid out of; undefined: out of the platform's balance. */
    chargeId: string | undefined;
    transferGroup: string;
    moveId: string;
    key: string;
  }): Promise<Moved<MadeTransfer>>;
  /** The transfer of a group that was made for a move. */
  findTransfer(transferGroup: string, moveId: string): Promise<MadeTransfer | undefined>;
  /** Takes part of a transfer back; refused where the account's balance does not cover it. */
  reverseTransfer(input: {
    transferId: string;
    amount: Money;
    moveId: string;
    key: string;
  }): Promise<Moved<MadeReversal>>;
  findReversal(transferId: string, moveId: string): Promise<MadeReversal | undefined>;
  createAccount(input: { vendorId: string; name: string; key: string }): Promise<AccountFact>;
  fetchAccount(accountId: string): Promise<AccountFact | undefined>;
  accountLink(accountId: string, pages: { returnUrl: string; refreshUrl: string }): Promise<{ url: string }>;
  /** Checks the signature over the raw body, at most 300 s old; undefined: it does not fit. */
  readEvent(body: Uint8Array, signature: string): ServiceEvent | undefined;
  /** Events since an instant, newest first. */
  eventsSince(since: Date): AsyncIterable<ServiceEvent>;
  /** Payments of ours created since an instant, with the look {@link PaymentFact} would have. */
  paymentsSince(since: Date): AsyncIterable<{ intentId: string; look: string }>;
}
