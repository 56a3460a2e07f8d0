import type { ReceiptId, Wallet } from '#contract/drops.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import { type AccountId, DropId, type StreamId } from '#contract/ids.ts';
import type { Receipt } from '#contract/receipt.ts';
import type { DropBook } from './book.ts';
import { type Neighbours, viewerScope } from './ports.ts';
import { receiptOf } from './receipts.ts';
import type { BatchRecord, DropRecord, GrantRecord, ReceiptSigner } from './store.ts';
import { readReceiptId, toGrantView, toLosingClaim } from './views.ts';

type Parts = Pick<Neighbours, 'identity' | 'clock'> & {
  record: DropRecord;
  grants: GrantRecord;
  batches: BatchRecord;
  signer: ReceiptSigner;
  book: DropBook;
};

const batchesShown = 200;

/** A figure sheet of one drop; instants of all its claims in `claimedAt`. */
export type DropFact = {
  dropId: DropId;
  title: string;
  stock: number;
  claims: number;
  granted: number;
  redeemed: number;
  expired: number;
  claimedAt: Date[];
};

/** What viewers hold, and what a drop came to. */
export function wallets({ record, grants, batches, signer, book, identity, clock }: Parts) {
  const viewerOf = (accountId: AccountId) => identity.pseudonym(accountId, viewerScope);

  return {
    /** Coupons and losing claims of an account, newest first. */
    async wallet(accountId: AccountId): Promise<Wallet> {
      const viewer = await viewerOf(accountId);
      const [held, claimed] = await Promise.all([
        grants.ofViewer(viewer),
        batches.ofViewer(viewer, batchesShown),
      ]);
      const losing = claimed.flatMap((batch) =>
        batch.claims.filter((claim) => claim.viewer === viewer).map((claim) => ({ batch, claim })),
      );
      const titles = new Map<DropId, string>();
      for (const { batch } of losing)
        if (!titles.has(batch.dropId)) titles.set(batch.dropId, (await book.get(batch.dropId))?.title ?? '');
      const now = clock.now();
      return {
        serverNow: now,
        grants: held.toReversed().map((grant) => toGrantView(grant, now)),
        losingClaims: losing
          .map(({ batch, claim }) => toLosingClaim(batch, claim, titles.get(batch.dropId) ?? ''))
          .filter((claim) => claim !== undefined),
      };
    },

    /** A claim's receipt, for who claimed. */
    async receipt(accountId: AccountId, receiptId: ReceiptId): Promise<Result<Receipt, 'not-found'>> {
      const { dropId, epoch, batchId, number } = readReceiptId(receiptId);
      const batch = await batches.get(DropId.parse(dropId), epoch, batchId);
      const claim = batch?.claims.find((one) => one.number === number);
      if (!batch || !claim || claim.viewer !== (await viewerOf(accountId))) return refuse('not-found');
      return accept(receiptOf(batch, claim, signer.hash));
    },

    /** An account's coupons of one stream, for the room's snapshot. */
    async ofStream(accountId: AccountId, streamId: StreamId) {
      const held = await grants.ofViewer(await viewerOf(accountId));
      const now = clock.now();
      return held.filter((grant) => grant.streamId === streamId).map((grant) => toGrantView(grant, now));
    },

    /** What the ledgers say of a stream's drops. */
    async facts(streamId: StreamId): Promise<DropFact[]> {
      const drops = (await record.ofStream(streamId)).filter(({ state }) => state !== 'draft');
      return Promise.all(
        drops.map(async ({ dropId, title, stock }) => {
          const [made, kept] = await Promise.all([grants.ofDrop(dropId), batches.ofDrop(dropId)]);
          const claimedAt = kept.flatMap((batch) =>
            batch.claims
              .filter(({ outcome }) => outcome !== 'void')
              .map(() => new Date(batch.openedAt + batch.sinceOpeningMs)),
          );
          const now = clock.now();
          const states = made.map((grant) => toGrantView(grant, now).state);
          const count = (state: string) => states.filter((one) => one === state).length;
          return {
            ...{ dropId, title, stock, claimedAt },
            claims: claimedAt.length,
            granted: made.length - count('revoked'),
            redeemed: count('redeemed'),
            expired: count('expired'),
          };
        }),
      );
    },

    /** Figures for the desk. */
    async counts(dropId: DropId): Promise<{ claimed: number; redeemed: number }> {
      const [claimed, made] = await Promise.all([batches.size(dropId), grants.ofDrop(dropId)]);
      return { claimed, redeemed: made.filter(({ state }) => state === 'redeemed').length };
    },
  };
}

export type Wallets = ReturnType<typeof wallets>;
