import type { RefundId } from '#contract/ids.ts';
import { logger } from '../platform/logger.ts';
import { leftOf, type PaymentFact } from './core/observe.ts';
import { keyOf, putOff, type Tried } from './moves.ts';
import { observedOf } from './observed.ts';
import type { Payments } from './parts.ts';
import type { MoneyMove, PlannedMove } from './store.ts';

/** The id of the move that makes a refund. */
export const refundMoveId = (intentId: string, refundId: RefundId | 'late'): string =>
  `refund:${intentId}:${refundId}`;

/** Sends back all that is left of a payment that its subject can't have. True: something was sent. */
export async function refundLate(payments: Payments, fact: PaymentFact): Promise<boolean> {
  const { store, failpoint } = payments;
  const left = leftOf(fact);
  if (left <= 0) return false;
  const { intentId, amount } = fact;
  const moveId = refundMoveId(intentId, 'late');
  const wanted = { amount: left, currency: amount.currency };
  await store.plan(
    wishOf(payments, { moveId, intentId, refundId: undefined, amount: wanted, reason: 'late' }),
  );
  await failpoint('payments.observe:refund-planned');
  const move = await store.moveOf(moveId);
  if (move === undefined || move.madeAs !== undefined) {
    logger.error({ intentId, left }, 'money that came too late is back, and some is here still');
    return false;
  }
  const tried = await makeRefund(payments, move);
  if (tried.kind !== 'made') await putOff(payments, move, tried);
  return tried.kind === 'made';
}

/** Sends one planned refund, after a look at the payment: never what is there already, never more than is left. */
export async function makeRefund(payments: Payments, move: PlannedMove): Promise<Tried> {
  const { stripe, store, clock, failpoint, outcomes } = payments;
  const { moveId, intentId, refundId } = move;
  const fact = intentId === undefined ? undefined : await stripe.fetchPayment(intentId);
  if (fact === undefined) throw new Error(`${moveId} names no payment of ours`);
  const markMade = (madeAs: string) => store.markMade(moveId, madeAs, new Date(clock.now()));
  const known = refundId && fact.refunds.find((one) => one.refundId === refundId);
  if (known) {
    await markMade(known.serviceRefundId);
    return { kind: 'made' };
  }
  const left = leftOf(fact);
  const isLate = refundId === undefined;
  if (left === 0 || (left < move.amount.amount && !isLate)) {
    logger.error({ moveId, left }, 'less is left of the payment than this refund asks');
    if (refundId) await outcomes.get(fact.purpose)?.refundImpossible?.(observedOf(fact), refundId);
    await markMade(isLate ? 'nothing-left' : 'impossible');
    return { kind: 'made' };
  }
  const amount = { ...move.amount, amount: Math.min(left, move.amount.amount) };
  const key = amount.amount === move.amount.amount ? keyOf(move) : `${keyOf(move)}:left-${amount.amount}`;
  const made = await stripe.refund({ intentId: fact.intentId, amount, moveId, refundId, key });
  await failpoint('payments.refund:sent');
  if (made.kind === 'refused') return made;
  await markMade(made.serviceRefundId);
  return { kind: 'made' };
}

/** A refund to be stored before it is sent. */
export const wishOf = (
  { clock }: Payments,
  wish: Pick<MoneyMove, 'moveId' | 'intentId' | 'refundId' | 'amount' | 'reason'>,
): MoneyMove => ({
  ...wish,
  kind: 'refund',
  afterMoveId: undefined,
  vendorId: undefined,
  chargeId: undefined,
  transferGroup: undefined,
  dueAt: new Date(clock.now()),
});
