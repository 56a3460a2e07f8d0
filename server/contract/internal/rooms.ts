import { z } from 'zod';
import { AccountId, ChannelId, Instant, ProductId, StreamId } from '../ids.ts';

const about = {
  streamId: StreamId,
  channelId: ChannelId,
  at: Instant,
  actor: AccountId.optional(),
  /** The stream's version with this change. */
  version: z.int(),
};

/** A stream changed: whoever keeps it for a moment reads it anew. */
export const streamChanged = {
  name: 'rooms.stream-changed',
  schema: z.object({ streamId: StreamId }),
} as const;

/** Events of a stream's outbox. */
export const roomsEvents = {
  scheduled: { type: 'rooms.scheduled', schema: z.object(about) },
  edited: { type: 'rooms.edited', schema: z.object(about) },
  wentLive: { type: 'rooms.went-live', schema: z.object(about) },
  ended: { type: 'rooms.ended', schema: z.object(about) },
  replayPublished: { type: 'rooms.replay-published', schema: z.object(about) },
  showcaseChanged: { type: 'rooms.showcase-changed', schema: z.object(about) },
  pinned: { type: 'rooms.pinned', schema: z.object({ ...about, productId: ProductId }) },
  unpinned: { type: 'rooms.unpinned', schema: z.object({ ...about, productId: ProductId }) },
} as const;
