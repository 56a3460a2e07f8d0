import type { PaymentFact } from './core/observe.ts';
import type { Payments } from './parts.ts';
import type { MoneyMove } from './store.ts';

/** Stores the wish to send back all that is left of a payment; undefined when nothing is, or it was sent before. */
export async function planRefund(
  { store, clock }: Payments,
  fact: PaymentFact,
  reason: string,
): Promise<MoneyMove | undefined> {
  const back = fact.refunds.reduce((sum, { amount, hasFailed }) => sum + (hasFailed ? 0 : amount), 0);
  const left = (fact.charge?.captured ?? 0) - back;
  if (left <= 0) return undefined;
  const moveId = `refund:${fact.intentId}:${reason}`;
  await store.plan({
    moveId,
    kind: 'refund',
    amount: { amount: left, currency: fact.amount.currency },
    intentId: fact.intentId,
    vendorId: undefined,
    chargeId: undefined,
    transferGroup: undefined,
    reason,
    dueAt: new Date(clock.now()),
  });
  const planned = await store.moveOf(moveId);
  return planned?.madeAs === undefined ? planned : undefined;
}

/** Sends one planned refund; its id is the idempotency key, so a second call sends nothing twice. */
export async function makeRefund(
  { stripe, store, clock, failpoint }: Payments,
  { moveId, intentId, amount }: MoneyMove,
): Promise<void> {
  if (intentId === undefined) throw new Error(`${moveId} names no payment`);
  const refund = await stripe.refund({ intentId, amount, key: moveId });
  await failpoint('payments.refund:sent');
  await store.markMade(moveId, refund?.refundId ?? 'nothing-left', new Date(clock.now()));
}
