import type { ProductId, StreamId } from '#contract/ids.ts';
import type { Audience, StreamState } from '#contract/rooms.ts';
import type { Catalog } from '../catalog/index.ts';
import type { LiveMessage } from '../gateway/live/message.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import type { SnapshotPart } from '../gateway/ports.ts';
import type { Identity } from '../identity/index.ts';
import type { Bus } from '../platform/bus.ts';
import type { Clock } from '../platform/clock.ts';
import type { Outbox } from '../platform/outbox.ts';
import { type Stream, streamMsOf } from './core/stream.ts';
import { streamRoutes } from './http.ts';
import { linkRoutes } from './links.ts';
import type { StageAct } from './ports.ts';
import { Presence, type PresenceTimes, presenceTimes } from './presence.ts';
import type {
  AudienceRecord,
  LinkStore,
  PresenceStore,
  StreamStore,
  TimelineRecord,
  TimelineStore,
} from './store.ts';
import { StreamCache } from './stream-cache.ts';
import { streamUseCases } from './streams.ts';
import { tellRooms } from './tell.ts';
import { streamViews } from './views.ts';

export type { Stream } from './core/stream.ts';
export { roomsMigrations } from './migrations.ts';
export type { StageAct } from './ports.ts';
export type { PresenceTimes } from './presence.ts';
export type { TimelineRecord } from './store.ts';

/** An entry with its stream time. */
export type TimelineMoment = TimelineRecord & { streamMs: number };

const timelinePage = 1000;

export type Rooms = ReturnType<typeof createRooms>;

/** Streams, showcases, pins, timelines and presence; see the README for what they promise. */
export function createRooms(parts: {
  streams: StreamStore;
  links: LinkStore;
  timeline: TimelineStore;
  audience: AudienceRecord;
  presence: PresenceStore;
  clock: Clock;
  live: LiveRooms;
  outbox: Outbox;
  bus: Bus;
  catalog: Pick<Catalog, 'products'>;
  identity: Pick<Identity, 'channels' | 'vendors' | 'roles'>;
  /** Read at each end of a stream: slices built later add theirs by `registerAct`. */
  acts?: readonly StageAct[];
  times?: Partial<PresenceTimes>;
}) {
  const { streams, links, timeline, clock, live, outbox, bus, catalog, identity } = parts;
  const acts = [...(parts.acts ?? [])];
  const cache = new StreamCache(streams, bus);
  const times = { ...presenceTimes, ...parts.times };
  const presence = new Presence({
    store: parts.presence,
    record: parts.audience,
    cache,
    clock,
    live,
    times,
  });
  const views = streamViews({ catalog, identity, online: ({ streamId }) => presence.online(streamId) });
  const useCases = streamUseCases({ streams, links, clock, catalog, identity, acts, bus });
  const telling = tellRooms({ outbox, streams, timeline, live, catalog, views, presence, cache, acts });

  const snapshots: SnapshotPart[] = [
    part('stream', (stream) => views.view(stream)),
    part('showcase', (stream) => views.showcase(stream)),
    part('pinned', (stream) => views.pinned(stream)),
    { name: 'online', load: async (streamId) => ({ online: await presence.online(streamId) }) },
  ];
  function part(name: string, load: (stream: Stream) => Promise<unknown>): SnapshotPart {
    return {
      name,
      async load(streamId) {
        const stream = await streams.get(streamId);
        return stream ? load(stream) : null;
      },
    };
  }

  return {
    routes: [
      ...streamRoutes({ streams, timeline, useCases, views }),
      ...linkRoutes({ links, clock, catalog, identity }),
    ],
    messages: [] satisfies LiveMessage[] as LiveMessage[],
    snapshots,
    presence,
    /** Adds what closes when a stream ends. */
    registerAct(act: StageAct): void {
      acts.push(act);
    },
    streams: {
      /** As of at most a second ago: for reading, not for deciding. */
      get: (streamId: StreamId): Promise<Stream | undefined> => cache.get(streamId),
      async list({ state, limit = 500 }: { state?: StreamState; limit?: number } = {}): Promise<Stream[]> {
        return state === undefined ? streams.all(limit) : streams.inState(state, limit);
      },
      schedule: useCases.schedule,
      step: useCases.step,
    },
    showcase: {
      async has(streamId: StreamId, productId: ProductId): Promise<boolean> {
        return (await streams.get(streamId))?.showcase.includes(productId) ?? false;
      },
      async of(streamId: StreamId): Promise<ProductId[]> {
        return (await streams.get(streamId))?.showcase ?? [];
      },
      show: useCases.show,
    },
    pin: useCases.pin,
    unpin: useCases.unpin,
    async streamsShowing(productId: ProductId): Promise<StreamId[]> {
      return (await streams.showing(productId)).map(({ streamId }) => streamId);
    },
    async pinned(streamId: StreamId): Promise<ProductId | undefined> {
      return (await streams.get(streamId))?.pinned?.productId;
    },
    /** Stream time of an instant (RULE-6), in milliseconds; 0 before going live. */
    streamMs: (stream: Pick<Stream, 'liveAt'>, at: Date): number => streamMsOf(stream, at.getTime()),
    timeline: {
      /** Enters an event once for each id. */
      append: (streamId: StreamId, entry: TimelineRecord): Promise<void> => timeline.append(streamId, entry),
      /** The whole timeline in order of time. */
      async of(streamId: StreamId): Promise<TimelineMoment[]> {
        const stream = await streams.get(streamId);
        const moments: TimelineMoment[] = [];
        for (;;) {
          const last = moments.at(-1);
          const page = await timeline.of(streamId, last, timelinePage);
          for (const entry of page)
            moments.push({ ...entry, streamMs: stream ? streamMsOf(stream, entry.at.getTime()) : 0 });
          if (page.length < timelinePage) return moments;
        }
      },
    },
    /** People of a stream, this moment included. */
    online: (streamId: StreamId): Promise<Audience> => presence.audience(streamId),
    /** Samples of online by stream time, for reports. */
    async samples(streamId: StreamId): Promise<{ streamMs: number; online: number }[]> {
      const stream = await streams.get(streamId);
      return stream ? presence.samples(stream) : [];
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await presence[Symbol.asyncDispose]();
      await telling[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}
