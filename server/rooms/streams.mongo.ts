import { ChannelId, PictureId, ProductId, StreamId } from '#contract/ids.ts';
import { roomsEvents } from '#contract/internal/rooms.ts';
import type { StreamState } from '#contract/rooms.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { type Outbox, type OutboxEvent, outboxEvent, outboxFields } from '../platform/outbox.ts';
import type { Stream, StreamEvent } from './core/stream.ts';
import type { Stamp, StreamStore } from './store.ts';

type Fields = Omit<
  Stream,
  'streamId' | 'coverPictureId' | 'liveAt' | 'endedAt' | 'recordingNotice' | 'pinned'
> & {
  _id: string;
  coverPictureId: string | null;
  liveAt: number | null;
  endedAt: number | null;
  recordingNotice: string | null;
  pinned: { productId: string; at: number } | null;
  outbox: OutboxEvent[];
};

const typeOf = {
  scheduled: roomsEvents.scheduled,
  edited: roomsEvents.edited,
  'went-live': roomsEvents.wentLive,
  ended: roomsEvents.ended,
  'replay-published': roomsEvents.replayPublished,
  'showcase-changed': roomsEvents.showcaseChanged,
} as const;

/** Streams in MongoDB; events travel in the document they come from and are relayed in its order. */
export function mongoStreamStore(mongo: Mongo, outbox: Outbox): StreamStore {
  const streams = modelOf<Fields>(mongo, 'streams', {
    channelId: String,
    title: String,
    coverPictureId: String,
    state: String,
    currency: String,
    startsAt: Number,
    liveAt: Number,
    endedAt: Number,
    recordingNotice: String,
    showcase: [String],
    pinned: Mixed,
    pinKeys: [String],
    version: Number,
    createdAt: Number,
    ...outboxFields,
  });
  outbox.attach(streams);
  const inTurn = new Map<string, Promise<void>>();

  /** One relay of a stream after another, so that rooms hear its events in their order. */
  const relay = async (streamId: string): Promise<void> => {
    const before = inTurn.get(streamId) ?? Promise.resolve();
    const mine = before.then(() => outbox.relay(streams, streamId)).catch(() => {});
    inTurn.set(streamId, mine);
    await mine;
    if (inTurn.get(streamId) === mine) inTurn.delete(streamId);
  };

  const plain = { outbox: 0 } as const;
  const open: StreamState[] = ['scheduled', 'live'];
  return {
    async insert(stream, events, stamp) {
      try {
        const sealed = seal(stream, events, stamp);
        await streams.create([{ _id: stream.streamId, ...fieldsOf(stream), outbox: sealed }]);
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
      await relay(stream.streamId);
      return true;
    },
    async get(streamId) {
      const found = await streams.findOne({ _id: streamId }, plain).lean();
      return found ? streamOf(found) : undefined;
    },
    async save(stream, expectedVersion, events, stamp) {
      const { matchedCount } = await streams.updateOne(
        { _id: stream.streamId, version: expectedVersion },
        { $set: fieldsOf(stream), $push: { outbox: { $each: seal(stream, events, stamp) } } },
      );
      if (matchedCount === 0) return false;
      await relay(stream.streamId);
      return true;
    },
    async inState(state, limit) {
      const by = state === 'replay' ? ({ endedAt: -1 } as const) : ({ startsAt: 1 } as const);
      return (await streams.find({ state }, plain).sort(by).limit(limit).lean()).map(streamOf);
    },
    async ofChannel(channelId, before, limit) {
      const from = before && {
        $or: [
          { createdAt: trusted({ $lt: before.createdAt }) },
          { createdAt: before.createdAt, _id: trusted({ $lt: before.streamId }) },
        ],
      };
      const found = await streams
        .find({ channelId, ...from }, plain)
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .lean();
      return found.map(streamOf);
    },
    async showing(productId) {
      const found = await streams
        .find({ showcase: productId, state: trusted({ $in: open }) }, plain)
        .sort({ startsAt: 1 })
        .lean();
      return found.map(streamOf);
    },
    async all(limit) {
      return (await streams.find({}, plain).sort({ createdAt: -1 }).limit(limit).lean()).map(streamOf);
    },
  };
}

function seal(stream: Stream, events: readonly StreamEvent[], { at, actor }: Stamp): OutboxEvent[] {
  const { streamId, channelId, version } = stream;
  const about = { streamId, channelId, at: new Date(at).toISOString(), version, ...(actor && { actor }) };
  return events.map((event) => {
    if (event.kind === 'pinned' || event.kind === 'unpinned')
      return outboxEvent(roomsEvents[event.kind], { ...about, productId: event.productId }, new Date(at));
    return outboxEvent(typeOf[event.kind], about, new Date(at));
  });
}

function fieldsOf({ streamId: _, ...stream }: Stream): Omit<Fields, '_id' | 'outbox'> {
  return {
    ...stream,
    coverPictureId: stream.coverPictureId ?? null,
    liveAt: stream.liveAt ?? null,
    endedAt: stream.endedAt ?? null,
    recordingNotice: stream.recordingNotice ?? null,
    pinned: stream.pinned ?? null,
  };
}

function streamOf({ _id, outbox: _, ...fields }: Omit<Fields, 'outbox'> & { outbox?: unknown }): Stream {
  const { pinned, coverPictureId } = fields;
  return {
    ...fields,
    streamId: StreamId.parse(_id),
    channelId: ChannelId.parse(fields.channelId),
    coverPictureId: coverPictureId === null ? undefined : PictureId.parse(coverPictureId),
    liveAt: fields.liveAt ?? undefined,
    endedAt: fields.endedAt ?? undefined,
    recordingNotice: fields.recordingNotice ?? undefined,
    showcase: fields.showcase.map((id) => ProductId.parse(id)),
    pinned: pinned ? { productId: ProductId.parse(pinned.productId), at: pinned.at } : undefined,
  };
}
