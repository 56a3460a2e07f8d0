import { z } from 'zod';
import { ProductView, Stock } from './catalog.ts';
import { durable, type LiveContract, passing } from './envelope.ts';
import {
  AccountId,
  ChannelId,
  IdempotencyKey,
  Instant,
  PictureId,
  ProductId,
  StreamId,
  StreamMs,
  VariantId,
  VendorId,
} from './ids.ts';
import { Currency } from './money.ts';

/** A stream moves one way: scheduled → live → ended → replay. */
export const StreamState = z.enum(['scheduled', 'live', 'ended', 'replay']);
export type StreamState = z.infer<typeof StreamState>;

const title = z.string().trim().min(1).max(120);

/** A stream as everybody sees it. Stream time is server time less `liveAt`. */
export const StreamView = z.object({
  streamId: StreamId,
  channelId: ChannelId,
  channelTitle: z.string(),
  title: z.string(),
  coverPictureId: PictureId.optional(),
  state: StreamState,
  /** The one currency it sells in. */
  currency: Currency,
  startsAt: Instant,
  liveAt: Instant.optional(),
  endedAt: Instant.optional(),
  /** What viewers are told about recording. */
  recordingNotice: z.string().optional(),
  version: z.int(),
});
export type StreamView = z.infer<typeof StreamView>;

/** A stream on the home page. */
export const StreamCard = StreamView.extend({
  online: z.int().nonnegative(),
  pinned: ProductView.optional(),
  /** How many products it shows. */
  productCount: z.int().nonnegative(),
});
export type StreamCard = z.infer<typeof StreamCard>;

/** The home page: on air first by viewers, coming up by start, replays newest first. */
export const HomeStreams = z.object({
  live: z.array(StreamCard),
  scheduled: z.array(StreamCard),
  replay: z.array(StreamCard),
});

/** A stream in its control room's list. */
export const DeskStream = StreamView.extend({
  showcase: z.array(ProductId),
  pinnedProductId: ProductId.optional(),
  online: z.int().nonnegative(),
});
export type DeskStream = z.infer<typeof DeskStream>;

export const NewStream = z.object({
  title,
  startsAt: Instant,
  currency: Currency,
  coverPictureId: PictureId.optional(),
  recordingNotice: z.string().trim().max(300).optional(),
});
export type NewStream = z.infer<typeof NewStream>;

/** What may be changed: the currency only while the showcase is empty, the start only while scheduled. */
export const StreamEdit = z.object({
  title: title.optional(),
  startsAt: Instant.optional(),
  currency: Currency.optional(),
  coverPictureId: PictureId.nullable().optional(),
  recordingNotice: z.string().trim().max(300).optional(),
});
export type StreamEdit = z.infer<typeof StreamEdit>;

/** The most products one stream shows. */
export const showcaseLimit = 60;

/** The whole list in its new order. */
export const ShowcaseOrder = z.object({ productIds: z.array(ProductId).max(showcaseLimit) });

/** Pins a product; a resend carries the same key and changes nothing. */
export const Pin = z.object({ productId: ProductId, key: IdempotencyKey });

/** Words of what ending a stream closes: keys of the message catalogue, with the act that says them. */
export const Closing = z.object({ closes: z.array(z.object({ act: z.string(), words: z.string() })) });
export type Closing = z.infer<typeof Closing>;

/** The product on show. */
export const Pinned = z.object({
  product: ProductView,
  pinnedAt: Instant,
  streamMs: StreamMs,
  version: z.int(),
});
export type Pinned = z.infer<typeof Pinned>;

/** One event of a stream's timeline. */
export const TimelineEntry = z.object({
  entryId: z.string(),
  streamId: StreamId,
  at: Instant,
  streamMs: StreamMs,
  kind: z.string(),
  actor: AccountId.optional(),
  data: z.record(z.string(), z.unknown()),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** People of a stream: online now, peak (highest 10 s sample), views (viewing sessions of 3 s or more), watched time. */
export const Audience = z.object({
  online: z.int().nonnegative(),
  peak: z.int().nonnegative(),
  views: z.int().nonnegative(),
  watchedMs: z.int().nonnegative(),
});
export type Audience = z.infer<typeof Audience>;

/** A vendor lets its products be shown in a channel. */
export const VendorLink = z.object({
  vendorId: VendorId,
  vendorName: z.string(),
  channelId: ChannelId,
  channelTitle: z.string(),
  approvedAt: Instant,
});
export type VendorLink = z.infer<typeof VendorLink>;

/** Stock of everything in the showcase: each message says all of it, so the newest is enough. */
export const StockTold = z.object({
  stock: z.array(Stock.extend({ productId: ProductId, variantId: VariantId })),
});

/** A product the host may put into the showcase of this channel's streams. */
export const ChannelProduct = ProductView.extend({ vendorName: z.string() });
export type ChannelProduct = z.infer<typeof ChannelProduct>;

/** What a snapshot holds of this slice, by part name. */
export const roomsSnapshot = {
  stream: StreamView,
  showcase: z.array(ProductView),
  pinned: Pinned.nullable(),
  online: z.object({ online: z.int().nonnegative() }),
} as const;

export const roomsLive = {
  fromClient: {},
  toClient: {
    'rooms.state-changed': durable(StreamView),
    'rooms.pinned': durable(Pinned),
    'rooms.unpinned': durable(z.object({ productId: ProductId, streamMs: StreamMs, version: z.int() })),
    'rooms.showcase-changed': durable(z.object({ showcase: z.array(ProductView), version: z.int() })),
    'rooms.stock': passing(StockTold),
    'rooms.online': passing(z.object({ online: z.int().nonnegative() })),
  },
} as const satisfies LiveContract;
