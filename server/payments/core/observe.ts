import type { Money } from '#contract/money.ts';
import type { JournalEntry } from './journal.ts';

/** A payment intent and its money, read from the payment service with our key. */
export type PaymentFact = {
  intentId: string;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'succeeded'
    | 'canceled';
  purpose: 'order';
  subjectId: string;
  attempt: number;
  amount: Money;
  /** The charge that took the money, with what was captured of it. */
  charge: { chargeId: string; captured: number; at: number } | undefined;
  refunds: readonly { refundId: string; amount: number; hasFailed: boolean; at: number }[];
  fingerprint: string | undefined;
  card: { brand: string; last4: string } | undefined;
  failureCode: string | undefined;
  at: number;
};

/** `open` waits for a card, `failed` had one that was refused. */
export type OutcomeKind =
  | 'open'
  | 'requires-action'
  | 'processing'
  | 'authorised'
  | 'paid'
  | 'refunded'
  | 'failed'
  | 'cancelled';

export type Observation = { outcome: OutcomeKind; entries: JournalEntry[] };

/**
 * What a payment has come to, and every entry its money leaves in the journal. It looks at the object alone, so any
 * number of events in any order lead to the same end.
 */
export function decide(fact: PaymentFact): Observation {
  return { outcome: outcomeOf(fact), entries: entriesOf(fact) };
}

function outcomeOf(fact: PaymentFact): OutcomeKind {
  switch (fact.status) {
    case 'requires_payment_method':
      return fact.failureCode === undefined ? 'open' : 'failed';
    case 'requires_confirmation':
      return 'open';
    case 'requires_action':
      return 'requires-action';
    case 'processing':
      return 'processing';
    case 'requires_capture':
      return 'authorised';
    case 'succeeded':
      return isAllRefunded(fact) ? 'refunded' : 'paid';
    case 'canceled':
      return 'cancelled';
  }
}

function isAllRefunded({ charge, refunds }: PaymentFact): boolean {
  const back = refunds.reduce((sum, { amount, hasFailed }) => sum + (hasFailed ? 0 : amount), 0);
  return charge !== undefined && charge.captured > 0 && back >= charge.captured;
}

function entriesOf({
  charge,
  refunds,
  purpose,
  subjectId,
  amount: { currency },
}: PaymentFact): JournalEntry[] {
  if (charge === undefined || charge.captured === 0) return [];
  const moved = (causeId: string, amount: number, at: number, note: string): JournalEntry => ({
    causeId,
    at,
    legs: [
      { account: 'payment-service', amount: { amount, currency } },
      { account: `${purpose}:${subjectId}`, amount: { amount: -amount, currency } },
    ],
    note,
  });
  return [
    moved(`charge:${charge.chargeId}`, charge.captured, charge.at, 'paid by the buyer'),
    ...refunds.map(({ refundId, amount, at }) =>
      moved(`refund:${refundId}`, -amount, at, 'refunded to the buyer'),
    ),
    ...refunds
      .filter(({ hasFailed }) => hasFailed)
      .map(({ refundId, amount, at }) =>
        moved(`refund-failed:${refundId}`, amount, at, 'refund came back from the bank'),
      ),
  ];
}
