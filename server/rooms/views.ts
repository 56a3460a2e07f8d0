import type { ProductView } from '#contract/catalog.ts';
import type { ChannelId, ProductId } from '#contract/ids.ts';
import type { DeskStream, Pinned, StreamCard, StreamView } from '#contract/rooms.ts';
import type { Catalog, Product } from '../catalog/index.ts';
import type { Identity } from '../identity/index.ts';
import { type Stream, streamMsOf } from './core/stream.ts';

type Parts = {
  catalog: Pick<Catalog, 'products'>;
  identity: Pick<Identity, 'channels'>;
  online: (stream: Stream) => Promise<number>;
};

const instant = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();

/** Streams as they are shown: joined with channels, products and presence. */
export function streamViews({ catalog, identity, online }: Parts) {
  const viewOf = (stream: Stream, channelTitle: string): StreamView => ({
    streamId: stream.streamId,
    channelId: stream.channelId,
    channelTitle,
    title: stream.title,
    coverPictureId: stream.coverPictureId,
    state: stream.state,
    currency: stream.currency,
    startsAt: new Date(stream.startsAt).toISOString(),
    liveAt: instant(stream.liveAt),
    endedAt: instant(stream.endedAt),
    recordingNotice: stream.recordingNotice,
    version: stream.version,
  });

  async function titles(streams: readonly Stream[]): Promise<(channelId: ChannelId) => string> {
    const channels = await identity.channels.many([...new Set(streams.map(({ channelId }) => channelId))]);
    const byId = new Map(channels.map(({ channelId, title }) => [channelId, title]));
    return (channelId) => byId.get(channelId) ?? '';
  }

  const views = async (streams: readonly Stream[]): Promise<StreamView[]> => {
    const titleOf = await titles(streams);
    return streams.map((stream) => viewOf(stream, titleOf(stream.channelId)));
  };

  const products = async (productIds: readonly ProductId[]): Promise<Product[]> => {
    if (productIds.length === 0) return [];
    const found = await catalog.products.many(productIds);
    const byId = new Map(found.map((product) => [product.productId, product]));
    return productIds.flatMap((productId) => byId.get(productId) ?? []);
  };

  return {
    views,
    view: async (stream: Stream): Promise<StreamView> =>
      viewOf(stream, (await titles([stream]))(stream.channelId)),
    /** Products of the showcase, in its order, with stock. */
    products: (stream: Stream): Promise<Product[]> => products(stream.showcase),
    showcase: async (stream: Stream): Promise<ProductView[]> =>
      (await products(stream.showcase)).map(catalog.products.view),

    async pinned(stream: Stream): Promise<Pinned | null> {
      if (stream.pinned === undefined) return null;
      const { productId, at } = stream.pinned;
      const product = await catalog.products.get(productId);
      if (product === undefined) return null;
      const streamMs = streamMsOf(stream, at);
      const pinnedAt = new Date(at).toISOString();
      return { product: catalog.products.view(product), pinnedAt, streamMs, version: stream.version };
    },

    async cards(streams: readonly Stream[]): Promise<StreamCard[]> {
      const shown = await products([...new Set(streams.flatMap(({ pinned }) => pinned?.productId ?? []))]);
      const byId = new Map(shown.map((product) => [product.productId, catalog.products.view(product)]));
      const plain = await views(streams);
      return Promise.all(
        streams.map(async (stream, index) => ({
          ...(plain[index] ?? viewOf(stream, '')),
          online: await online(stream),
          pinned: stream.pinned && byId.get(stream.pinned.productId),
          productCount: stream.showcase.length,
        })),
      );
    },

    async desk(streams: readonly Stream[]): Promise<DeskStream[]> {
      const plain = await views(streams);
      return Promise.all(
        streams.map(async (stream, index) => ({
          ...(plain[index] ?? viewOf(stream, '')),
          showcase: stream.showcase,
          pinnedProductId: stream.pinned?.productId,
          online: await online(stream),
        })),
      );
    },
  };
}

export type StreamViews = ReturnType<typeof streamViews>;
