import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { Fault } from '../platform/fault.ts';
import { putOff, putOffUnknown, sweepMoves } from './moves.ts';
import { observePayment } from './observe.ts';
import type { Payments } from './parts.ts';
import { makeRefund, refundMoveId, wishOf } from './refunds.ts';

/** Money that somebody decided to give back; `refundId` names the decision, and is refunded once. */
export type RefundInput = { intentId: string; refundId: RefundId; amount: Money; reason: string };

/**
 * Stores the wish to give money back, asks the payment service at once, and looks what came of it. Where it gives no
 * word the sweep repeats it under the same key. The same `refundId` again sends nothing twice.
 */
export async function refund(payments: Payments, input: RefundInput): Promise<void> {
  const { store, failpoint } = payments;
  const { intentId, refundId, amount, reason } = input;
  const moveId = refundMoveId(intentId, refundId);
  await store.plan(wishOf(payments, { moveId, intentId, refundId, amount, reason }));
  await failpoint('payments.refund:planned');
  const move = await store.moveOf(moveId);
  if (move === undefined || move.madeAs !== undefined) return;
  if (move.amount.amount !== amount.amount || move.amount.currency !== amount.currency)
    throw new Error(`${refundId} was asked with another amount`);
  try {
    const tried = await makeRefund(payments, move);
    if (tried.kind !== 'made') await putOff(payments, move, tried);
    await observePayment(payments, intentId, moveId);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    await putOffUnknown(payments, move, fault);
  }
}

/** Makes every refund that is due. Returns how many were made. */
export const sweepRefunds = (payments: Payments): Promise<number> =>
  sweepMoves(payments, 'refund', async (move) => {
    const tried = await makeRefund(payments, move);
    if (tried.kind === 'made' && move.intentId) await observePayment(payments, move.intentId, move.moveId);
    return tried;
  });
