import type { PaymentFact } from './core/observe.ts';
import type { ObservedPayment } from './ports.ts';

/** A fact as outcomes hear it. The amount is what was captured; before that, what is held or asked. */
export function observedOf(fact: PaymentFact): ObservedPayment {
  const { intentId, purpose, subjectId, attempt, charge, fingerprint, card, failureCode } = fact;
  const { currency } = fact.amount;
  const captured = charge?.captured ?? 0;
  return {
    ...{ intentId, purpose, subjectId, attempt, fingerprint, card, failureCode },
    amount: captured === 0 ? fact.amount : { amount: captured, currency },
    chargeId: charge?.chargeId,
    refunds: fact.refunds.map((one) => ({
      ...one,
      amount: { amount: one.amount, currency },
      at: new Date(one.at),
    })),
    disputes: fact.disputes.map(({ disputeId, state, reason, amount, evidenceDueAt, at }) => ({
      ...{ disputeId, state, reason },
      amount: { amount, currency },
      evidenceDueAt: evidenceDueAt === undefined ? undefined : new Date(evidenceDueAt),
      at: new Date(at),
    })),
    at: new Date(charge?.at ?? fact.at),
  };
}
