import type { CloseReason, DropApproval } from '#contract/drops.ts';
import type { AccountId, DropId, GrantId, OrderId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { OutboxEvent } from '../platform/outbox.ts';
import type { Claim, LoggedClaim, Outcome, StoredAnswer } from './core/claim.ts';
import type { Drop } from './core/drop.ts';

/** A batch of claims as the arbiter decided it: numbers run from `first`, and no other batch has its id. */
export type ClaimBatch = {
  dropId: DropId;
  epoch: number;
  batchId: string;
  first: number;
  openedAt: number;
  sinceOpeningMs: number;
  claims: LoggedClaim[];
};

/** What the arbiter starts an epoch with. Instants in milliseconds since 1970. */
export type OpenState = {
  dropId: DropId;
  epoch: number;
  rules: number;
  openedAt: number;
  closesAt: number;
  left: number;
  perViewer: number;
};

export type KnownAnswer = { viewer: string; key: string; answer: StoredAnswer };

export type ArbiterReply =
  | {
      status: 'decided';
      sinceOpeningMs: number;
      left: number;
      first: number;
      /** How many claims got a new number. */
      size: number;
      /** Names the new claims' batch; empty without new ones. */
      batchId: string;
      answers: { answer: StoredAnswer; isRepeat: boolean }[];
    }
  /** `lost`: no state. `loading`: not taking claims yet. `stale`: other rules or another epoch are in force. */
  | { status: 'lost' | 'loading' }
  | { status: 'stale'; epoch: number };

/**
 * Decides who gets a coupon, fast, one atomic step a batch. What it holds may be lost at any time; `epoch` tells one
 * life of it from the next, and only the record promises anything.
 */
export interface ClaimArbiter {
  /** Milliseconds since 1970 on the clock that claim windows are measured by. */
  now(): Promise<number>;
  /** Starts an epoch: empty and loading. An epoch as old as the one in force is `stale`. */
  open(state: OpenState): Promise<'opened' | 'stale'>;
  /** Hands a loading state what the record knows; `isLast` lets claims in. */
  load(
    dropId: DropId,
    epoch: number,
    known: readonly KnownAnswer[],
    isLast: boolean,
  ): Promise<'loaded' | 'stale' | 'lost'>;
  /** Decides at most 256 claims. */
  claim(
    dropId: DropId,
    expected: { epoch: number; rules: number },
    claims: readonly Claim[],
  ): Promise<ArbiterReply>;
  /** Ends granting; stored answers go on being given. */
  close(dropId: DropId, epoch: number): Promise<'closed' | 'stale' | 'lost'>;
  /** Returns a grant's unit to the stock, once for each grant id. */
  giveBack(dropId: DropId, epoch: number, grantId: GrantId): Promise<'returned' | 'known' | 'stale' | 'lost'>;
  standing(dropId: DropId): Promise<{ epoch: number; left: number; number: number } | undefined>;
  /** Viewers with a grant. */
  winners(dropId: DropId): Promise<string[]>;
  /** Drops everything it holds about a drop. */
  forget(dropId: DropId): Promise<void>;
  /** Calls back when the arbiter goes out of reach: when it is here again, its state may be lost or older. */
  onLoss(listener: () => void): void;
}

export type LogEntry = { id: string; deliveries: number; batch: ClaimBatch | undefined; raw: string[] };

/** The arbiter's log, read at least once by any number of recorders. */
export interface ClaimLog {
  /** At most `count` entries that nobody has settled: first those another recorder left for `idleMs`, then new ones. */
  read(dropId: DropId, recorder: string, options: { count: number; idleMs: number }): Promise<LogEntry[]>;
  settle(dropId: DropId, ids: readonly string[]): Promise<void>;
}

/** A coupon somebody holds. Instants in milliseconds since 1970; terms are those of the moment of the grant. */
export type Grant = {
  grantId: GrantId;
  dropId: DropId;
  streamId: StreamId;
  viewer: string;
  epoch: number;
  number: number;
  batchId: string;
  state: 'granted' | 'reserved' | 'redeemed' | 'expired' | 'revoked';
  title: string;
  amountOff: Money;
  minimumSpend: Money;
  productIds: ProductId[];
  funders: Drop['funders'];
  grantedAt: number;
  validUntil: number;
  orderId?: OrderId;
};

type Winner = { viewer: string; key: string; number: number; ordinal: number };
export type PendingBatch = {
  epoch: number;
  batchId: string;
  first: number;
  sinceOpeningMs: number;
  winners: Winner[];
};

/** Drops as they are remembered. Every change is one guarded write; `undefined` says that the guard was closed. */
export interface DropRecord {
  insert(drop: Drop, event: OutboxEvent): Promise<void>;
  get(dropId: DropId): Promise<Drop | undefined>;
  ofStream(streamId: StreamId): Promise<Drop[]>;
  ofVendor(vendorId: VendorId): Promise<Drop[]>;
  approve(
    dropId: DropId,
    version: number,
    approvals: DropApproval[],
    event: OutboxEvent,
  ): Promise<Drop | undefined>;
  /** draft → open, where `version` still stands. */
  open(
    dropId: DropId,
    version: number,
    at: { openedAt: number; closesAt: number },
    event: OutboxEvent,
  ): Promise<Drop | undefined>;
  /** open → closed, or → exhausted where nothing is left. */
  end(
    dropId: DropId,
    to: { state: 'closed' | 'exhausted'; reason: CloseReason; at: number },
    event: OutboxEvent,
  ): Promise<Drop | undefined>;
  /** Makes a draft that was about to open start anew with its release: its version moves on. */
  fenceRelease(dropId: DropId, version: number): Promise<void>;
  /** Open drops whose window is over, or of which nothing is left. */
  due(now: number): Promise<Drop[]>;
  /** Drops whose log may still hold something: open, or ended and not forgotten. */
  unforgotten(): Promise<Drop[]>;
  markForgotten(dropId: DropId): Promise<void>;
  /** Events of a drop go out now. */
  relay(dropId: DropId): Promise<void>;

  /** Takes the room's one place for an open drop; answers who has it. */
  takePlace(streamId: StreamId, dropId: DropId): Promise<DropId>;
  /** Hands the place on, where `from` still has it. */
  passPlace(streamId: StreamId, from: DropId, to: DropId): Promise<boolean>;
  leavePlace(streamId: StreamId, dropId: DropId): Promise<void>;

  /**
   * The fence: makes a batch's winners granted in one step, if the epoch stands, units are left, and the batch is
   * not known. `void`: another epoch. `short`: fewer units than winners, so somebody counted wrong.
   */
  addPending(batch: ClaimBatch): Promise<'added' | 'known' | 'void' | 'short'>;
  /** A batch whose grants stand is pending no more. Answers the drop as it is then. */
  settle(dropId: DropId, batch: { epoch: number; batchId: string }): Promise<Drop | undefined>;
  pending(dropId: DropId): Promise<PendingBatch[]>;
  /** Takes a unit back into stock for a revoked grant, once. */
  takeBack(dropId: DropId, grantId: GrantId): Promise<void>;

  /** Closes an epoch for ever and takes `leaseMs` to make the next; `undefined`: somebody else is at it, or it ended. */
  beginEpoch(dropId: DropId, from: number, now: number, leaseMs: number): Promise<number | undefined>;
  /** Sets what is left in the new epoch, before it takes claims. */
  setLeft(dropId: DropId, epoch: number, left: number): Promise<Drop | undefined>;
  /** The new epoch takes claims: the lease is over. */
  endLease(dropId: DropId, epoch: number): Promise<void>;
}

/** Coupons and who used them. */
export interface GrantRecord {
  /** Adds those that are not there. */
  insert(grants: readonly Grant[]): Promise<void>;
  get(grantId: GrantId): Promise<Grant | undefined>;
  ofDrop(dropId: DropId): Promise<Grant[]>;
  ofViewer(viewer: string): Promise<Grant[]>;
  ofOrder(orderId: OrderId): Promise<Grant | undefined>;
  /** granted → reserved for an order, while valid. */
  reserve(grantId: GrantId, orderId: OrderId, now: number): Promise<Grant | undefined>;
  /** reserved → redeemed. */
  redeem(orderId: OrderId): Promise<Grant | undefined>;
  /** reserved or redeemed → granted, or → expired where its end has passed; the order lets go of it. */
  restore(orderId: OrderId, now: number): Promise<Grant | undefined>;
  /** granted → revoked. */
  revoke(grantId: GrantId): Promise<Grant | undefined>;
  /** Coupons not used whose holder is to be reminded by now, each once for good; at most `count` at once. */
  remind(now: number, count: number): Promise<Grant[]>;
  /** granted → expired, for all whose end has passed; at most `count` at once. */
  expire(now: number, count: number): Promise<Grant[]>;
  /** Takes one of a payer's `cap` places in a drop for an order; the order's other place there is freed. */
  takePayerPlace(dropId: DropId, fingerprint: string, orderId: OrderId, cap: number): Promise<boolean>;
  freePayerPlaces(orderId: OrderId): Promise<void>;
}

export type AnsweredClaim = Omit<LoggedClaim, 'outcome'> & { number: number; outcome: Outcome | 'void' };

/** A batch as it is kept for ever: all its claims, and the signature over their root. */
export type SignedBatch = {
  dropId: DropId;
  epoch: number;
  batchId: string;
  first: number;
  openedAt: number;
  sinceOpeningMs: number;
  claims: AnsweredClaim[];
  root: string;
  signature: string;
  keyId: string;
};

/** Every claim ever numbered, one document a batch. */
export interface BatchRecord {
  /** Keeps a batch; one that is there stays as it is. */
  put(batch: SignedBatch): Promise<void>;
  get(dropId: DropId, epoch: number, batchId: string): Promise<SignedBatch | undefined>;
  ofDrop(dropId: DropId): Promise<SignedBatch[]>;
  ofViewer(viewer: string, count: number): Promise<SignedBatch[]>;
  /** How many claims of a drop are recorded. */
  size(dropId: DropId): Promise<number>;
  /** The claim of a key, where it is recorded. */
  find(dropId: DropId, viewer: string, key: string): Promise<SignedBatch | undefined>;
  /** Puts a log entry aside that could not be recorded. */
  setAside(dropId: DropId, entryId: string, raw: readonly string[]): Promise<void>;
}

/** Whose a pseudonym is, for telling winners; erasure takes the row away, and the pseudonym leads nowhere. */
export interface ViewerLinks {
  link(viewer: string, accountId: AccountId): Promise<void>;
  accountOf(viewer: string): Promise<AccountId | undefined>;
}

/** Signs batch roots; keys are made once for the installation and published. */
export interface ReceiptSigner {
  keyId: string;
  /** Base64url Ed25519 signature over UTF-8 text. */
  sign(text: string): string;
  /** SHA-256 as hex over one prefix byte and the parts. */
  hash(prefix: number, ...parts: (string | { hex: string })[]): string;
  published(): Promise<{ keyId: string; publicKey: string; createdAt: number }[]>;
}
