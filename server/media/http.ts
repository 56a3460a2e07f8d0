import { z } from 'zod';
import { accept } from '#contract/errors.ts';
import { StreamId } from '#contract/ids.ts';
import { Ingest } from '#contract/internal/control.ts';
import { mediaLive } from '#contract/media.ts';
import { type Route, route } from '../gateway/route.ts';
import type { MediaUseCases, StreamBook } from './usecases.ts';

type Parts = {
  usecases: MediaUseCases;
  streams: StreamBook;
};

const params = z.object({ streamId: StreamId });

/** Ways into and onto a room's media that need no browser: an encoder's doors, and what is on air. */
export function mediaRoutes({ usecases, streams }: Parts): Route[] {
  const scope = async (input: { params: z.infer<typeof params> }) => {
    const stream = await streams.get(input.params.streamId);
    return stream && { channelId: stream.channelId };
  };
  return [
    route({
      method: 'post',
      path: '/streams/:streamId/ingest',
      action: 'media.ingest',
      summary: 'Opens the doors for an encoder on the media machine; what was on air gives way.',
      params,
      reply: Ingest,
      status: 201,
      scope,
      async handle({ params: { streamId }, audit }) {
        audit({ object: streamId });
        return usecases.openIngest(streamId);
      },
    }),
    route({
      method: 'delete',
      path: '/streams/:streamId/ingest',
      action: 'media.ingest',
      summary: 'Takes the encoder off air.',
      params,
      scope,
      async handle({ params: { streamId }, audit }) {
        audit({ object: streamId });
        const closed = await usecases.closeIngest(streamId);
        return closed.ok ? accept(undefined) : closed;
      },
    }),
    route({
      method: 'get',
      path: '/streams/:streamId/on-air',
      action: 'stream.control',
      summary: 'What arrives at the router of each track, layer by layer.',
      params,
      reply: mediaLive.fromClient['media.stats'].value,
      scope,
      handle: ({ params: { streamId } }) => usecases.onAir(streamId),
    }),
  ];
}
