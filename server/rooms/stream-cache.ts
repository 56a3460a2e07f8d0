import type { StreamId } from '#contract/ids.ts';
import { streamChanged } from '#contract/internal/rooms.ts';
import type { Bus } from '../platform/bus.ts';
import type { Stream } from './core/stream.ts';
import type { StreamStore } from './store.ts';

const keptMs = 1000;
const keptMost = 2000;

/**
 * Streams as read within the last second, for what asks at every line or heartbeat; a change is heard over the bus
 * and drops them at once. Who decides something reads the store.
 */
export class StreamCache implements AsyncDisposable {
  readonly #store: StreamStore;
  readonly #kept = new Map<StreamId, { stream: Promise<Stream | undefined>; until: number }>();
  readonly #heard: Promise<AsyncDisposable>;

  constructor(store: StreamStore, bus: Bus) {
    this.#store = store;
    this.#heard = bus.subscribe(streamChanged, ({ streamId }) => this.drop(streamId));
    this.#heard.catch(() => {});
  }

  get(streamId: StreamId): Promise<Stream | undefined> {
    const now = performance.now();
    const known = this.#kept.get(streamId);
    if (known && known.until > now) return known.stream;
    const stream = this.#store.get(streamId);
    if (this.#kept.size >= keptMost) this.#kept.clear();
    this.#kept.set(streamId, { stream, until: now + keptMs });
    stream.catch(() => this.drop(streamId));
    return stream;
  }

  drop(streamId: StreamId): void {
    this.#kept.delete(streamId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heard.then(
      (heard) => heard[Symbol.asyncDispose](),
      () => {},
    );
  }
}
