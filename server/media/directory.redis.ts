import type { Redis } from 'ioredis';
import { z } from 'zod';
import { mediaNodesKey, NodeEntry, nodeDeadMs } from '#contract/internal/control.ts';
import type { Clock } from '../platform/clock.ts';
import { defineScript } from '../platform/script.ts';
import type { MediaDirectory } from './directory.ts';
import { mediaKeys } from './keys.ts';

const releaseRoomScript = defineScript(new URL('./lua/release-room.lua', import.meta.url), {
  keys: ['assignment'],
  args: ['nodeId'],
  reply: z.enum(['released', 'kept']),
});

const nextFenceScript = defineScript(new URL('./lua/next-fence.lua', import.meta.url), {
  keys: ['fence'],
  args: ['now'],
  reply: z.coerce.number().int().positive(),
});

export function redisMediaDirectory(redis: Redis, clock: Clock): MediaDirectory {
  return {
    async nodes() {
      const lines = Object.entries(await redis.hgetall(mediaNodesKey));
      const entries = lines.map(([id, line]) => [id, NodeEntry.parse(JSON.parse(line))] as const);
      return new Map(entries.filter(([, { beatAt }]) => clock.now() - beatAt < nodeDeadMs));
    },
    async nodeOf(roomId) {
      return (await redis.get(mediaKeys(roomId).assignment)) ?? undefined;
    },
    async assign(roomId, nodeId) {
      const { assignment } = mediaKeys(roomId);
      if ((await redis.set(assignment, nodeId, 'NX')) === 'OK') return nodeId;
      return (await redis.get(assignment)) ?? nodeId;
    },
    async release(roomId, nodeId) {
      await releaseRoomScript.run(redis, {
        keys: { assignment: mediaKeys(roomId).assignment },
        args: { nodeId },
      });
    },
    async bury(nodeId) {
      await redis.hdel(mediaNodesKey, nodeId);
    },
    nextFence(roomId) {
      return nextFenceScript.run(redis, {
        keys: { fence: mediaKeys(roomId).fence },
        args: { now: clock.now() },
      });
    },
  };
}
