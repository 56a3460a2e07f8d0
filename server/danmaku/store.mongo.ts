import type { DanmakuLine } from '#contract/danmaku.ts';
import type { AccountId, LineId, StreamId } from '#contract/ids.ts';
import { type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import type { DanmakuArchive, Waiting } from './store.ts';

type LineDocument = {
  _id: LineId;
  streamId: StreamId;
  n: number;
  kind: DanmakuLine['kind'];
  handle?: string;
  accountId?: AccountId;
  text: string;
  streamMs: number;
  at: Date;
};

/** What was said, in MongoDB. */
export function mongoDanmakuArchive(mongo: Mongo): DanmakuArchive {
  const lines = modelOf<LineDocument>(mongo, 'danmaku', {
    streamId: String,
    n: Number,
    kind: String,
    handle: String,
    accountId: String,
    text: String,
    streamMs: Number,
    at: Date,
  });
  const likes = modelOf<{ _id: StreamId; likes: number }>(mongo, 'danmaku_likes', { likes: Number });

  return {
    async add(batch) {
      const writes = batch.flatMap((one) => (one.kind === 'line' ? [upsertOf(one)] : []));
      if (writes.length > 0) await lines.bulkWrite(writes, { ordered: false });
      const totals = new Map<StreamId, number>();
      for (const one of batch)
        if (one.kind === 'likes')
          totals.set(one.streamId, Math.max(one.likes, totals.get(one.streamId) ?? 0));
      for (const [_id, total] of totals)
        await likes.updateOne({ _id }, { $max: { likes: total } }, { upsert: true });
    },
    async page(streamId, { after, fromMs, limit }) {
      const found = await lines
        .find({
          streamId,
          ...(fromMs === undefined ? {} : { streamMs: trusted({ $gte: fromMs }) }),
          ...(after && {
            $or: [
              { streamMs: trusted({ $gt: after.streamMs }) },
              { streamMs: after.streamMs, n: trusted({ $gt: after.n }) },
            ],
          }),
        })
        .sort({ streamMs: 1, n: 1 })
        .limit(limit)
        .lean();
      return found.map(lineOf);
    },
    async last(streamId, count) {
      const found = await lines.find({ streamId }).sort({ n: -1 }).limit(count).lean();
      return found.map(lineOf).toReversed();
    },
    lineCount: (streamId) => lines.countDocuments({ streamId }),
    async moments(streamId) {
      const found = await lines
        .find({ streamId, kind: trusted({ $in: ['viewer', 'staff'] }) }, { streamMs: 1 })
        .sort({ streamMs: 1 })
        .lean();
      return found.map(({ streamMs }) => streamMs);
    },
    likes: async (streamId) => (await likes.findOne({ _id: streamId }).lean())?.likes ?? 0,
  };
}

function upsertOf({ line, accountId }: Waiting & { kind: 'line' }) {
  const { lineId, streamId, n, kind, handle, text, streamMs, at } = line;
  const fields = {
    streamId,
    n,
    kind,
    text,
    streamMs,
    at: new Date(at),
    ...(handle === undefined ? {} : { handle }),
    ...(accountId === undefined ? {} : { accountId }),
  };
  return { updateOne: { filter: { _id: lineId }, update: { $setOnInsert: fields }, upsert: true } };
}

function lineOf({ _id, streamId, n, kind, handle, text, streamMs, at }: LineDocument): DanmakuLine {
  return { lineId: _id, streamId, n, kind, handle, text, streamMs, at: at.toISOString() };
}
