import { AccountId, ChannelId, VendorId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import type { AudienceRecord, Link, LinkStore, TimelineStore } from './store.ts';

type LinkFields = {
  _id: string;
  vendorId: string;
  channelId: string;
  approvedAt: number;
  approvedBy: string;
};

/** Vendor links in MongoDB, one document a pair. */
export function mongoLinkStore(mongo: Mongo): LinkStore {
  const links = modelOf<LinkFields>(mongo, 'channel_links', {
    vendorId: String,
    channelId: String,
    approvedAt: Number,
    approvedBy: String,
  });
  const idOf = (vendorId: VendorId, channelId: ChannelId): string => `${vendorId}:${channelId}`;
  return {
    async approve(link) {
      await links.create([{ _id: idOf(link.vendorId, link.channelId), ...link }]).catch(unlessDuplicate);
    },
    async withdraw(vendorId, channelId) {
      await links.deleteOne({ _id: idOf(vendorId, channelId) });
    },
    async has(vendorId, channelId) {
      return (await links.exists({ _id: idOf(vendorId, channelId) })) !== null;
    },
    ofVendor: async (vendorId) => (await links.find({ vendorId }).limit(200).lean()).map(linkOf),
    ofChannel: async (channelId) => (await links.find({ channelId }).limit(200).lean()).map(linkOf),
  };
}

const linkOf = ({ vendorId, channelId, approvedAt, approvedBy }: LinkFields): Link => ({
  vendorId: VendorId.parse(vendorId),
  channelId: ChannelId.parse(channelId),
  approvedAt,
  approvedBy: AccountId.parse(approvedBy),
});

type EntryFields = {
  _id: string;
  streamId: string;
  at: Date;
  kind: string;
  actor: string | null;
  data: Record<string, unknown>;
};

/** The timeline in MongoDB: append-only, one document an event. */
export function mongoTimelineStore(mongo: Mongo): TimelineStore {
  const timeline = modelOf<EntryFields>(mongo, 'timeline', {
    streamId: String,
    at: Date,
    kind: String,
    actor: String,
    data: Mixed,
  });
  return {
    async append(streamId, { id, at, kind, actor = null, data }) {
      await timeline
        .create([{ _id: `${streamId}:${id}`, streamId, at, kind, actor, data }])
        .catch(unlessDuplicate);
    },
    async of(streamId, after, limit) {
      const from = after && {
        $or: [
          { at: trusted({ $gt: after.at }) },
          { at: after.at, _id: trusted({ $gt: `${streamId}:${after.id}` }) },
        ],
      };
      const found = await timeline
        .find({ streamId, ...from })
        .sort({ at: 1, _id: 1 })
        .limit(limit)
        .lean();
      return found.map(({ _id, at, kind, actor, data }) => ({
        id: _id.slice(streamId.length + 1),
        at,
        kind,
        actor: actor === null ? undefined : AccountId.parse(actor),
        data,
      }));
    },
  };
}

type TotalsFields = { _id: string; streamId: string; views: number; watchedMs: number };
type SampleFields = { _id: string; streamId: string; at: number; online: number };

/** Lasting figures in MongoDB: totals by life of the fast store, which only grow, and the samples. */
export function mongoAudienceRecord(mongo: Mongo): AudienceRecord {
  const totals = modelOf<TotalsFields>(mongo, 'audience_totals', {
    streamId: String,
    views: Number,
    watchedMs: Number,
  });
  const samples = modelOf<SampleFields>(mongo, 'audience_samples', {
    streamId: String,
    at: Number,
    online: Number,
  });
  return {
    async keepTotals(streamId, { epoch, views, watchedMs }) {
      await totals.updateOne(
        { _id: `${streamId}:${epoch}` },
        { $setOnInsert: { streamId }, $max: { views, watchedMs } },
        { upsert: true },
      );
    },
    async keepSample(streamId, { slot, at, online }) {
      await samples.updateOne(
        { _id: `${streamId}:${slot}` },
        { $setOnInsert: { streamId, at }, $max: { online } },
        { upsert: true },
      );
    },
    async read(streamId) {
      const [kept, [highest]] = await Promise.all([
        totals.find({ streamId }).lean(),
        samples.find({ streamId }).sort({ online: -1 }).limit(1).lean(),
      ]);
      return {
        peak: highest?.online ?? 0,
        views: kept.reduce((sum, one) => sum + one.views, 0),
        watchedMs: kept.reduce((sum, one) => sum + one.watchedMs, 0),
      };
    },
    async samples(streamId) {
      const found = await samples.find({ streamId }).sort({ at: 1 }).lean();
      return found.map(({ at, online }) => ({ at, online }));
    },
  };
}

function unlessDuplicate(fault: unknown): void {
  if (!isDuplicate(fault)) throw fault;
}
