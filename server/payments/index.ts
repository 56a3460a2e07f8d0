import type { VendorId } from '#contract/ids.ts';
import type { Currency, Money } from '#contract/money.ts';
import { portion } from '../platform/money.ts';
import { leastCharges } from './core/least-charge.ts';
import { type RefundableSale, type RefundShare, shareOfRefund } from './core/refund.ts';
import { paymentRoutes } from './http.ts';
import { observePayment } from './observe.ts';
import type { PaymentParts, Payments } from './parts.ts';
import type { PayInput } from './pay.ts';
import { pay } from './pay.ts';
import { connectPayout, statusOfPayout } from './payouts.ts';
import type { PaymentOutcome } from './ports.ts';
import { type RefundInput, refund, sweepRefunds } from './refund.ts';
import { bookReturn, type ReturnInput, sweepReversals } from './returns.ts';
import { sealJournal } from './sealing.ts';
import { makeTransfers, planTransfer, type SaleInput } from './transfers.ts';
import { handleEvent, reconcile, sweepInbox } from './webhooks.ts';

export { digestOf, genesis, hashOf, sealAfter } from './chain.ts';
export type { Balance } from './core/journal.ts';
export { type RefundableSale, type RefundShare, shareOfRefund } from './core/refund.ts';
export { paymentMigrations } from './migrations.ts';
export type { PayInput } from './pay.ts';
export type { ObservedPayment, PaymentOutcome } from './ports.ts';
export type { RecordedEntry, Seal, SealBook } from './seals.ts';
export type { SaleInput } from './transfers.ts';

export type PaymentsFace = ReturnType<typeof createPayments>;

/** Money: the payment service behind a port, one way in for what it says, the journal, refunds and payouts. */
export function createPayments(parts: PaymentParts) {
  const payments: Payments = {
    ...parts,
    failpoint: parts.failpoint ?? (() => {}),
    outcomes: new Map(),
  };
  return {
    routes: paymentRoutes(payments),

    /** Names what happens to subjects of one purpose; once per purpose, at composition. */
    registerOutcome(outcome: PaymentOutcome): void {
      payments.outcomes.set(outcome.purpose, outcome);
    },
    pay: (input: PayInput) => pay(payments, input),
    /** Undefined: the token is unknown, used or too old. */
    previewCard: (confirmationToken: string) => payments.stripe.previewCard(confirmationToken),
    /** Cancels where that is still possible, and says how the payment stands: only `cancelled` frees what was held. */
    cancel: (intentId: string) => payments.stripe.cancelPayment(intentId),
    /**
     * Takes money that the bank holds, all of it without `amount`, observes the payment, and says how it stands.
     * Not `paid`: the hold is over, or something is under way with it.
     */
    async capture(intentId: string, amount?: Money): Promise<'paid' | 'cancelled' | 'processing'> {
      const key = `capture:${intentId}:${amount?.amount ?? 'all'}`;
      const stands = await payments.stripe.capturePayment(intentId, amount, key);
      await payments.failpoint('payments.capture:sent');
      await observePayment(payments, intentId, key);
      return stands;
    },
    refund: (input: RefundInput) => refund(payments, input),
    bookReturn: (input: ReturnInput) => bookReturn(payments, input),
    shareOfRefund: (sale: RefundableSale, standing: readonly RefundShare[], amount: Money): RefundShare =>
      shareOfRefund(sale, standing, amount),
    observePayment: (intentId: string, causeId: string) => observePayment(payments, intentId, causeId),

    /** What the platform keeps of goods sold at this price. */
    feeOf: ({ amount, currency }: Money): Money => ({
      amount: portion(amount, Math.round(parts.config.payments.feePercent * 100)),
      currency,
    }),
    /** No card is charged less than this. */
    leastCharge: (currency: Currency): Money => ({ amount: leastCharges[currency], currency }),
    planTransfer: (sale: SaleInput) => planTransfer(payments, sale),

    async isPayable(vendorId: string): Promise<boolean> {
      return (await statusOfPayout(payments, vendorId)).isPayable;
    },
    payoutStatus: (vendorId: string) => statusOfPayout(payments, vendorId),
    connectPayout: (vendorId: VendorId, returnPath: string) => connectPayout(payments, vendorId, returnPath),

    journal: parts.journal,
    /** The journal as its verifier reads it. */
    seals: parts.seals,

    /** Resolves when the payment service answers, for the health page. */
    ping: () => payments.stripe.ping(),

    /** A worker's part: handles one stored webhook event. */
    handleEvent: (eventId: string) => handleEvent(payments, eventId),
    /** Swept every few seconds: events that no worker has handled. */
    sweepInbox: () => sweepInbox(payments),
    /** Swept every few seconds: transfers that are due. */
    sweepTransfers: () => makeTransfers(payments),
    /** Swept every few seconds: transfers to be taken back. */
    sweepReversals: () => sweepReversals(payments),
    /** Swept every few seconds: refunds that were planned and not sent. */
    sweepRefunds: () => sweepRefunds(payments),
    /** Swept every few seconds: numbers and chains new journal entries. */
    sealJournal: () => sealJournal(payments),
    /** Run every ten seconds, and once a day over three days: what webhooks missed. */
    reconcile: (since?: Date) => reconcile(payments, since),
  };
}
