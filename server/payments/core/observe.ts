import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { Account, JournalEntry } from './journal.ts';

/** A dispute of a charge; the instants say when the payment service took the money, and when it gave it back. */
export type DisputeFact = {
  disputeId: string;
  state: 'open' | 'won' | 'lost';
  reason: string;
  amount: number;
  evidenceDueAt: number | undefined;
  at: number;
  withdrawnAt: number | undefined;
  reinstatedAt: number | undefined;
};

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
  /** Refunds that moved money, oldest first. */
  refunds: readonly {
    serviceRefundId: string;
    /** Ours, of its metadata. */
    refundId: RefundId | undefined;
    amount: number;
    hasFailed: boolean;
    at: number;
  }[];
  disputes: readonly DisputeFact[];
  fingerprint: string | undefined;
  card: { brand: string; last4: string } | undefined;
  failureCode: string | undefined;
  /** What of it shows in the payment service's list: another look is another state. */
  look: string;
  at: number;
};

/** `open` waits for a card, `failed` had one that was refused. */
export type OutcomeKind =
  | 'open'
  | 'requires-action'
  | 'processing'
  | 'authorised'
  | 'paid'
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
      return 'paid';
    case 'canceled':
      return 'cancelled';
  }
}

/** What may still be refunded of what was captured, in minor units. */
export function leftOf({ charge, refunds }: PaymentFact): number {
  const back = refunds.reduce((sum, { amount, hasFailed }) => sum + (hasFailed ? 0 : amount), 0);
  return Math.max(0, (charge?.captured ?? 0) - back);
}

function entriesOf({
  charge,
  refunds,
  disputes,
  purpose,
  subjectId,
  amount: { currency },
}: PaymentFact): JournalEntry[] {
  if (charge === undefined || charge.captured === 0) return [];
  const between =
    (account: Account) =>
    (causeId: string, amount: number, at: number, note: string): JournalEntry => ({
      causeId,
      at,
      legs: [
        { account: 'payment-service', amount: { amount, currency } },
        { account, amount: { amount: -amount, currency } },
      ],
      note,
    });
  const moved = between(`${purpose}:${subjectId}`);
  const disputed = between('platform:disputes');
  return [
    moved(`charge:${charge.chargeId}`, charge.captured, charge.at, 'paid by the buyer'),
    ...refunds.map(({ serviceRefundId, amount, at }) =>
      moved(`refund:${serviceRefundId}`, -amount, at, 'refunded to the buyer'),
    ),
    ...refunds
      .filter(({ hasFailed }) => hasFailed)
      .map(({ serviceRefundId, amount, at }) =>
        moved(`refund-failed:${serviceRefundId}`, amount, at, 'refund came back from the bank'),
      ),
    ...disputes.flatMap(({ disputeId, amount, withdrawnAt, reinstatedAt }) => [
      ...(withdrawnAt === undefined
        ? []
        : [disputed(`dispute:${disputeId}`, -amount, withdrawnAt, "taken by the buyer's bank")]),
      ...(reinstatedAt === undefined
        ? []
        : [disputed(`dispute-won:${disputeId}`, amount, reinstatedAt, 'dispute won, given back')]),
    ]),
  ];
}
