import type { Redis } from 'ioredis';
import { z } from 'zod';
import { DanmakuLine } from '#contract/danmaku.ts';
import { AccountId, StreamId } from '#contract/ids.ts';
import { logger } from '../platform/logger.ts';
import { roomTag, roomTags } from '../platform/room-keys.ts';
import { defineScript } from '../platform/script.ts';
import type { DanmakuLog, Waiting } from './store.ts';

const postScript = defineScript(new URL('./lua/post.lua', import.meta.url), {
  keys: ['number', 'recent', 'archive', 'answered'],
  args: ['seed', 'line', 'accountId', 'keep', 'answeredS', 'keptS'],
  reply: z.string(),
});

const likeScript = defineScript(new URL('./lua/like.lua', import.meta.url), {
  keys: ['counts', 'total', 'archive'],
  args: ['seed', 'streamId', 'cap', 'keptS'],
  rest: 'taps',
  reply: z.coerce.number(),
});

const group = 'archive';
const consumer = 'workers';
const batchSize = 500;
const recentKept = 50;
const answeredS = 120;
const keptS = 7 * 86_400;

const Entries = z.array(z.tuple([z.string(), z.array(z.string()).nullable()]));
const Read = z.array(z.tuple([z.string(), Entries])).nullable();
const Claimed = z.tuple([z.string(), Entries]).rest(z.unknown());
type Entry = z.infer<typeof Entries>[number];

/** What is said, in Redis: the keys of a room carry its tag, and all rooms of a tag share one queue to the archive. */
export function redisDanmakuLog(redis: Redis): DanmakuLog {
  const archiveKey = (tag: string) => `${tag}:danmaku:archive`;
  const keyOf = (streamId: StreamId, name: string) => `${roomTag(streamId)}:danmaku:${streamId}:${name}`;

  const read = async (key: string, againMs: number): Promise<Entry[]> => {
    const claimed = Claimed.parse(
      await redis.xautoclaim(key, group, consumer, againMs, '0', 'COUNT', batchSize),
    );
    const found = Read.parse(
      await redis.xreadgroup('GROUP', group, consumer, 'COUNT', batchSize, 'STREAMS', key, '>'),
    );
    return [...claimed[1], ...(found?.[0]?.[1] ?? [])];
  };
  const readOrBegin = async (key: string, againMs: number): Promise<Entry[]> => {
    try {
      return await read(key, againMs);
    } catch (fault) {
      if (!(fault instanceof Error && fault.message.includes('NOGROUP'))) throw fault;
      // Nothing has been said yet, or the store was lost; another worker may be as quick.
      if ((await redis.exists(key)) === 0) return [];
      await redis.xgroup('CREATE', key, group, '0', 'MKSTREAM').catch((late: unknown) => {
        if (!(late instanceof Error && late.message.includes('BUSYGROUP'))) throw late;
      });
      return read(key, againMs);
    }
  };

  return {
    async append(line, writer, seed) {
      const keys = {
        number: keyOf(line.streamId, 'number'),
        recent: keyOf(line.streamId, 'recent'),
        archive: archiveKey(roomTag(line.streamId)),
        answered: keyOf(line.streamId, `answered:${writer ?? ''}:${line.key ?? line.lineId}`),
      };
      const args = {
        seed: '',
        line: JSON.stringify(line),
        accountId: writer ?? '',
        keep: recentKept,
        answeredS,
        keptS,
      };
      const said = await postScript.run(redis, { keys, args });
      if (said !== 'seed') return DanmakuLine.parse(JSON.parse(said));
      const again = await postScript.run(redis, { keys, args: { ...args, seed: String(await seed()) } });
      return DanmakuLine.parse(JSON.parse(again));
    },
    async recent(streamId, count) {
      const entries = await redis.xrevrange(keyOf(streamId, 'recent'), '+', '-', 'COUNT', count);
      return entries.map(([, fields]) => DanmakuLine.parse(JSON.parse(String(fields[1])))).toReversed();
    },
    async like(streamId, taps, cap, seed) {
      const keys = {
        counts: keyOf(streamId, 'likes-by'),
        total: keyOf(streamId, 'likes'),
        archive: archiveKey(roomTag(streamId)),
      };
      const args = { seed: '', streamId, cap, keptS };
      const rest = [...taps].flat();
      const total = await likeScript.run(redis, { keys, args, rest });
      if (total >= 0) return total;
      return likeScript.run(redis, { keys, args: { ...args, seed: String(await seed()) }, rest });
    },
    async likes(streamId) {
      const total = await redis.get(keyOf(streamId, 'likes'));
      return total === null ? undefined : Number(total);
    },
    async handOver(work, againMs) {
      const taken = await Promise.all(
        roomTags.map(async (tag) => {
          const key = archiveKey(tag);
          const entries = await readOrBegin(key, againMs);
          if (entries.length === 0) return 0;
          await work(entries.flatMap(waitingOf));
          const ids = entries.map(([id]) => id);
          await redis
            .multi()
            .xack(key, group, ...ids)
            .xdel(key, ...ids)
            .exec();
          return entries.length;
        }),
      );
      return taken.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Reads an entry of the queue; one that can't be read is logged and left out, so that it stops nobody. */
function waitingOf([id, fields]: Entry): Waiting[] {
  const [name, value = '', , other = ''] = fields ?? [];
  try {
    if (name === 'likes')
      return [{ kind: 'likes', streamId: StreamId.parse(other), likes: z.coerce.number().parse(value) }];
    const accountId = other === '' ? undefined : AccountId.parse(other);
    return [{ kind: 'line', line: DanmakuLine.parse(JSON.parse(value)), accountId }];
  } catch (fault) {
    logger.error({ err: fault, entryId: id }, 'unreadable danmaku left out of the archive');
    return [];
  }
}
