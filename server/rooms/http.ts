import { z } from 'zod';
import { PageQuery, pageOf } from '#contract/catalog.ts';
import { accept, refuse } from '#contract/errors.ts';
import { ChannelId, StreamId } from '#contract/ids.ts';
import type { Action } from '#contract/permissions.ts';
import {
  Closing,
  DeskStream,
  HomeStreams,
  NewStream,
  StreamCard,
  StreamEdit,
  StreamView,
} from '#contract/rooms.ts';
import { type Route, route } from '../gateway/route.ts';
import {
  accountOf,
  changes,
  cursorOf,
  OfStream,
  partsOf,
  type StageParts,
  stageRoutes,
} from './http-stage.ts';
import type { StreamUseCases } from './streams.ts';

const OfChannel = z.object({ channelId: ChannelId });
const homeLimit = 60;

/** Routes of streams and their rooms. */
export function streamRoutes(parts: StageParts): Route[] {
  const { streams, useCases, views } = parts;
  const { streamScope, changed } = changes(parts);
  const channelScope = ({ params }: { params: { channelId: ChannelId } }) => ({
    channelId: params.channelId,
  });

  async function listOf(channelId: ChannelId, { cursor, limit }: z.infer<typeof PageQuery>) {
    const from = partsOf(cursor);
    const id = StreamId.safeParse(from?.id);
    const before = from && id.success ? { createdAt: from.at, streamId: id.data } : undefined;
    const found = await streams.ofChannel(channelId, before, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return { page, next: found.length > limit && last ? cursorOf(last.createdAt, last.streamId) : undefined };
  }

  const stepRoute = (
    path: Route['path'],
    action: Action,
    wanted: Parameters<StreamUseCases['step']>[1],
    summary: string,
  ) =>
    route({
      method: 'post',
      path,
      action,
      summary,
      params: OfStream,
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const result = await useCases.step(context.params.streamId, wanted, accountOf(context.actor));
        return changed(context, result, { step: wanted });
      },
    });

  return [
    route({
      method: 'get',
      path: '/streams',
      action: 'stream.read',
      summary: 'What is on air, coming up, and to be seen again',
      reply: HomeStreams,
      async handle() {
        const [live, scheduled, replay] = await Promise.all(
          (['live', 'scheduled', 'replay'] as const).map(async (state) =>
            views.cards(await streams.inState(state, homeLimit)),
          ),
        );
        const byPeople = (live ?? []).toSorted((a, b) => b.online - a.online);
        return accept({ live: byPeople, scheduled: scheduled ?? [], replay: replay ?? [] });
      },
    }),
    route({
      method: 'get',
      path: '/streams/:streamId',
      action: 'stream.read',
      summary: 'A stream',
      params: OfStream,
      reply: StreamCard,
      async handle({ params }) {
        const stream = await streams.get(params.streamId);
        const [card] = stream ? await views.cards([stream]) : [];
        return card ? accept(card) : refuse('not-found');
      },
    }),
    route({
      method: 'get',
      path: '/channels/:channelId/streams',
      action: 'stream.read',
      summary: 'Streams of a channel, newest first',
      params: OfChannel,
      query: PageQuery,
      reply: pageOf(StreamView),
      async handle({ params, query }) {
        const { page, next } = await listOf(params.channelId, query);
        return accept({ items: await views.views(page), next });
      },
    }),
    route({
      method: 'get',
      path: '/channels/:channelId/desk',
      action: 'stream.control',
      summary: 'Streams of a channel for its control room, newest first',
      params: OfChannel,
      query: PageQuery,
      reply: pageOf(DeskStream),
      scope: channelScope,
      async handle({ params, query }) {
        const { page, next } = await listOf(params.channelId, query);
        return accept({ items: await views.desk(page), next });
      },
    }),
    route({
      method: 'post',
      path: '/channels/:channelId/streams',
      action: 'stream.schedule',
      summary: 'Plan a stream',
      params: OfChannel,
      body: NewStream,
      reply: DeskStream,
      status: 201,
      idempotent: true,
      scope: channelScope,
      async handle({ params, body, idempotencyKey = '', actor, audit }) {
        const stream = await useCases.schedule(params.channelId, body, idempotencyKey, accountOf(actor));
        audit({ object: stream.streamId, after: body });
        const [desk] = await views.desk([stream]);
        return desk ? accept(desk) : refuse('not-found');
      },
    }),
    route({
      method: 'patch',
      path: '/streams/:streamId',
      action: 'stream.edit',
      summary: 'Change title, cover, start or notice',
      params: OfStream,
      body: StreamEdit,
      reply: DeskStream,
      scope: streamScope,
      async handle(context) {
        const { params, body, actor } = context;
        return changed(context, await useCases.edit(params.streamId, body, accountOf(actor)), body);
      },
    }),
    stepRoute('/streams/:streamId/go-live', 'stream.go-live', 'go-live', 'Go on air: stream time begins'),
    route({
      method: 'get',
      path: '/streams/:streamId/closing',
      action: 'stream.control',
      summary: 'What ending the stream now would close',
      params: OfStream,
      reply: Closing,
      scope: streamScope,
      handle: ({ params }) => useCases.closing(params.streamId),
    }),
    stepRoute('/streams/:streamId/end', 'stream.end', 'end', 'End the stream and what runs in it'),
    stepRoute(
      '/streams/:streamId/publish-replay',
      'stream.end',
      'publish-replay',
      'Let an ended stream be seen again',
    ),
    ...stageRoutes(parts),
  ];
}
