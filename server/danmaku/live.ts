import { danmakuLive } from '#contract/danmaku.ts';
import { accept, refuse } from '#contract/errors.ts';
import { type LiveMessage, message } from '../gateway/live/message.ts';
import { isOpenFor } from './core/line.ts';
import type { LikeCounter } from './likes.ts';
import type { DanmakuUseCases } from './usecases.ts';

export function danmakuMessages(useCases: DanmakuUseCases, likes: LikeCounter): LiveMessage[] {
  return [
    message(danmakuLive, 'danmaku.post', {
      action: 'danmaku.post',
      pace: { perSecond: 3, burst: 10 },
      async handle(context, { text, key }) {
        if (context.streamId === undefined) return refuse('not-found');
        return useCases.post({ streamId: context.streamId, text, key }, context);
      },
    }),
    message(danmakuLive, 'danmaku.like', {
      action: 'danmaku.like',
      pace: { perSecond: 5, burst: 10 },
      async handle({ actor, streamId }, { taps }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        const stream = streamId && (await useCases.streamOf(streamId));
        if (!streamId || !stream) return refuse('not-found');
        if (!isOpenFor(stream.state)) return refuse('wrong-stream-state');
        likes.add(streamId, actor.accountId, taps);
        return accept({});
      },
    }),
  ];
}
