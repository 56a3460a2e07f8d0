import type { Money } from '#contract/money.ts';
import { logger } from '../platform/logger.ts';
import { type DiscountShare, type Sale, saleEntry, shareOf } from './core/sale.ts';
import type { Payments } from './parts.ts';
import type { MoneyMove } from './store.ts';

const pauseMs = 30_000;
const batchSize = 100;

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
  const plan = async (part: string, amount: Money, chargeId: string | undefined): Promise<void> => {
    if (amount.amount <= 0) return;
    const reason = `sale:${subjectId}`;
    await store.plan({
      moveId: `transfer:${subjectId}:${part}`,
      kind: 'transfer',
      amount,
      intentId: undefined,
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
export async function makeTransfers(payments: Payments): Promise<number> {
  const { store, clock } = payments;
  let made = 0;
  for (const move of await store.dueMoves('transfer', new Date(clock.now()), batchSize)) {
    try {
      await makeTransfer(payments, move);
      made += 1;
    } catch (fault) {
      logger.warn({ err: fault, moveId: move.moveId }, 'transfer put off');
      const words = fault instanceof Error ? fault.message : String(fault);
      await store.putOff(move.moveId, new Date(clock.now() + pauseMs), words);
    }
  }
  return made;
}

async function makeTransfer(payments: Payments, move: MoneyMove): Promise<void> {
  const { stripe, store, journal, clock, failpoint } = payments;
  const { moveId, vendorId, amount, chargeId, transferGroup } = move;
  if (vendorId === undefined || transferGroup === undefined) throw new Error(`${moveId} names no vendor`);
  const account = await store.payoutOf(vendorId);
  if (!account?.canBePaid) throw new Error('the vendor cannot be paid yet');
  const { accountId } = account;
  const transfer = await stripe.transfer({ accountId, amount, chargeId, transferGroup, key: moveId });
  await failpoint('payments.transfer:sent');
  await journal.append({
    causeId: `transfer:${transfer.transferId}`,
    at: transfer.at.getTime(),
    legs: [
      { account: `vendor:${vendorId}`, amount },
      { account: 'payment-service', amount: { ...amount, amount: -amount.amount } },
    ],
    note: `transferred for ${move.reason}`,
  });
  await failpoint('payments.transfer:journal-written');
  await store.markMade(moveId, transfer.transferId, new Date(clock.now()));
}
