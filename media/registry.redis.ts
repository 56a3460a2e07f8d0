import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { mediaNodesKey, type NodeEntry, nodeBeatMs } from '#contract/internal/control.ts';
import type { Clock } from '#server/platform/clock.ts';
import { repeat } from '#server/platform/lifetime.ts';

type Options = { redis: Redis; nodeId: string; url: string; load(): number; clock: Clock; logger: Logger };

/** Says in Redis every 2 s that this node lives and how loaded it is, so that any server finds it; disposing withdraws it. */
export async function announceNode(options: Options): Promise<AsyncDisposable> {
  const { redis, nodeId, url, load, clock, logger } = options;
  const beat = async () => {
    const entry: NodeEntry = { url, load: load(), beatAt: clock.now() };
    await redis.hset(mediaNodesKey, nodeId, JSON.stringify(entry));
  };
  await beat();
  const beating = repeat(nodeBeatMs, beat, (fault) => logger.warn({ err: fault }, 'media node cannot beat'));
  return {
    async [Symbol.asyncDispose]() {
      await beating[Symbol.asyncDispose]();
      await redis.hdel(mediaNodesKey, nodeId).catch(() => {});
    },
  };
}
