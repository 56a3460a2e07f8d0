import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { StreamId } from '#contract/ids.ts';
import { roomTag } from '../../platform/room-keys.ts';
import { defineScript } from '../../platform/script.ts';
import type { Frame, Lane, RoomHistory } from './history.ts';

const publishScript = defineScript(new URL('./lua/publish.lua', import.meta.url), {
  keys: ['position', 'log', 'channel'],
  args: ['streamId', 'freshEpoch', 'keep', 'lane'],
  rest: 'frames',
  reply: z.tuple([z.string(), z.coerce.number()]),
});

const kept = 2000;

/** The history of rooms in Redis: position, log and channel of a room carry one hash tag. */
export function redisRoomHistory(redis: Redis): RoomHistory {
  const keysOf = (streamId: StreamId) => {
    const tag = roomTag(streamId);
    return { position: `${tag}:${streamId}:position`, log: `${tag}:${streamId}:log`, channel: tag };
  };
  return {
    channelOf: roomTag,
    async publish(streamId, lane, frames) {
      const rest = frames.map(({ kind, text }) => `${kind === 'durable' ? 'd' : 'p'}${text}`);
      const args = { streamId, freshEpoch: randomUUID(), keep: kept, lane };
      const [epoch, s] = await publishScript.run(redis, { keys: keysOf(streamId), args, rest });
      return { epoch, s };
    },
    async position(streamId) {
      const [epoch, s] = await redis.hmget(keysOf(streamId).position, 'e', 's');
      return epoch ? { epoch, s: Number(s) } : undefined;
    },
    async since(streamId, last, now) {
      if (last.epoch !== now.epoch || last.s > now.s) return undefined;
      if (last.s === now.s) return [];
      const entries = await redis.xrange(keysOf(streamId).log, `${last.s + 1}-0`, `${now.s}-9`);
      if (entries.length !== now.s - last.s) return undefined;
      return entries.map(([, fields]) => String(fields[1]));
    },
    read(payload) {
      const [head = '', ...lines] = payload.split('\n');
      const [lane, streamId, s] = head.split(' ');
      const frames = lines.map(
        (line): Frame => ({
          kind: line.startsWith('d') ? 'durable' : 'passing',
          text: line.slice(1),
        }),
      );
      // Written by our own script just above.
      return { lane: lane as Lane, streamId: streamId as StreamId, s: Number(s), frames };
    },
  };
}
