import { z } from 'zod';
import { PageQuery, ProductView, pageOf } from '#contract/catalog.ts';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { type AccountId, ProductId, StreamId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import { DeskStream, Pin, ShowcaseOrder, TimelineEntry } from '#contract/rooms.ts';
import { type Route, type RouteContext, route } from '../gateway/route.ts';
import { type Stream, streamMsOf } from './core/stream.ts';
import type { StreamStore, TimelineStore } from './store.ts';
import type { StreamUseCases } from './streams.ts';
import type { StreamViews } from './views.ts';

export type StageParts = {
  streams: StreamStore;
  timeline: TimelineStore;
  useCases: StreamUseCases;
  views: StreamViews;
};

export const OfStream = z.object({ streamId: StreamId });
const OfProduct = OfStream.extend({ productId: ProductId });

export const accountOf = (actor: Actor): AccountId | undefined =>
  actor.kind === 'account' ? actor.accountId : undefined;
export const cursorOf = (at: number, id: string): string => `${at}.${id}`;

/** `1700000000000.stream_x` → both parts; undefined for anything else. */
export function partsOf(cursor: string | undefined): { at: number; id: string } | undefined {
  const found = /^(\d{1,15})\.(.{1,100})$/.exec(cursor ?? '');
  return found ? { at: Number(found[1]), id: found[2] ?? '' } : undefined;
}

/** What routes that change a stream have in common. */
export function changes({ streams, views }: Pick<StageParts, 'streams' | 'views'>) {
  return {
    async streamScope({ params }: { params: { streamId: StreamId } }) {
      const stream = await streams.get(params.streamId);
      return stream && { channelId: stream.channelId };
    },
    /** Audits a change with the version it made, and answers the desk's view. */
    async changed(
      { params, audit }: Pick<RouteContext<{ streamId: StreamId }, unknown, unknown>, 'params' | 'audit'>,
      result: Result<Stream, ErrorCode>,
      after: Record<string, unknown>,
    ): Promise<Result<DeskStream, ErrorCode>> {
      if (!result.ok) return result;
      audit({ object: params.streamId, after: { ...after, version: result.value.version } });
      const [desk] = await views.desk([result.value]);
      return desk ? accept(desk) : refuse('not-found');
    },
  };
}

/** Routes of what stands on a stream's stage: showcase, pinned product, timeline. */
export function stageRoutes(parts: StageParts): Route[] {
  const { streams, timeline, useCases, views } = parts;
  const { streamScope, changed } = changes(parts);

  return [
    route({
      method: 'get',
      path: '/streams/:streamId/showcase',
      action: 'stream.read',
      summary: 'Products of a stream in their order, with price and stock',
      params: OfStream,
      reply: z.object({ items: z.array(ProductView) }),
      async handle({ params }) {
        const stream = await streams.get(params.streamId);
        return stream ? accept({ items: await views.showcase(stream) }) : refuse('not-found');
      },
    }),
    route({
      method: 'put',
      path: '/streams/:streamId/showcase',
      action: 'showcase.edit',
      summary: 'Put the showcase into this order',
      params: OfStream,
      body: ShowcaseOrder,
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const { params, body, actor } = context;
        return changed(
          context,
          await useCases.arrange(params.streamId, body.productIds, accountOf(actor)),
          body,
        );
      },
    }),
    route({
      method: 'put',
      path: '/streams/:streamId/showcase/:productId',
      action: 'showcase.edit',
      summary: 'Show a product, at the end or at a place',
      params: OfProduct,
      query: z.object({ position: z.coerce.number().int().min(0).max(100).optional() }),
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const { params, query, actor } = context;
        const { streamId, productId } = params;
        const result = await useCases.show(streamId, productId, query.position, accountOf(actor));
        return changed(context, result, { shown: productId });
      },
    }),
    route({
      method: 'delete',
      path: '/streams/:streamId/showcase/:productId',
      action: 'showcase.edit',
      summary: 'Show a product no more',
      params: OfProduct,
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const { streamId, productId } = context.params;
        const result = await useCases.hide(streamId, productId, accountOf(context.actor));
        return changed(context, result, { hidden: productId });
      },
    }),
    route({
      method: 'put',
      path: '/streams/:streamId/pinned',
      action: 'product.pin',
      summary: 'Pin a product of the showcase; the same key pins once',
      params: OfStream,
      body: Pin,
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const { params, body, actor } = context;
        return changed(context, await useCases.pin(params.streamId, body, accountOf(actor)), body);
      },
    }),
    route({
      method: 'delete',
      path: '/streams/:streamId/pinned',
      action: 'product.pin',
      summary: 'Take the pinned product down',
      params: OfStream,
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const result = await useCases.unpin(context.params.streamId, accountOf(context.actor));
        return changed(context, result, { pinned: null });
      },
    }),
    route({
      method: 'get',
      path: '/streams/:streamId/timeline',
      action: 'timeline.read',
      summary: 'What happened in a stream, by stream time',
      params: OfStream,
      query: PageQuery,
      reply: pageOf(TimelineEntry),
      scope: streamScope,
      async handle({ params, query: { cursor, limit } }) {
        const stream = await streams.get(params.streamId);
        if (stream === undefined) return refuse('not-found');
        const from = partsOf(cursor);
        const after = from && { at: new Date(from.at), id: from.id };
        const found = await timeline.of(params.streamId, after, limit + 1);
        const page = found.slice(0, limit);
        const last = page.at(-1);
        const items = page.map(({ id, at, ...entry }) => ({
          ...entry,
          entryId: id,
          streamId: params.streamId,
          at: at.toISOString(),
          streamMs: streamMsOf(stream, at.getTime()),
        }));
        return accept({
          items,
          next: found.length > limit && last ? cursorOf(Number(last.at), last.id) : undefined,
        });
      },
    }),
  ];
}
