import { z } from 'zod';
import { ask, durable, type LiveContract, passing, personal } from './envelope.ts';
import {
  ChannelId,
  DropId,
  GrantId,
  IdempotencyKey,
  Instant,
  OrderId,
  ProductId,
  StreamId,
  VendorId,
} from './ids.ts';
import { Money, Price } from './money.ts';

/** Names one answered claim: drop, epoch, batch, and the claim's own number. */
export const ReceiptId = z
  .string()
  .regex(/^rcpt_[A-Za-z0-9]{1,60}-\d{1,9}-\d{1,15}-\d{1,12}-\d{1,12}$/)
  .brand<'ReceiptId'>();
export type ReceiptId = z.infer<typeof ReceiptId>;

const dropState = z.enum(['draft', 'announced', 'open', 'exhausted', 'closed']);

const grantState = z.enum(['granted', 'reserved', 'redeemed', 'expired', 'revoked']);

/** How long a coupon can be used: until an instant, or some minutes after its grant. */
const validity = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('until'), endsAt: Instant }),
  z.object({ kind: z.literal('after-grant'), minutes: z.int().min(1).max(525_600) }),
]);

/** Who pays which share of the discount, in hundredths of a percent; the shares sum to 10 000. */
export const FunderShares = z
  .array(
    z.object({ funder: z.enum(['vendor', 'host', 'platform']), basisPoints: z.int().min(1).max(10_000) }),
  )
  .min(1)
  .max(3)
  .refine((shares) => new Set(shares.map(({ funder }) => funder)).size === shares.length, 'each funder once')
  .refine(
    (shares) => shares.reduce((sum, { basisPoints }) => sum + basisPoints, 0) === 10_000,
    'sum to 10000',
  );
export type FunderShares = z.infer<typeof FunderShares>;

const coupon = z.object({
  kind: z.literal('fixed'),
  amountOff: Price.refine(({ amount }) => amount > 0, 'more than nothing'),
});

/** What a host fills in. Claim window and validity are two clocks: how long one can claim, how long one can use it. */
export const DropForm = z
  .object({
    title: z.string().trim().min(1).max(60),
    coupon,
    /** Least sum of list prices of the target goods in one order. */
    minimumSpend: Price,
    productIds: z.array(ProductId).min(1).max(50),
    stock: z.int().min(1).max(100_000),
    perViewer: z.literal(1).default(1),
    claimWindowMs: z.int().min(1000).max(86_400_000),
    validity,
    funders: FunderShares.default([{ funder: 'vendor', basisPoints: 10_000 }]),
  })
  .refine(({ stock, coupon }) => stock * coupon.amountOff.amount <= 1_000_000_000_000, 'too costly')
  .refine(({ coupon, minimumSpend }) => coupon.amountOff.currency === minimumSpend.currency, 'one currency');
export type DropForm = z.infer<typeof DropForm>;

/** The most that a drop can cost those who fund it: every coupon granted and used in full. */
export const worstCase = ({ stock, coupon }: Pick<DropForm, 'stock' | 'coupon'>): Money => ({
  amount: stock * coupon.amountOff.amount,
  currency: coupon.amountOff.currency,
});

export const CloseReason = z.enum([
  'window-over',
  'last-granted',
  'ended-early',
  'stream-ended',
  'approval-withdrawn',
]);
export type CloseReason = z.infer<typeof CloseReason>;

/** What everybody may know of a drop. */
export const DropView = z.object({
  dropId: DropId,
  streamId: StreamId,
  title: z.string(),
  state: dropState,
  coupon: z.object({ kind: z.literal('fixed'), amountOff: Price }),
  minimumSpend: Price,
  productIds: z.array(ProductId),
  stock: z.int(),
  /** Coupons that can still be claimed: the ledger's own figure. */
  left: z.int(),
  perViewer: z.int(),
  claimWindowMs: z.int(),
  validity,
  funders: FunderShares,
  openedAt: Instant.optional(),
  /** End of the claim window, while open. */
  closesAt: Instant.optional(),
  closedAt: Instant.optional(),
  closeReason: CloseReason.optional(),
});
export type DropView = z.infer<typeof DropView>;

/** Whether the owner of the goods agrees; `not-needed` where the host owns them. */
export const DropApproval = z.object({
  vendorId: VendorId,
  state: z.enum(['not-needed', 'asked', 'approved', 'refused']),
});
export type DropApproval = z.infer<typeof DropApproval>;

/** What the host's and the vendor's desk see beyond {@link DropView}. */
export const DropDeskView = DropView.extend({
  channelId: ChannelId,
  approvals: z.array(DropApproval),
  worstCase: Money,
  claimed: z.int(),
  granted: z.int(),
  redeemed: z.int(),
});
export type DropDeskView = z.infer<typeof DropDeskView>;

/** A coupon in somebody's wallet. */
export const GrantView = z.object({
  grantId: GrantId,
  dropId: DropId,
  streamId: StreamId,
  title: z.string(),
  amountOff: Price,
  minimumSpend: Price,
  productIds: z.array(ProductId),
  state: grantState,
  grantedAt: Instant,
  validUntil: Instant,
  receiptId: ReceiptId,
  /** The order that holds or used it. */
  orderId: OrderId.optional(),
});
export type GrantView = z.infer<typeof GrantView>;

export const ClaimOutcome = z.enum(['granted', 'already-granted', 'sold-out', 'drop-closed', 'not-eligible']);
export type ClaimOutcome = z.infer<typeof ClaimOutcome>;

/** Why somebody may not claim: `staff` of the room or of the vendor whose goods these are. */
export const ClaimReason = z.enum(['staff']);
export type ClaimReason = z.infer<typeof ClaimReason>;

/**
 * The one answer to a claim; the same key always gets the same. `granted` is said only when the record has it. A
 * sold-out answer out of memory has no number yet: its receipt stands in the wallet a moment later.
 */
export const ClaimAnswer = z.object({
  dropId: DropId,
  outcome: ClaimOutcome,
  reason: ClaimReason.optional(),
  receiptId: ReceiptId.optional(),
  number: z.int().optional(),
  sinceOpeningMs: z.int().optional(),
  grant: GrantView.optional(),
});
export type ClaimAnswer = z.infer<typeof ClaimAnswer>;

/** A claim that won nothing, as the wallet keeps it. */
export const LosingClaim = z.object({
  receiptId: ReceiptId,
  dropId: DropId,
  title: z.string(),
  outcome: ClaimOutcome,
  reason: ClaimReason.optional(),
  number: z.int(),
  claimedAt: Instant,
});
export type LosingClaim = z.infer<typeof LosingClaim>;

export const Wallet = z.object({
  serverNow: z.number(),
  grants: z.array(GrantView),
  losingClaims: z.array(LosingClaim),
});
export type Wallet = z.infer<typeof Wallet>;

/** The wire form of `Receipt` in receipt.ts. */
export const ReceiptFile = z.object({
  leaf: z.object({
    dropId: z.string(),
    epoch: z.int(),
    number: z.int(),
    sinceOpeningMs: z.int(),
    outcome: z.enum(['granted', 'already-granted', 'sold-out', 'drop-closed', 'not-eligible', 'void']),
    reason: z.string().nullable(),
    viewer: z.string(),
    previous: z.string().nullable(),
  }),
  first: z.int(),
  index: z.int(),
  size: z.int(),
  path: z.array(z.string()),
  root: z.string(),
  signature: z.string(),
  keyId: z.string(),
});

export const ReceiptKeys = z.object({
  keys: z.array(
    z.object({
      keyId: z.string(),
      algorithm: z.literal('Ed25519'),
      publicKey: z.string(),
      createdAt: Instant,
    }),
  ),
});

/** The part `drops` of a room's snapshot: the open drop, else the last one, with the viewer's own standing. */
export const DropsSnapshot = z.object({
  serverNow: z.number(),
  drop: DropView.nullable(),
  /** The viewer's coupon of that drop. */
  grant: GrantView.nullable(),
  /** The viewer's usable coupons of this stream. */
  usable: z.array(GrantView),
});
export type DropsSnapshot = z.infer<typeof DropsSnapshot>;

/** Body of an approval. */
export const ApprovalDecision = z.object({ decision: z.enum(['approved', 'refused']) });

const ClaimKey = IdempotencyKey;

export const dropsLive = {
  fromClient: {
    /** Refused only where nothing was decided: `drop-not-open`, `not-found`, `not-known-yet` (ask again, same key). */
    'drops.claim': ask(z.object({ dropId: DropId, key: ClaimKey }), ClaimAnswer),
  },
  toClient: {
    'drops.opened': durable(DropView),
    /** Closed before the last coupon was granted. */
    'drops.closed': durable(DropView),
    /** The last coupon is granted: final. */
    'drops.exhausted': durable(DropView),
    'drops.left': passing(z.object({ dropId: DropId, left: z.int() })),
    /** To every socket of the winner, beside the answer on the one that asked. */
    'drops.granted': personal(GrantView),
    'drops.grant-changed': personal(GrantView),
    /** One reminder: this unused coupon ends soon. */
    'drops.grant-ending': personal(GrantView),
    /** To the host and the vendor: a draft, an approval or a state changed; read the desk again. */
    'drops.desk-changed': personal(z.object({ dropId: DropId, streamId: StreamId })),
  },
} as const satisfies LiveContract;
