import {
  type ClaimAnswer,
  ClaimReason,
  type DropDeskView,
  type DropView,
  type GrantView,
  type LosingClaim,
  ReceiptId,
  worstCase,
} from '#contract/drops.ts';
import type { DropId } from '#contract/ids.ts';
import type { StoredAnswer } from './core/claim.ts';
import type { Drop } from './core/drop.ts';
import type { AnsweredClaim, Grant, SignedBatch } from './store.ts';

const instant = (ms: number): string => new Date(ms).toISOString();

/** Names a claim's receipt: enough to find its batch and its place there. */
const receiptIdOf = (
  dropId: DropId,
  { epoch, batchId, number }: { epoch: number; batchId: string; number: number },
): ReceiptId => ReceiptId.parse(`rcpt_${dropId.replace('drop_', '')}-${epoch}-${batchId}-${number}`);

/** Reads a receipt's name. */
export function readReceiptId(receiptId: ReceiptId) {
  const [drop, epoch, ms, sequence, number] = receiptId.replace('rcpt_', '').split('-');
  const batchId = `${ms}-${sequence}`;
  return { dropId: `drop_${drop}`, epoch: Number(epoch), batchId, number: Number(number) };
}

/** A drop for everybody. */
export function toDropView(drop: Drop): DropView {
  const { dropId, streamId, title, state, minimumSpend, productIds, stock, left, perViewer } = drop;
  const { validity, claimWindowMs, funders, amountOff } = drop;
  return {
    ...{ dropId, streamId, title, state, minimumSpend, productIds, stock, left, perViewer },
    ...{ claimWindowMs, funders },
    coupon: { kind: 'fixed', amountOff },
    validity: validity.kind === 'until' ? { kind: 'until', endsAt: instant(validity.endsAt) } : validity,
    ...(drop.openedAt === undefined ? {} : { openedAt: instant(drop.openedAt) }),
    ...(drop.closesAt === undefined ? {} : { closesAt: instant(drop.closesAt) }),
    ...(drop.closedAt === undefined ? {} : { closedAt: instant(drop.closedAt) }),
    ...(drop.closeReason === undefined ? {} : { closeReason: drop.closeReason }),
  };
}

/** A drop for those who run it. */
export function toDeskView(drop: Drop, counts: { claimed: number; redeemed: number }): DropDeskView {
  return {
    ...toDropView(drop),
    channelId: drop.channelId,
    approvals: drop.approvals,
    worstCase: worstCase({ stock: drop.stock, coupon: { kind: 'fixed', amountOff: drop.amountOff } }),
    granted: drop.stock - drop.left,
    ...counts,
  };
}

/** A coupon for its holder; one whose end has passed is expired, whether or not it was swept. */
export function toGrantView(grant: Grant, now: number): GrantView {
  const { grantId, dropId, streamId, title, amountOff, minimumSpend, productIds } = grant;
  const isOver = grant.state === 'granted' && grant.validUntil <= now;
  return {
    ...{ grantId, dropId, streamId, title, amountOff, minimumSpend, productIds },
    state: isOver ? 'expired' : grant.state,
    grantedAt: instant(grant.grantedAt),
    validUntil: instant(grant.validUntil),
    receiptId: receiptIdOf(dropId, grant),
    ...(grant.orderId === undefined ? {} : { orderId: grant.orderId }),
  };
}

/** The answer to a claim that was numbered. */
export function toClaimAnswer(dropId: DropId, answer: StoredAnswer, grant?: GrantView): ClaimAnswer {
  return {
    dropId,
    outcome: answer.outcome,
    ...reasonOf(answer),
    receiptId: receiptIdOf(dropId, answer),
    number: answer.number,
    sinceOpeningMs: answer.sinceOpeningMs,
    ...(grant === undefined ? {} : { grant }),
  };
}

/** A losing claim for the wallet; undefined for one that won, or was never told. */
export function toLosingClaim(
  batch: SignedBatch,
  claim: AnsweredClaim,
  title: string,
): LosingClaim | undefined {
  if (claim.outcome === 'granted' || claim.outcome === 'void') return undefined;
  return {
    receiptId: receiptIdOf(batch.dropId, { ...batch, number: claim.number }),
    dropId: batch.dropId,
    title,
    outcome: claim.outcome,
    ...reasonOf(claim),
    number: claim.number,
    claimedAt: instant(batch.openedAt + batch.sinceOpeningMs),
  };
}

function reasonOf({ reason }: { reason?: string }): { reason?: ClaimReason } {
  return reason === undefined ? {} : { reason: ClaimReason.parse(reason) };
}
