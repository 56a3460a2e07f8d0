import type { AccountId, ChannelId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { StreamState } from '#contract/rooms.ts';
import type { Stream, StreamEvent } from './core/stream.ts';

/** Who changed a stream, and when (milliseconds since 1970). */
export type Stamp = { at: number; actor: AccountId | undefined };

/** Streams by id. A write carries its events, so neither is there without the other. */
export interface StreamStore {
  /** False: there is one of this id already. */
  insert(stream: Stream, events: readonly StreamEvent[], stamp: Stamp): Promise<boolean>;
  get(streamId: StreamId): Promise<Stream | undefined>;
  /** Guarded by the version it was read at. False: another write came first. */
  save(
    stream: Stream,
    expectedVersion: number,
    events: readonly StreamEvent[],
    stamp: Stamp,
  ): Promise<boolean>;
  /** `replay` newest end first, the others by planned start. */
  inState(state: StreamState, limit: number): Promise<Stream[]>;
  /** Newest first, from before an instant of making. */
  ofChannel(channelId: ChannelId, before: Before | undefined, limit: number): Promise<Stream[]>;
  /** Scheduled and live streams that show a product. */
  showing(productId: ProductId): Promise<Stream[]>;
  all(limit: number): Promise<Stream[]>;
}

/** Where the next page of a channel's streams begins. */
type Before = { createdAt: number; streamId: StreamId };

/** A vendor's word that its products may be shown in a channel. */
export type Link = { vendorId: VendorId; channelId: ChannelId; approvedAt: number; approvedBy: AccountId };

export interface LinkStore {
  approve(link: Link): Promise<void>;
  withdraw(vendorId: VendorId, channelId: ChannelId): Promise<void>;
  has(vendorId: VendorId, channelId: ChannelId): Promise<boolean>;
  ofVendor(vendorId: VendorId): Promise<Link[]>;
  ofChannel(channelId: ChannelId): Promise<Link[]>;
}

/** One event of a stream's timeline. `id` names the cause: the same one is entered once. */
export type TimelineRecord = {
  id: string;
  at: Date;
  kind: string;
  actor?: AccountId | undefined;
  data: Record<string, unknown>;
};

export interface TimelineStore {
  append(streamId: StreamId, entry: TimelineRecord): Promise<void>;
  /** In order of time; `after` is the last one of the page before. */
  of(
    streamId: StreamId,
    after: { at: Date; id: string } | undefined,
    limit: number,
  ): Promise<TimelineRecord[]>;
}

/** What one life of the fast store counted: totals that only grow. */
export type Totals = { epoch: string; views: number; watchedMs: number };

/** The lasting figures of presence. */
export interface AudienceRecord {
  keepTotals(streamId: StreamId, totals: Totals): Promise<void>;
  /** `slot` names the sample: kept twice, the higher one counts. */
  keepSample(streamId: StreamId, sample: { slot: number; at: number; online: number }): Promise<void>;
  read(streamId: StreamId): Promise<{ peak: number; views: number; watchedMs: number }>;
  samples(streamId: StreamId): Promise<{ at: number; online: number }[]>;
}

/** Who was heard when, for the counts of the moment. All instants are milliseconds since 1970. */
export interface PresenceStore {
  /**
   * Viewers of a room were heard now. Between going live and the end this also counts views (viewing sessions of
   * `viewMs` or more; a silence of more than `onlineMs` ends one) and their watched time.
   */
  hear(
    streamId: StreamId,
    heard: {
      now: number;
      viewers: readonly string[];
      liveAt: number | undefined;
      endedAt: number | undefined;
      onlineMs: number;
      viewMs: number;
    },
  ): Promise<void>;
  /** How many were heard since an instant. */
  online(streamId: StreamId, since: number): Promise<number>;
  totals(streamId: StreamId): Promise<Totals | undefined>;
  /** True for one of all processes that ask within this time. */
  turn(streamId: StreamId, name: string, forMs: number): Promise<boolean>;
  /** Notes what a room is told; false when it was told that already. */
  isNews(streamId: StreamId, online: number): Promise<boolean>;
}
