import type { ChannelId, DropId, ProductId, StreamId } from '#contract/ids.ts';
import type { Currency, Money } from '#contract/money.ts';

/** A stream as reports need it. */
export type StreamFact = {
  streamId: StreamId;
  channelId: ChannelId;
  title: string;
  state: 'scheduled' | 'live' | 'ended' | 'replay';
  currency: Currency;
  liveAt: Date | undefined;
  endedAt: Date | undefined;
};

/** Presence of a stream, counted by rooms; `samples` are 10 s samples of online by stream time. */
type PresenceFact = {
  online: number;
  peak: number;
  views: number;
  watchedMs: number;
  samples: readonly { streamMs: number; online: number }[];
};

/** A paid order of a stream: item amounts before and after discounts. */
export type PaidOrderFact = {
  orderId: string;
  paidAt: Date;
  discount: Money;
  /** After discounts, without shipping and tax. */
  goods: Money;
  /** Of `goods`, what went back; shipping and tax go back last. */
  refunded: Money;
  /** Shipping and tax. */
  extras: Money;
  lines: readonly { productId: ProductId; title: string; quantity: number; total: Money }[];
  /** The grant that was used, if any; a full refund gives it back. */
  coupon: { dropId: DropId; discount: Money } | undefined;
};

/** A drop of a stream from its record; `claimedAt` has one instant for each claim, winners and losers. */
type DropFact = {
  dropId: DropId;
  title: string;
  stock: number;
  claims: number;
  granted: number;
  redeemed: number;
  expired: number;
  claimedAt: readonly Date[];
};

/** What the ledgers say; each is read by the slice that owns it. */
export interface Ledgers {
  streams(): Promise<readonly StreamFact[]>;
  stream(streamId: StreamId): Promise<StreamFact | undefined>;
  channelTitle(channelId: ChannelId): Promise<string>;
  presence(streamId: StreamId): Promise<PresenceFact>;
  paidOrders(streamId: StreamId): Promise<readonly PaidOrderFact[]>;
  /** What the money journal booked as paid for these orders, in minor units. */
  journalledPaid(orderIds: readonly string[]): Promise<number>;
  drops(streamId: StreamId): Promise<readonly DropFact[]>;
  /** Instants of danmaku lines by stream time, deleted ones left out. */
  danmaku(streamId: StreamId): Promise<readonly number[]>;
}
