import type { StreamId } from '#contract/ids.ts';
import type { Audience } from '#contract/rooms.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import type { PresenceSink, Visit } from '../gateway/ports.ts';
import type { Clock } from '../platform/clock.ts';
import { repeat } from '../platform/lifetime.ts';
import { logger } from '../platform/logger.ts';
import { type Stream, streamMsOf } from './core/stream.ts';
import type { AudienceRecord, PresenceStore } from './store.ts';
import type { StreamCache } from './stream-cache.ts';

/** Milliseconds: silence that ends presence, distance of samples, shortest view, tick of the count, tick of the record. */
export type PresenceTimes = {
  onlineMs: number;
  sampleMs: number;
  viewMs: number;
  tickMs: number;
  flushMs: number;
};
export const presenceTimes: PresenceTimes = {
  onlineMs: 15_000,
  sampleMs: 10_000,
  viewMs: 3000,
  tickMs: 1000,
  flushMs: 2000,
};

type Parts = {
  store: PresenceStore;
  record: AudienceRecord;
  cache: StreamCache;
  clock: Clock;
  live: LiveRooms;
  times: PresenceTimes;
};

/**
 * Counts people (M-A2): online = heard in the last 15 s, one for each viewer id however many sockets; peak = highest
 * sample; views and watched time of viewing sessions, which a silence of 15 s ends, so a reload starts none.
 */
export class Presence implements PresenceSink, AsyncDisposable {
  readonly #parts: Parts;
  /** How many visits this process holds in each room. */
  readonly #visits = new Map<StreamId, number>();
  readonly #flushed = new Map<StreamId, string>();
  readonly #ticking: AsyncDisposable;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ticking = repeat(parts.times.tickMs, () => this.#tick(), warn);
  }

  async mayEnter(streamId: StreamId): Promise<'yes' | 'not-found' | 'room-closed'> {
    return (await this.#parts.cache.get(streamId)) === undefined ? 'not-found' : 'yes';
  }

  entered(visit: Visit): void {
    this.#visits.set(visit.streamId, (this.#visits.get(visit.streamId) ?? 0) + 1);
    this.#run(this.heard([visit]));
  }

  async heard(visits: readonly Visit[]): Promise<void> {
    const rooms = Map.groupBy(visits, ({ streamId }) => streamId);
    await Promise.all(
      [...rooms].map(([streamId, here]) =>
        this.#hear(streamId, [...new Set(here.map((one) => one.viewerId))]),
      ),
    );
  }

  left(visit: Visit): void {
    const left = (this.#visits.get(visit.streamId) ?? 1) - 1;
    if (left > 0) this.#visits.set(visit.streamId, left);
    else this.#visits.delete(visit.streamId);
    const heard = this.heard([visit]);
    this.#run(left > 0 ? heard : heard.then(() => this.#flush(visit.streamId)));
  }

  /** People heard within the last 15 s. */
  online(streamId: StreamId): Promise<number> {
    const { store, clock, times } = this.#parts;
    return store.online(streamId, clock.now() - times.onlineMs);
  }

  /** All figures of a stream, the present moment included. */
  async audience(streamId: StreamId): Promise<Audience> {
    await this.#flush(streamId);
    const [online, kept] = await Promise.all([this.online(streamId), this.#parts.record.read(streamId)]);
    return { online, ...kept };
  }

  /** The samples of online by stream time. */
  async samples(stream: Stream): Promise<{ streamMs: number; online: number }[]> {
    const kept = await this.#parts.record.samples(stream.streamId);
    return kept.map(({ at, online }) => ({ streamMs: streamMsOf(stream, at), online }));
  }

  /** The last sample and the totals of a stream that just ended. */
  async close(streamId: StreamId): Promise<void> {
    await this.#sample(streamId);
    await this.#flush(streamId);
  }

  async #hear(streamId: StreamId, viewers: string[]): Promise<void> {
    const { store, cache, clock, times } = this.#parts;
    const stream = await cache.get(streamId);
    const { onlineMs, viewMs } = times;
    const { liveAt, endedAt } = stream ?? { liveAt: undefined, endedAt: undefined };
    await store.hear(streamId, { now: clock.now(), viewers, liveAt, endedAt, onlineMs, viewMs });
  }

  async #tick(): Promise<void> {
    await Promise.all([...this.#visits.keys()].map((streamId) => this.#tickRoom(streamId)));
  }

  async #tickRoom(streamId: StreamId): Promise<void> {
    const { store, live, times, cache, clock } = this.#parts;
    if (await store.turn(streamId, 'tick', times.tickMs * 0.9)) {
      const online = await this.online(streamId);
      if (await store.isNews(streamId, online))
        await live.tellRoom(streamId, [{ kind: 'passing', t: 'rooms.online', d: { online }, lane: 'chat' }]);
    }
    const slot = Math.floor(clock.now() / times.sampleMs);
    const isLive = (await cache.get(streamId))?.state === 'live';
    if (isLive && (await store.turn(streamId, `sample:${slot}`, times.sampleMs * 2)))
      await this.#sample(streamId);
    if (await store.turn(streamId, 'flush', times.flushMs)) await this.#flush(streamId);
  }

  async #sample(streamId: StreamId): Promise<void> {
    const { record, clock, times } = this.#parts;
    const at = clock.now();
    const slot = Math.floor(at / times.sampleMs);
    await record.keepSample(streamId, { slot, at, online: await this.online(streamId) });
  }

  async #flush(streamId: StreamId): Promise<void> {
    const totals = await this.#parts.store.totals(streamId);
    if (totals === undefined) return;
    const text = JSON.stringify(totals);
    if (this.#flushed.get(streamId) === text) return;
    await this.#parts.record.keepTotals(streamId, totals);
    this.#flushed.set(streamId, text);
  }

  #run(work: Promise<void>): void {
    const tracked: Promise<void> = work.catch(warn).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ticking[Symbol.asyncDispose]();
    await Promise.all(this.#running);
  }
}

const warn = (fault: unknown): void => logger.warn({ err: fault }, 'presence');
