import { randomUUID } from 'node:crypto';
import type { Stream, StreamEvent } from './core/stream.ts';
import type {
  AudienceRecord,
  Link,
  LinkStore,
  PresenceStore,
  Stamp,
  StreamStore,
  TimelineRecord,
  TimelineStore,
  Totals,
} from './store.ts';

/** Streams in memory; `tell` hears their events. */
export function memoryStreamStore(
  tell: (stream: Stream, events: readonly StreamEvent[], stamp: Stamp) => Promise<void> = async () => {},
): StreamStore {
  const streams = new Map<string, Stream>();
  const sorted = (list: Stream[], by: (stream: Stream) => number) =>
    list.toSorted((a, b) => by(a) - by(b)).map((stream) => structuredClone(stream));
  return {
    async insert(stream, events, stamp) {
      if (streams.has(stream.streamId)) return false;
      streams.set(stream.streamId, structuredClone(stream));
      await tell(stream, events, stamp);
      return true;
    },
    async get(streamId) {
      return structuredClone(streams.get(streamId));
    },
    async save(stream, expectedVersion, events, stamp) {
      if (streams.get(stream.streamId)?.version !== expectedVersion) return false;
      streams.set(stream.streamId, structuredClone(stream));
      await tell(stream, events, stamp);
      return true;
    },
    async inState(state, limit) {
      const found = [...streams.values()].filter((stream) => stream.state === state);
      const by = state === 'replay' ? (one: Stream) => -(one.endedAt ?? 0) : (one: Stream) => one.startsAt;
      return sorted(found, by).slice(0, limit);
    },
    async ofChannel(channelId, before, limit) {
      const isBefore = ({ createdAt, streamId }: Stream) =>
        before === undefined ||
        createdAt < before.createdAt ||
        (createdAt === before.createdAt && streamId < before.streamId);
      return [...streams.values()]
        .filter((stream) => stream.channelId === channelId && isBefore(stream))
        .toSorted((a, b) => b.createdAt - a.createdAt || (a.streamId < b.streamId ? 1 : -1))
        .slice(0, limit)
        .map((stream) => structuredClone(stream));
    },
    async showing(productId) {
      const found = [...streams.values()].filter(
        ({ state, showcase }) => (state === 'scheduled' || state === 'live') && showcase.includes(productId),
      );
      return sorted(found, (one) => one.startsAt);
    },
    async all(limit) {
      return sorted([...streams.values()], (one) => -one.createdAt).slice(0, limit);
    },
  };
}

/** Vendor links in memory. */
export function memoryLinkStore(): LinkStore {
  const links = new Map<string, Link>();
  return {
    async approve(link) {
      const key = `${link.vendorId}:${link.channelId}`;
      if (!links.has(key)) links.set(key, link);
    },
    async withdraw(vendorId, channelId) {
      links.delete(`${vendorId}:${channelId}`);
    },
    has: async (vendorId, channelId) => links.has(`${vendorId}:${channelId}`),
    ofVendor: async (vendorId) => [...links.values()].filter((link) => link.vendorId === vendorId),
    ofChannel: async (channelId) => [...links.values()].filter((link) => link.channelId === channelId),
  };
}

/** A timeline in memory. */
export function memoryTimelineStore(): TimelineStore {
  const timelines = new Map<string, TimelineRecord[]>();
  const isLater = (a: { at: Date; id: string }, b: { at: Date; id: string }) =>
    a.at > b.at || (Number(a.at) === Number(b.at) && a.id > b.id);
  return {
    async append(streamId, entry) {
      const entries = timelines.get(streamId) ?? [];
      if (!entries.some(({ id }) => id === entry.id)) entries.push(structuredClone(entry));
      timelines.set(streamId, entries);
    },
    async of(streamId, after, limit) {
      return (timelines.get(streamId) ?? [])
        .filter((entry) => after === undefined || isLater(entry, after))
        .toSorted((a, b) => (isLater(a, b) ? 1 : -1))
        .slice(0, limit);
    },
  };
}

/** Lasting figures in memory. */
export function memoryAudienceRecord(): AudienceRecord {
  const totals = new Map<string, Map<string, Totals>>();
  const samples = new Map<string, Map<number, { at: number; online: number }>>();
  return {
    async keepTotals(streamId, { epoch, views, watchedMs }) {
      const kept = totals.get(streamId) ?? new Map<string, Totals>();
      const before = kept.get(epoch) ?? { epoch, views: 0, watchedMs: 0 };
      kept.set(epoch, {
        epoch,
        views: Math.max(before.views, views),
        watchedMs: Math.max(before.watchedMs, watchedMs),
      });
      totals.set(streamId, kept);
    },
    async keepSample(streamId, { slot, at, online }) {
      const kept = samples.get(streamId) ?? new Map<number, { at: number; online: number }>();
      kept.set(slot, { at: kept.get(slot)?.at ?? at, online: Math.max(kept.get(slot)?.online ?? 0, online) });
      samples.set(streamId, kept);
    },
    async read(streamId) {
      const all = [...(totals.get(streamId)?.values() ?? [])];
      return {
        peak: Math.max(0, ...[...(samples.get(streamId)?.values() ?? [])].map(({ online }) => online)),
        views: all.reduce((sum, one) => sum + one.views, 0),
        watchedMs: all.reduce((sum, one) => sum + one.watchedMs, 0),
      };
    },
    samples: async (streamId) => [...(samples.get(streamId)?.values() ?? [])].toSorted((a, b) => a.at - b.at),
  };
}

/** Presence in memory, by the same rules as the script. */
export function memoryPresenceStore(): PresenceStore {
  type Room = {
    online: Map<string, number>;
    sessions: Map<string, { since: number; counted: number }>;
    totals: Totals | undefined;
    told: number | undefined;
  };
  const rooms = new Map<string, Room>();
  const turns = new Map<string, number>();
  const roomOf = (streamId: string): Room => {
    const known = rooms.get(streamId) ?? {
      online: new Map(),
      sessions: new Map(),
      totals: undefined,
      told: undefined,
    };
    rooms.set(streamId, known);
    return known;
  };
  return {
    async hear(streamId, { now, viewers, liveAt, endedAt, onlineMs, viewMs }) {
      const room = roomOf(streamId);
      const upTo = Math.min(now, endedAt ?? now);
      for (const [viewer, last] of room.online)
        if (last < now - onlineMs) {
          room.online.delete(viewer);
          room.sessions.delete(viewer);
        }
      const totals = room.totals ?? { epoch: randomUUID(), views: 0, watchedMs: 0 };
      room.totals = totals;
      for (const viewer of viewers) {
        const session = room.sessions.get(viewer) ?? { since: now, counted: -1 };
        room.sessions.set(viewer, session);
        room.online.set(viewer, Math.max(now, room.online.get(viewer) ?? 0));
        if (liveAt === undefined) continue;
        session.since = Math.max(session.since, liveAt);
        if (session.counted < 0 && upTo - session.since >= viewMs) {
          totals.views += 1;
          totals.watchedMs += upTo - session.since;
          session.counted = upTo;
        } else if (session.counted >= 0 && upTo > session.counted) {
          totals.watchedMs += upTo - session.counted;
          session.counted = upTo;
        }
      }
    },
    online: async (streamId, since) =>
      [...roomOf(streamId).online.values()].filter((last) => last >= since).length,
    async totals(streamId) {
      const { totals } = roomOf(streamId);
      return totals && { ...totals };
    },
    async turn(streamId, name, forMs) {
      const key = `${streamId}:${name}`;
      const now = performance.now();
      if ((turns.get(key) ?? 0) > now) return false;
      turns.set(key, now + forMs);
      return true;
    },
    async isNews(streamId, online) {
      const room = roomOf(streamId);
      const isNews = room.told !== online;
      room.told = online;
      return isNews;
    },
  };
}
