import { logger } from '../platform/logger.ts';
import { decide, type OutcomeKind, type PaymentFact } from './core/observe.ts';
import type { Payments } from './parts.ts';
import type { ObservedPayment, PaymentOutcome } from './ports.ts';
import { makeRefund, planRefund } from './refunds.ts';

/**
 * The only way in for money: fetches the payment with our key, writes what its money did into the journal, and tells
 * the registered outcome. Webhook, sweeper and reconciliation all end here; any number of calls in any order leave
 * the same books. `causeId` says who asked, for the record.
 */
export async function observePayment(payments: Payments, intentId: string, causeId: string): Promise<void> {
  const { stripe, journal, store, clock, outcomes, failpoint } = payments;
  const fact = await stripe.fetchPayment(intentId);
  if (fact === undefined) {
    logger.warn({ intentId, causeId }, 'payment is not ours');
    return;
  }
  const { outcome: kind, entries } = decide(fact);
  for (const entry of entries) await journal.append(entry);
  await failpoint('payments.observe:journal-written');
  const outcome = outcomes.get(fact.purpose);
  if (outcome === undefined) throw new Error(`no outcome is registered for ${fact.purpose}`);
  const answer = await tell(outcome, kind, observedOf(fact));
  await failpoint('payments.observe:outcome-told');
  if (answer === 'refund') {
    const move = await planRefund(payments, fact, 'late');
    await failpoint('payments.observe:refund-planned');
    if (move) {
      await makeRefund(payments, move);
      return observePayment(payments, intentId, causeId);
    }
  }
  await store.note({ intentId, status: fact.status, causeId, at: new Date(clock.now()) });
  logger.info({ intentId, subjectId: fact.subjectId, outcome: kind, causeId }, 'payment observed');
}

async function tell(
  outcome: PaymentOutcome,
  kind: OutcomeKind,
  payment: ObservedPayment,
): Promise<'refund' | undefined> {
  switch (kind) {
    case 'paid':
      return (await outcome.paid(payment)) === 'refund' ? 'refund' : undefined;
    case 'refunded':
      await outcome.refunded(payment);
      return undefined;
    case 'failed':
      await outcome.failed(payment);
      return undefined;
    case 'cancelled':
      await outcome.cancelled(payment);
      return undefined;
    case 'requires-action':
      await outcome.requiresAction?.(payment);
      return undefined;
    case 'open':
    case 'processing':
    case 'authorised':
      return undefined;
  }
}

const observedOf = (fact: PaymentFact): ObservedPayment => ({
  intentId: fact.intentId,
  purpose: fact.purpose,
  subjectId: fact.subjectId,
  attempt: fact.attempt,
  amount:
    fact.charge === undefined
      ? fact.amount
      : { amount: fact.charge.captured, currency: fact.amount.currency },
  chargeId: fact.charge?.chargeId,
  fingerprint: fact.fingerprint,
  card: fact.card,
  failureCode: fact.failureCode,
  at: new Date(fact.charge?.at ?? fact.at),
});
