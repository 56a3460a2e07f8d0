import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { StreamId } from '#contract/ids.ts';
import { roomTag } from '../platform/room-keys.ts';
import { defineScript } from '../platform/script.ts';
import type { PresenceStore } from './store.ts';

/** Counts heard viewers into online, views and watched time. */
const hearScript = defineScript(new URL('./lua/hear.lua', import.meta.url), {
  keys: ['online', 'sessions', 'totals'],
  args: ['now', 'onlineMs', 'viewMs', 'liveAt', 'endedAt', 'epoch', 'keptS'],
  rest: 'viewers',
  reply: z.int(),
});

const keptS = 7 * 24 * 3600;
const keyOf = (streamId: StreamId, name: string): string =>
  `${roomTag(streamId)}:presence:${streamId}:${name}`;

/** Presence in Redis; all keys of a room carry its tag. Losing them loses the moment's counts, not the record. */
export function redisPresenceStore(redis: Redis): PresenceStore {
  return {
    async hear(streamId, { now, viewers, liveAt = -1, endedAt = -1, onlineMs, viewMs }) {
      const keys = {
        online: keyOf(streamId, 'online'),
        sessions: keyOf(streamId, 'sessions'),
        totals: keyOf(streamId, 'totals'),
      };
      const args = { now, onlineMs, viewMs, liveAt, endedAt, epoch: randomUUID(), keptS };
      await hearScript.run(redis, { keys, args, rest: viewers });
    },
    online: (streamId, since) => redis.zcount(keyOf(streamId, 'online'), since, '+inf'),
    async totals(streamId) {
      const { epoch, views, watchedMs } = await redis.hgetall(keyOf(streamId, 'totals'));
      if (epoch === undefined) return undefined;
      return { epoch, views: Number(views), watchedMs: Number(watchedMs) };
    },
    async turn(streamId, name, forMs) {
      return (await redis.set(keyOf(streamId, `turn:${name}`), '1', 'PX', Math.ceil(forMs), 'NX')) === 'OK';
    },
    async isNews(streamId, online) {
      const before = await redis.set(keyOf(streamId, 'told'), String(online), 'EX', keptS, 'GET');
      return before !== String(online);
    },
  };
}
