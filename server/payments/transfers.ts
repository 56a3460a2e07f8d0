import type { Money } from '#contract/money.ts';
import { type DiscountShare, type Sale, saleEntry, shareOf } from './core/sale.ts';
import { keyOf, sweepMoves, type Tried } from './moves.ts';
import type { Payments } from './parts.ts';
import type { MoneyMove, PlannedMove } from './store.ts';

/** A paid subject, to be shared out between its vendor, the platform and those who fund its discount. */
export type SaleInput = {
  purpose: 'order';
  subjectId: string;
  chargeId: string;
  vendorId: string;
  /** Whose account bears a host's share of the discount. */
  hostId: string | undefined;
  paid: Money;
  fee: Money;
  discounts: readonly DiscountShare[];
  transferGroup: string;
  paidAt: Date;
  /** When the vendor's money may go. */
  transferAfter: Date;
};

/** The id of the move that pays a vendor: out of the charge, or out of the platform's balance. */
export const transferMoveId = (subjectId: string, part: 'charge' | 'platform'): string =>
  `transfer:${subjectId}:${part}`;

/**
 * Writes the sale into the journal and stores the transfers it owes: out of the charge, and a second one out of the
 * platform's balance for what others fund of the discount. The same subject again changes nothing.
 */
export async function planTransfer({ journal, store, failpoint }: Payments, input: SaleInput): Promise<void> {
  const { purpose, subjectId, vendorId, transferGroup, transferAfter } = input;
  const sale: Sale = {
    ...input,
    at: input.paidAt.getTime(),
    subject: `${purpose}:${subjectId}`,
    causeId: `sale:${subjectId}`,
  };
  await journal.append(saleEntry(sale));
  await failpoint('payments.transfer:sale-written');
  const { ofCharge, ofPlatform } = shareOf(sale);
  const plan = async (
    part: 'charge' | 'platform',
    amount: Money,
    chargeId: string | undefined,
  ): Promise<void> => {
    if (amount.amount <= 0) return;
    const reason = `sale:${subjectId}`;
    await store.plan({
      moveId: transferMoveId(subjectId, part),
      kind: 'transfer',
      amount,
      intentId: undefined,
      refundId: undefined,
      afterMoveId: undefined,
      vendorId,
      chargeId,
      transferGroup,
      reason,
      dueAt: transferAfter,
    });
  };
  await plan('charge', ofCharge, input.chargeId);
  await plan('platform', ofPlatform, undefined);
}

/** Sends every transfer that is due and whose vendor can be paid. Returns how many went. */
export const makeTransfers = (payments: Payments): Promise<number> =>
  sweepMoves(payments, 'transfer', (move) => makeTransfer(payments, move));

async function makeTransfer(payments: Payments, move: PlannedMove): Promise<Tried> {
  const { stripe, store, clock, failpoint } = payments;
  const { moveId, afterMoveId, amount, chargeId, transferGroup } = move;
  const vendorId = accountOfVendor(move);
  if (transferGroup === undefined) throw new Error(`${moveId} has no group`);
  if (afterMoveId !== undefined && (await store.moveOf(afterMoveId))?.madeAs === undefined)
    return { kind: 'waits', reason: `${afterMoveId} has not gone` };
  const account = await store.payoutOf(vendorId);
  if (!account?.canBePaid) return { kind: 'waits', reason: 'the vendor cannot be paid yet' };
  const { accountId } = account;
  const found = move.tries > 0 ? await stripe.findTransfer(transferGroup, moveId) : undefined;
  const made = found
    ? { kind: 'made' as const, ...found }
    : await stripe.transfer({ accountId, amount, chargeId, transferGroup, moveId, key: keyOf(move) });
  if (made.kind === 'refused') return made;
  await failpoint('payments.transfer:sent');
  await bookTransfer(payments, {
    causeId: `transfer:${made.transferId}`,
    at: made.at,
    vendorId,
    amount,
    note: `transferred for ${move.reason}`,
  });
  await failpoint('payments.transfer:journal-written');
  await store.markMade(moveId, made.transferId, new Date(clock.now()));
  return { kind: 'made' };
}

/** The vendor a move of money goes to or comes from. @throws Error when it names none. */
export function accountOfVendor({ moveId, vendorId }: MoneyMove): string {
  if (vendorId === undefined) throw new Error(`${moveId} names no vendor`);
  return vendorId;
}

/** Writes into the journal what went to a vendor; a negative amount came back. */
export async function bookTransfer(
  { journal }: Payments,
  moved: { causeId: string; at: Date; vendorId: string; amount: Money; note: string },
): Promise<void> {
  const { causeId, at, vendorId, amount, note } = moved;
  await journal.append({
    causeId,
    at: at.getTime(),
    legs: [
      { account: `vendor:${vendorId}`, amount },
      { account: 'payment-service', amount: { ...amount, amount: -amount.amount } },
    ],
    note,
  });
}
