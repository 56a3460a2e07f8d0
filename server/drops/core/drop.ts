import type { CloseReason, DropApproval, DropForm, FunderShares } from '#contract/drops.ts';
import type { Result } from '#contract/errors.ts';
import type { AccountId, ChannelId, DropId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { Actor } from '#contract/permissions.ts';

/** How long a coupon can be used; `endsAt` in milliseconds since 1970. */
export type Validity = { kind: 'until'; endsAt: number } | { kind: 'after-grant'; minutes: number };

/**
 * A drop as the record has it. Instants are milliseconds since 1970 on the one clock. `rules` counts changes of what
 * claims are decided by, `epoch` counts how often the fast state was made anew, `version` every change of the rest.
 */
export type Drop = {
  dropId: DropId;
  streamId: StreamId;
  channelId: ChannelId;
  title: string;
  amountOff: Money;
  minimumSpend: Money;
  productIds: ProductId[];
  vendorIds: VendorId[];
  stock: number;
  perViewer: number;
  claimWindowMs: number;
  validity: Validity;
  funders: FunderShares;
  approvals: DropApproval[];
  state: 'draft' | 'announced' | 'open' | 'exhausted' | 'closed';
  version: number;
  rules: number;
  epoch: number;
  /** Stock less the granted. */
  left: number;
  /** The highest arrival number that the record has met in this epoch. */
  lastNumber: number;
  configuredBy: AccountId;
  openedAt?: number;
  closesAt?: number;
  closedAt?: number;
  closeReason?: CloseReason;
};

type Goods = { productId: ProductId; vendorId: VendorId };

/**
 * Whether a form makes a drop of this room: goods of its showcase (S3.2), its currency, a window within the limit,
 * and the platform's money only from an operator.
 */
export function checkForm(
  form: Omit<DropForm, 'validity'> & { validity: Validity },
  room: {
    showcase: ReadonlySet<ProductId>;
    currency: string;
    limitMs: number;
    now: number;
    isOperator: boolean;
  },
): Result<undefined, 'not-your-drop' | 'currency-mismatch' | 'invalid-request' | 'forbidden'> {
  if (form.productIds.some((productId) => !room.showcase.has(productId)))
    return { ok: false, refusal: 'not-your-drop' };
  if (form.coupon.amountOff.currency !== room.currency) return { ok: false, refusal: 'currency-mismatch' };
  if (form.claimWindowMs > room.limitMs)
    return { ok: false, refusal: 'invalid-request', detail: 'claim-window-too-long' };
  if (form.validity.kind === 'until' && form.validity.endsAt <= room.now)
    return { ok: false, refusal: 'invalid-request', detail: 'validity-over' };
  if (form.funders.some(({ funder }) => funder === 'platform') && !room.isOperator)
    return { ok: false, refusal: 'forbidden', detail: 'platform-funding' };
  return { ok: true, value: undefined };
}

/** Who must agree before release: every vendor whose goods are not the host's own (M-V4). */
export function approvalsFor(goods: readonly Goods[], hostOwns: ReadonlySet<VendorId>): DropApproval[] {
  return [...new Set(goods.map(({ vendorId }) => vendorId))].map((vendorId) => ({
    vendorId,
    state: hostOwns.has(vendorId) ? 'not-needed' : 'asked',
  }));
}

/** Whether a drop may be released now; `detail` says what is missing. */
export function checkRelease(
  drop: Drop,
  room: { isLive: boolean; showcase: ReadonlySet<ProductId>; now: number },
): Result<undefined, 'drop-not-ready' | 'wrong-stream-state' | 'not-in-showcase' | 'conflict'> {
  if (drop.state !== 'draft') return { ok: false, refusal: 'conflict', detail: drop.state };
  if (!room.isLive) return { ok: false, refusal: 'wrong-stream-state' };
  if (drop.approvals.some(({ state }) => state === 'asked' || state === 'refused'))
    return { ok: false, refusal: 'drop-not-ready', detail: 'approval-missing' };
  if (drop.productIds.some((productId) => !room.showcase.has(productId)))
    return { ok: false, refusal: 'not-in-showcase' };
  // Nobody may get a coupon that has already run out.
  if (drop.validity.kind === 'until' && drop.validity.endsAt <= room.now + drop.claimWindowMs)
    return { ok: false, refusal: 'drop-not-ready', detail: 'validity-ends-in-window' };
  return { ok: true, value: undefined };
}

/** Until when a coupon granted at `grantedAt` can be used. */
export function validUntil(validity: Validity, grantedAt: number): number {
  return validity.kind === 'until' ? validity.endsAt : grantedAt + validity.minutes * 60_000;
}

/** Why this account may not claim, or nothing: those who made the drop do not take from it. */
export function ineligibility(drop: Drop, actor: Actor): 'staff' | undefined {
  if (actor.kind !== 'account') return undefined;
  const isStaff = actor.roles.some((grant) => {
    if (grant.role === 'host' || grant.role === 'delegate') return grant.channelId === drop.channelId;
    if (grant.role === 'vendor' || grant.role === 'agent') return drop.vendorIds.includes(grant.vendorId);
    return false;
  });
  return isStaff ? 'staff' : undefined;
}
