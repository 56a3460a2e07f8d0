import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { type RefundShare, returnEntry } from './core/refund.ts';
import { keyOf, sweepMoves, type Tried } from './moves.ts';
import type { Payments } from './parts.ts';
import type { MoneyMove, PlannedMove } from './store.ts';
import { accountOfVendor, bookTransfer, transferMoveId } from './transfers.ts';

/** A refund of a sale as the payment service has it, with the shares that were fixed when it was asked. */
export type ReturnInput = {
  purpose: 'order';
  subjectId: string;
  refundId: RefundId;
  serviceRefundId: string;
  vendorId: string;
  /** Whose account bore a host's share of the discount. */
  hostId: string | undefined;
  share: RefundShare;
  at: Date;
  /** The bank sent it back: what was booked is booked back, and what was reversed is transferred again. */
  hasFailed: boolean;
};

/**
 * Empties the order's passage of a refund in the journal, and stores the reversals it owes; each goes once its
 * transfer has gone. The same refund again changes nothing.
 */
export async function bookReturn(payments: Payments, input: ReturnInput): Promise<void> {
  const { journal, store, clock, failpoint } = payments;
  const { purpose, subjectId, refundId, vendorId, share, at, hasFailed } = input;
  const given = { ...input, subject: `${purpose}:${subjectId}` as const, at: at.getTime() };
  await journal.append(returnEntry(given, 'return'));
  if (hasFailed) await journal.append(returnEntry(given, 'return-failed'));
  await failpoint('payments.return:written');
  const blank = {
    intentId: undefined,
    refundId: undefined,
    vendorId,
    chargeId: undefined,
    transferGroup: subjectId,
    dueAt: new Date(clock.now()),
  };
  const plan = async (part: 'charge' | 'platform', amount: Money): Promise<void> => {
    if (amount.amount <= 0) return;
    const reversal: MoneyMove = {
      ...blank,
      moveId: `reversal:${subjectId}:${refundId}:${part}`,
      kind: 'reversal',
      amount,
      afterMoveId: transferMoveId(subjectId, part),
      reason: `return:${input.serviceRefundId}`,
    };
    await store.plan(reversal);
    if (!hasFailed) return;
    await store.plan({
      ...reversal,
      moveId: `transfer:${subjectId}:${refundId}:${part}`,
      kind: 'transfer',
      afterMoveId: reversal.moveId,
      reason: `return-failed:${input.serviceRefundId}`,
    });
  };
  await plan('charge', share.ofCharge);
  await plan('platform', share.ofPlatform);
}

/** Makes every reversal that is due and whose transfer was made. Returns how many were made. */
export const sweepReversals = (payments: Payments): Promise<number> =>
  sweepMoves(payments, 'reversal', (move) => makeReversal(payments, move));

async function makeReversal(payments: Payments, move: PlannedMove): Promise<Tried> {
  const { stripe, store, clock, failpoint } = payments;
  const { moveId, afterMoveId, amount } = move;
  const transferId = afterMoveId && (await store.moveOf(afterMoveId))?.madeAs;
  if (!transferId) return { kind: 'waits', reason: 'its transfer has not gone' };
  const found = move.tries > 0 ? await stripe.findReversal(transferId, moveId) : undefined;
  const made = found
    ? { kind: 'made' as const, ...found }
    : await stripe.reverseTransfer({ transferId, amount, moveId, key: keyOf(move) });
  if (made.kind === 'refused') return made;
  await failpoint('payments.reversal:sent');
  await bookTransfer(payments, {
    causeId: `reversal:${made.reversalId}`,
    at: made.at,
    vendorId: accountOfVendor(move),
    amount: { ...amount, amount: -amount.amount },
    note: `transferred back for ${move.reason}`,
  });
  await failpoint('payments.reversal:journal-written');
  await store.markMade(moveId, made.reversalId, new Date(clock.now()));
  return { kind: 'made' };
}
