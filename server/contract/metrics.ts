import { z } from 'zod';
import { DropId, Instant, ProductId, StreamId, StreamMs } from './ids.ts';
import { Currency, Money } from './money.ts';

/**
 * The data screen of a stream. *online*: heard in the last 15 s, one per account or guest; *peak*: highest 10 s
 * sample; *view*: a viewing session of 3 s or more; *averageWatchS*: watched seconds ÷ views; *gmv*: item amounts of
 * paid orders after discounts, before refunds, without shipping and tax; *refunds*: item amounts that went back of it;
 * *net*: gmv less refunds; *claimToRedeem*: redeemed ÷ granted.
 */
export const Figures = z.object({
  online: z.int().nonnegative(),
  peak: z.int().nonnegative(),
  views: z.int().nonnegative(),
  averageWatchS: z.number().nonnegative(),
  danmaku: z.int().nonnegative(),
  claims: z.int().nonnegative(),
  granted: z.int().nonnegative(),
  redeemed: z.int().nonnegative(),
  /** 0–1; null while nothing was granted. */
  claimToRedeem: z.number().nullable(),
  orders: z.int().nonnegative(),
  gmv: Money,
  gmvLive: Money,
  gmvAfterEnd: Money,
  refunds: Money,
  net: Money,
  /** Minor units; null while there is no view. */
  gmvPerThousandViews: Money.nullable(),
  discounts: Money,
});
export type Figures = z.infer<typeof Figures>;
export type FigureName = keyof Figures;

export const DropReport = z.object({
  dropId: DropId,
  title: z.string(),
  stock: z.int(),
  claims: z.int(),
  granted: z.int(),
  redeemed: z.int(),
  expired: z.int(),
  discountCost: Money,
  revenue: Money,
});
export type DropReport = z.infer<typeof DropReport>;

export const ProductReport = z.object({
  productId: ProductId,
  title: z.string(),
  units: z.int(),
  orders: z.int(),
  gmv: Money,
});
export type ProductReport = z.infer<typeof ProductReport>;

/** What happened in one minute of stream time. */
export const MinuteReport = z.object({
  streamMs: StreamMs,
  online: z.int().nullable(),
  danmaku: z.int(),
  claims: z.int(),
  orders: z.int(),
  gmv: Money,
});
export type MinuteReport = z.infer<typeof MinuteReport>;

/** The two ways to the same sum, and whether they agree to the cent. */
export const LedgerCheck = z.object({
  gmvFromOrders: Money,
  gmvFromJournal: Money,
  redemptionsFromRecord: z.int(),
  redemptionsFromOrders: z.int(),
  isEqual: z.boolean(),
});
export type LedgerCheck = z.infer<typeof LedgerCheck>;

export const StreamReport = z.object({
  streamId: StreamId,
  title: z.string(),
  channelTitle: z.string(),
  state: z.enum(['scheduled', 'live', 'ended', 'replay']),
  currency: Currency,
  liveAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  figures: Figures,
  drops: z.array(DropReport),
  products: z.array(ProductReport),
  minutes: z.array(MinuteReport),
  ledger: LedgerCheck,
});
export type StreamReport = z.infer<typeof StreamReport>;

export const StreamReportRow = StreamReport.omit({
  drops: true,
  products: true,
  minutes: true,
  ledger: true,
});
export type StreamReportRow = z.infer<typeof StreamReportRow>;
