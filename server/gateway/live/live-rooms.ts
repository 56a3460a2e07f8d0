import type { Redis } from 'ioredis';
import type { PersonId, StreamId } from '#contract/ids.ts';
import { personChannel } from '../../platform/room-keys.ts';
import type { Frame, Lane, RoomHistory } from './history.ts';
import type { LiveRooms, RoomMessage } from './rooms.ts';

type Pending = { lane: Lane; frames: Frame[]; told: PromiseWithResolvers<void> };

/** Speaks to rooms and persons through Redis; what one event-loop turn says in a room goes out in one step. */
export class RedisLiveRooms implements LiveRooms {
  readonly #history: RoomHistory;
  readonly #redis: Redis;
  readonly #pending = new Map<StreamId, Pending>();
  /** Publishes of a room run one after another, so that its order is the order of the calls. */
  readonly #running = new Map<StreamId, Promise<void>>();

  constructor(history: RoomHistory, redis: Redis) {
    this.#history = history;
    this.#redis = redis;
  }

  tellRoom(streamId: StreamId, messages: readonly RoomMessage[]): Promise<void> {
    let pending = this.#pending.get(streamId);
    if (pending === undefined) {
      pending = { lane: 'chat', frames: [], told: Promise.withResolvers<void>() };
      this.#pending.set(streamId, pending);
      setImmediate(() => this.#flush(streamId));
    }
    for (const { kind, t, d, lane = 'control' } of messages) {
      // The lane decides when, and which frames a slow reader may lose: one urgent frame takes the rest along.
      if (lane === 'control') pending.lane = 'control';
      pending.frames.push({ kind, text: JSON.stringify({ t, r: streamId, d }) });
    }
    return pending.told.promise;
  }

  async tellPerson(personId: PersonId, t: string, d: unknown): Promise<void> {
    await this.#redis.spublish(personChannel(personId), `${personId}\n${JSON.stringify({ t, d })}`);
  }

  #flush(streamId: StreamId): void {
    const pending = this.#pending.get(streamId);
    if (pending === undefined) return;
    this.#pending.delete(streamId);
    const { lane, frames, told } = pending;
    const before = this.#running.get(streamId) ?? Promise.resolve();
    const now = before.then(() => this.#history.publish(streamId, lane, frames)).then(() => {});
    const settled = now
      .catch(() => {})
      .finally(() => {
        if (this.#running.get(streamId) === settled) this.#running.delete(streamId);
      });
    this.#running.set(streamId, settled);
    now.then(told.resolve, told.reject);
  }
}
