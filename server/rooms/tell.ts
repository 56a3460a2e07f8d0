import type { ProductId, StreamId } from '#contract/ids.ts';
import { catalogEvents } from '#contract/internal/catalog.ts';
import { roomsEvents } from '#contract/internal/rooms.ts';
import type { Catalog } from '../catalog/index.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import { logger } from '../platform/logger.ts';
import type { Outbox } from '../platform/outbox.ts';
import { type Stream, streamMsOf } from './core/stream.ts';
import type { StageAct } from './ports.ts';
import type { Presence } from './presence.ts';
import type { StreamStore, TimelineStore } from './store.ts';
import type { StreamCache } from './stream-cache.ts';
import type { StreamViews } from './views.ts';

type Parts = {
  outbox: Outbox;
  streams: StreamStore;
  timeline: TimelineStore;
  live: LiveRooms;
  catalog: Pick<Catalog, 'products'>;
  views: StreamViews;
  presence: Presence;
  cache: StreamCache;
  acts: readonly StageAct[];
};

type About = {
  streamId: StreamId;
  at: string;
  version: number;
  actor?: TimelineActor;
};
type TimelineActor = Parameters<TimelineStore['append']>[1]['actor'];

/** How long stock changes gather before rooms hear of them, in milliseconds. */
const gatherMs = 100;

/** Carries what happened to streams and products to timelines, rooms and stage acts. Each may come twice. */
export function tellRooms(parts: Parts): AsyncDisposable {
  const { outbox, streams, timeline, live, catalog, views, presence, cache, acts } = parts;

  const tell = (streamId: StreamId, t: string, d: unknown) =>
    live.tellRoom(streamId, [{ kind: 'durable', t, d }]);
  const note = (id: string, kind: string, { streamId, at, actor }: About, data: Record<string, unknown>) =>
    timeline.append(streamId, { id, at: new Date(at), kind, actor, data });
  const load = async ({ streamId }: About): Promise<Stream> => {
    cache.drop(streamId);
    const stream = await streams.get(streamId);
    if (stream === undefined) throw new Error(`${streamId} is gone`);
    return stream;
  };
  const tellState = async (about: About): Promise<void> =>
    tell(about.streamId, 'rooms.state-changed', await views.view(await load(about)));

  outbox.subscribe(roomsEvents.edited, 'rooms: tell the room', tellState);
  outbox.subscribe(roomsEvents.wentLive, 'rooms: tell the room', async (about, { id }) => {
    await note(id, 'went-live', about, {});
    await tellState(about);
  });
  outbox.subscribe(roomsEvents.replayPublished, 'rooms: tell the room', async (about, { id }) => {
    await note(id, 'replay-published', about, {});
    await tellState(about);
  });
  outbox.subscribe(roomsEvents.ended, 'rooms: tell the room, close the stage', async (about, { id }) => {
    await note(id, 'ended', about, {});
    await tellState(about);
    for (const act of acts) await act.endOfStream(about.streamId, new Date(about.at));
    await presence.close(about.streamId);
  });
  outbox.subscribe(roomsEvents.showcaseChanged, 'rooms: tell the room', async (about, { id }) => {
    const stream = await load(about);
    await note(id, 'showcase-changed', about, { productIds: stream.showcase });
    await tellShowcase(stream);
  });
  outbox.subscribe(roomsEvents.pinned, 'rooms: tell the room', async ({ productId, ...about }, { id }) => {
    const [stream, product] = [await load(about), await catalog.products.get(productId)];
    await note(id, 'pin', about, { productId, title: product?.title });
    if (product === undefined) return;
    await tell(about.streamId, 'rooms.pinned', {
      product: catalog.products.view(product),
      pinnedAt: about.at,
      streamMs: streamMsOf(stream, Date.parse(about.at)),
      version: about.version,
    });
  });
  outbox.subscribe(roomsEvents.unpinned, 'rooms: tell the room', async ({ productId, ...about }, { id }) => {
    const stream = await load(about);
    await note(id, 'unpin', about, { productId });
    const streamMs = streamMsOf(stream, Date.parse(about.at));
    await tell(about.streamId, 'rooms.unpinned', { productId, streamMs, version: about.version });
  });

  const tellShowcase = async (stream: Stream): Promise<void> =>
    tell(stream.streamId, 'rooms.showcase-changed', {
      showcase: await views.showcase(stream),
      version: stream.version,
    });
  outbox.subscribe(catalogEvents.productChanged, 'rooms: tell rooms that show it', async ({ productId }) => {
    for (const stream of await streams.showing(productId)) await tellShowcase(stream);
  });

  const changed = new Set<ProductId>();
  let timer: NodeJS.Timeout | undefined;
  let telling = Promise.resolve();
  const tellStock = async (): Promise<void> => {
    const productIds = [...changed];
    changed.clear();
    const rooms = new Map<StreamId, Stream>();
    for (const productId of productIds)
      for (const stream of await streams.showing(productId)) rooms.set(stream.streamId, stream);
    for (const stream of rooms.values()) {
      const stock = (await views.products(stream)).flatMap(({ productId, variants }) =>
        variants.map(({ variantId, stock: units }) => ({ productId, variantId, ...units })),
      );
      await live.tellRoom(stream.streamId, [{ kind: 'passing', t: 'rooms.stock', d: { stock } }]);
    }
  };
  outbox.subscribe(catalogEvents.stockChanged, 'rooms: tell rooms that show it', async ({ productId }) => {
    changed.add(productId);
    timer ??= setTimeout(() => {
      timer = undefined;
      telling = telling
        .then(tellStock)
        .catch((fault: unknown) => logger.warn({ err: fault }, 'stock not told'));
    }, gatherMs);
  });

  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await telling;
    },
  };
}
