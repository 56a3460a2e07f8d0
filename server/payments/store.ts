import type { Money } from '#contract/money.ts';
import type { AccountFact } from './core/payout.ts';

/** Money that has to be moved, stored before the payment service is asked, so that a crash forgets none. */
export type MoneyMove = {
  /** The idempotency key too: `refund:pi_…:late`, `transfer:ord_…:charge`. */
  moveId: string;
  kind: 'refund' | 'transfer';
  amount: Money;
  /** Refunds: the payment that goes back. */
  intentId: string | undefined;
  /** Transfers: to whom, and out of which charge (undefined: out of the platform's balance). */
  vendorId: string | undefined;
  chargeId: string | undefined;
  transferGroup: string | undefined;
  reason: string;
  dueAt: Date;
};

/** What was last seen of a payment, for reconciliation. */
type SeenPayment = { intentId: string; status: string; causeId: string; at: Date };

/** What payments remembers beside the journal and the inbox. */
export interface PaymentStore {
  /** Stores a move once; the same id again changes nothing. */
  plan(move: MoneyMove): Promise<'new' | 'known'>;
  /** Planned moves that are due, oldest first. */
  dueMoves(kind: MoneyMove['kind'], now: Date, limit: number): Promise<MoneyMove[]>;
  moveOf(moveId: string): Promise<(MoneyMove & { madeAs: string | undefined }) | undefined>;
  /** `madeAs` is the payment service's id of the refund or transfer. */
  markMade(moveId: string, madeAs: string, at: Date): Promise<void>;
  /** Puts a move off after a fault. */
  putOff(moveId: string, until: Date, fault: string): Promise<void>;

  note(seen: SeenPayment): Promise<void>;
  seen(intentIds: readonly string[]): Promise<Map<string, string>>;

  payoutOf(vendorId: string): Promise<AccountFact | undefined>;
  savePayout(vendorId: string, account: AccountFact, at: Date): Promise<void>;
  /** Vendors whose account is not active. */
  unfinishedPayouts(limit: number): Promise<{ vendorId: string; accountId: string }[]>;

  /** How far a periodic look has come. */
  mark(name: string): Promise<Date | undefined>;
  setMark(name: string, at: Date): Promise<void>;
}
