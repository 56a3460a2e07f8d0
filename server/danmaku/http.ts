import { z } from 'zod';
import { DanmakuPage, DanmakuQuery } from '#contract/danmaku.ts';
import { accept, refuse } from '#contract/errors.ts';
import { StreamId } from '#contract/ids.ts';
import { type Route, route } from '../gateway/route.ts';
import { readCursor, writeCursor } from './core/line.ts';
import type { DanmakuArchive } from './store.ts';
import type { DanmakuUseCases } from './usecases.ts';

export function danmakuRoutes(archive: DanmakuArchive, { streamOf }: DanmakuUseCases): Route[] {
  return [
    route({
      method: 'get',
      path: '/streams/:streamId/danmaku',
      action: 'danmaku.read',
      summary: 'What was said in a stream, by stream time.',
      params: z.object({ streamId: StreamId }),
      query: DanmakuQuery,
      reply: DanmakuPage,
      async handle({ params: { streamId }, query: { after, fromMs, limit } }) {
        if ((await streamOf(streamId)) === undefined) return refuse('not-found');
        const from = after === undefined ? undefined : readCursor(after);
        const lines = await archive.page(streamId, { after: from, fromMs, limit });
        const last = lines.length === limit ? lines.at(-1) : undefined;
        return accept({ lines, ...(last && { next: writeCursor(last) }) });
      },
    }),
  ];
}
