import { logger } from '../platform/logger.ts';
import { decide, type OutcomeKind } from './core/observe.ts';
import { observedOf } from './observed.ts';
import type { Payments } from './parts.ts';
import type { ObservedPayment, PaymentOutcome } from './ports.ts';
import { refundLate } from './refunds.ts';

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
  const payment = observedOf(fact);
  const seenAt = new Date(clock.now());
  for (const dispute of payment.disputes)
    await store.saveDispute({ ...dispute, intentId, subjectId: fact.subjectId, seenAt });
  const answer = await tell(outcome, kind, payment);
  await failpoint('payments.observe:outcome-told');
  if (answer === 'refund' && (await refundLate(payments, fact)))
    return observePayment(payments, intentId, causeId);
  if (payment.refunds.length > 0) await outcome.refunded(payment);
  if (payment.disputes.length > 0) await outcome.disputed(payment);
  await failpoint('payments.observe:turns-told');
  await store.note({ intentId, look: fact.look, causeId, at: seenAt });
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
    case 'authorised':
      await outcome.authorised(payment);
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
      return undefined;
  }
}
