import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { AccountFact } from './core/payout.ts';
import type { ServiceDispute } from './ports.ts';

/** Money that has to be moved, stored before the payment service is asked, so that a crash forgets none. */
export type MoneyMove = {
  /** The idempotency key too: `refund:pi_…:rfd_…`, `transfer:ord_…:charge`, `reversal:ord_…:rfd_…:charge`. */
  moveId: string;
  kind: 'refund' | 'transfer' | 'reversal';
  amount: Money;
  /** Refunds: the payment that goes back. */
  intentId: string | undefined;
  /** Refunds: ours; undefined: money that came too late. */
  refundId: RefundId | undefined;
  /** The move that has to be made before: a reversal's transfer, a failed refund's reversal. */
  afterMoveId: string | undefined;
  /** Transfers: to whom, and out of which charge (undefined: out of the platform's balance). */
  vendorId: string | undefined;
  chargeId: string | undefined;
  transferGroup: string | undefined;
  reason: string;
  dueAt: Date;
};

/** A stored move: `refusals` counts definite noes, after each of which it is tried under a key of its own. */
export type PlannedMove = MoneyMove & { tries: number; refusals: number };

/** What was last seen of a payment, for reconciliation. */
type SeenPayment = { intentId: string; look: string; causeId: string; at: Date };

/** A dispute as last seen. */
export type DisputeRecord = ServiceDispute & { intentId: string; subjectId: string; seenAt: Date };

/** What payments remembers beside the journal and the inbox. */
export interface PaymentStore {
  /** Stores a move once; the same id again changes nothing. */
  plan(move: MoneyMove): Promise<'new' | 'known'>;
  /** Planned moves that are due, oldest first. */
  dueMoves(kind: MoneyMove['kind'], now: Date, limit: number): Promise<PlannedMove[]>;
  moveOf(moveId: string): Promise<(PlannedMove & { madeAs: string | undefined }) | undefined>;
  /** `madeAs` is the payment service's id of the refund, transfer or reversal, or why there will be none. */
  markMade(moveId: string, madeAs: string, at: Date): Promise<void>;
  /** Puts a move off after a fault. */
  putOff(moveId: string, until: Date, fault: string): Promise<void>;
  /** Puts a move off after a definite no; counts it once for all who heard it with `refusals` as they were. */
  putOffRefused(move: PlannedMove, until: Date, fault: string): Promise<void>;

  note(seen: SeenPayment): Promise<void>;
  seen(intentIds: readonly string[]): Promise<Map<string, string>>;

  payoutOf(vendorId: string): Promise<AccountFact | undefined>;
  savePayout(vendorId: string, account: AccountFact, at: Date): Promise<void>;
  saveDispute(dispute: DisputeRecord): Promise<void>;
  disputesOf(intentId: string): Promise<DisputeRecord[]>;

  /** Whether an account with the payment service is one of our vendors'. */
  knowsAccount(accountId: string): Promise<boolean>;
  /** Vendors whose account is not active. */
  unfinishedPayouts(limit: number): Promise<{ vendorId: string; accountId: string }[]>;

  /** How far a periodic look has come. */
  mark(name: string): Promise<Date | undefined>;
  setMark(name: string, at: Date): Promise<void>;
}
