import { DropId, GrantId } from '#contract/ids.ts';
import type { Drop } from './drop.ts';
import { validUntil } from './drop.ts';

/** Names a viewer's `ordinal`-th coupon of a drop: there can be only one of each. */
export const grantIdOf = (dropId: string, viewer: string, ordinal: number): GrantId =>
  GrantId.parse(`grant_${dropId.replace('drop_', '')}-${viewer}-${ordinal}`);

/** The drop a coupon belongs to. */
export const dropIdOfGrant = (grantId: string): DropId =>
  DropId.parse(`drop_${/^grant_([A-Za-z0-9]+)-/.exec(grantId)?.[1] ?? ''}`);

const remindBeforeMs = 5 * 60_000;

/** When its holder is told that an unused coupon is about to end: five minutes before, or a third of a short life. */
export const remindAt = ({ grantedAt, validUntil: end }: { grantedAt: number; validUntil: number }): number =>
  end - Math.min(remindBeforeMs, Math.round((end - grantedAt) / 3));

/** The coupon that a winning claim makes, with the drop's terms of that moment. */
export function makeGrant(
  drop: Drop,
  batch: { epoch: number; batchId: string; openedAt: number; sinceOpeningMs: number },
  { viewer, number, ordinal }: { viewer: string; number: number; ordinal: number },
) {
  const grantedAt = batch.openedAt + batch.sinceOpeningMs;
  return {
    grantId: grantIdOf(drop.dropId, viewer, ordinal),
    dropId: drop.dropId,
    streamId: drop.streamId,
    viewer,
    epoch: batch.epoch,
    number,
    batchId: batch.batchId,
    state: 'granted' as const,
    title: drop.title,
    amountOff: drop.amountOff,
    minimumSpend: drop.minimumSpend,
    productIds: drop.productIds,
    funders: drop.funders,
    grantedAt,
    validUntil: validUntil(drop.validity, grantedAt),
  };
}
