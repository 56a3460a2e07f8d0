import type { Bus } from '../../platform/bus.ts';

/** One upstream subscription per channel and process, however many sockets use it. */
export class Subscriptions implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #open = new Map<string, { users: number; upstream: Promise<AsyncDisposable> }>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Resolves when messages of the channel arrive; all users of a channel share the first one's listener. */
  async use(channel: string, hear: (payload: string) => void): Promise<void> {
    const known = this.#open.get(channel) ?? { users: 0, upstream: this.#bus.listen(channel, hear) };
    known.users += 1;
    this.#open.set(channel, known);
    await known.upstream;
  }

  release(channel: string): void {
    const known = this.#open.get(channel);
    if (known === undefined) return;
    known.users -= 1;
    if (known.users > 0) return;
    this.#open.delete(channel);
    known.upstream.then(
      (upstream) => upstream[Symbol.asyncDispose](),
      () => {},
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(open.map(async ({ upstream }) => (await upstream)[Symbol.asyncDispose]()));
  }
}
