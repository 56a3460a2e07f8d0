import type { Redis } from 'ioredis';
import { danmakuPart } from '#contract/danmaku.ts';
import type { StreamId } from '#contract/ids.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import type { SnapshotPart } from '../gateway/ports.ts';
import type { Clock } from '../platform/clock.ts';
import { rateLimit } from '../platform/rate-limit.ts';
import { danmakuRoutes } from './http.ts';
import { LikeCounter } from './likes.ts';
import { danmakuMessages } from './live.ts';
import type { DanmakuArchive, DanmakuLog } from './store.ts';
import { danmakuUseCases, type RoomsFace } from './usecases.ts';

export { danmakuMigrations } from './migrations.ts';

export type Danmaku = ReturnType<typeof createDanmaku>;

/** A dead worker's batch is taken over after this. */
const againMs = 30_000;

/** Lines and likes of rooms. */
export function createDanmaku({
  log,
  archive,
  cache,
  rooms,
  live,
  clock,
}: {
  log: DanmakuLog;
  archive: DanmakuArchive;
  /** Counts lines for the limits. */
  cache: Redis;
  rooms: RoomsFace;
  live: LiveRooms;
  clock: Clock;
}) {
  const limits = {
    account: rateLimit(cache, { name: 'danmaku', tries: 5, seconds: 5 }),
    // One address may be a whole carrier network.
    address: rateLimit(cache, { name: 'danmaku-address', tries: 300, seconds: 5 }),
  };
  const useCases = danmakuUseCases({ log, archive, rooms, live, clock, limits });
  const likes = new LikeCounter({ log, archive, live });
  const snapshot: SnapshotPart = { name: danmakuPart, load: (streamId) => useCases.snapshot(streamId) };

  return {
    routes: danmakuRoutes(archive, useCases),
    messages: danmakuMessages(useCases, likes),
    snapshots: [snapshot],
    announce: useCases.announce,
    counts: useCases.counts,
    /** Stream time of every line that somebody wrote, for reports. */
    moments: (streamId: StreamId) => archive.moments(streamId),
    /** Writes what was said since into the archive; run by workers about every half second. Answers how much. */
    archive: () => log.handOver((batch) => archive.add(batch), againMs),
    /** Counts the taps that still wait. */
    [Symbol.asyncDispose]: () => likes[Symbol.asyncDispose](),
  };
}
