import type { AccountId, StreamId } from '#contract/ids.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import { logger } from '../platform/logger.ts';
import type { DanmakuArchive, DanmakuLog } from './store.ts';

const tickMs = 200;

/** An account's likes in one stream count up to here. */
const likeCap = 500;

type Parts = { log: DanmakuLog; archive: DanmakuArchive; live: LiveRooms };

/**
 * Gathers this process's taps for one tick, counts them in one step for each room, and tells the room one number.
 * Taps of a tick that the store could not take are lost, and logged.
 */
export class LikeCounter implements AsyncDisposable {
  readonly #parts: Parts;
  #waiting = new Map<StreamId, Map<AccountId, number>>();
  #timer: NodeJS.Timeout | undefined;
  #counting: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(streamId: StreamId, accountId: AccountId, taps: number): void {
    const room = this.#waiting.get(streamId) ?? new Map<AccountId, number>();
    room.set(accountId, (room.get(accountId) ?? 0) + taps);
    this.#waiting.set(streamId, room);
    this.#timer ??= setTimeout(() => this.#tick(), tickMs);
  }

  #tick(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#counting = this.#counting.then(() => this.#count(waiting));
  }

  async #count(waiting: Map<StreamId, Map<AccountId, number>>): Promise<void> {
    const { log, archive, live } = this.#parts;
    for (const [streamId, taps] of waiting) {
      try {
        const likes = await log.like(streamId, taps, likeCap, () => archive.likes(streamId));
        await live.tellRoom(streamId, [{ kind: 'passing', t: 'danmaku.likes', d: { likes }, lane: 'chat' }]);
      } catch (fault) {
        logger.warn({ err: fault, streamId, accounts: taps.size }, 'likes of one tick are lost');
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#tick();
    await this.#counting;
  }
}
