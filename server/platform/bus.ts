import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { logger } from './logger.ts';

/** A topic: its name, the shape of what is said, and the shard it is said in. */
export type Topic<Schema extends z.ZodType = z.ZodType> = { name: string; schema: Schema };

type Listener = (text: string) => void;

/**
 * Words between processes, at most once: a process that is away misses them, so whoever needs certainty reads the
 * record again. Sharded pub/sub, one upstream subscription per channel and process.
 */
export class Bus implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #listeners = new Map<string, Set<Listener>>();

  /** `subscriber` is a connection of its own: a subscribed one takes no other commands. */
  constructor(redis: Redis, subscriber: Redis) {
    this.#redis = redis;
    this.#subscriber = subscriber;
    const hear = (channel: string, text: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(text);
    };
    subscriber.on('smessage', hear);
  }

  async publish<Schema extends z.ZodType>(topic: Topic<Schema>, data: z.input<Schema>): Promise<void> {
    await this.#redis.spublish(topic.name, JSON.stringify(data));
  }

  /** Calls `hear` for each message that fits the topic's schema; dispose to stop. */
  async subscribe<Schema extends z.ZodType>(
    topic: Topic<Schema>,
    hear: (data: z.infer<Schema>) => void,
  ): Promise<AsyncDisposable> {
    return this.listen(topic.name, (text) => {
      const parsed = topic.schema.safeParse(JSON.parse(text));
      if (parsed.success) hear(parsed.data);
      else logger.error({ topic: topic.name, issues: parsed.error.issues }, 'unreadable message on the bus');
    });
  }

  /** Raw messages of one channel, for those who parse themselves. */
  async listen(channel: string, listener: Listener): Promise<AsyncDisposable> {
    const known = this.#listeners.get(channel);
    if (known) known.add(listener);
    else {
      this.#listeners.set(channel, new Set([listener]));
      await this.#subscriber.ssubscribe(channel);
    }
    return {
      [Symbol.asyncDispose]: async () => {
        const left = this.#listeners.get(channel);
        left?.delete(listener);
        if (left?.size !== 0) return;
        this.#listeners.delete(channel);
        await this.#subscriber.sunsubscribe(channel).catch(() => {});
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await this.#subscriber.quit().catch(() => this.#subscriber.disconnect());
  }
}
