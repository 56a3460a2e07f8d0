import { setTimeout as wait } from 'node:timers/promises';
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { logger } from './logger.ts';

/** A queue of the contract: its name and the shape of its jobs. */
export type QueueShape<Schema extends z.ZodType = z.ZodType> = { name: string; schema: Schema };

const patienceMs = 500;
const prefix = (name: string): string => `{queue:${name}}`;

/**
 * Puts jobs into BullMQ. A job only wakes somebody: it may run twice or late, so whoever works looks at stored
 * instants and states. `key` names the job while it is kept; it must hold no ':' and be no integer.
 */
export class Queues implements AsyncDisposable {
  readonly #connection: Redis;
  readonly #open = new Map<string, Queue>();

  constructor(connection: Redis) {
    this.#connection = connection;
  }

  async add<Schema extends z.ZodType>(
    shape: QueueShape<Schema>,
    data: z.input<Schema>,
    { key, delayMs = 0 }: { key?: string; delayMs?: number } = {},
  ): Promise<void> {
    const options = {
      delay: Math.max(0, delayMs),
      removeOnComplete: { count: 200 },
      removeOnFail: { count: 500 },
      attempts: 5,
      backoff: { type: 'exponential', delay: 500 },
      ...(key === undefined ? {} : { jobId: key.replaceAll(':', '-') }),
    };
    await this.of(shape.name).add(shape.name, shape.schema.parse(data), options);
  }

  /**
   * Like {@link Queues.add}, for work that a sweeper would find anyway: waits half a second for Redis at most, and
   * never throws.
   */
  async wake<Schema extends z.ZodType>(
    shape: QueueShape<Schema>,
    data: z.input<Schema>,
    options: { key?: string; delayMs?: number } = {},
  ): Promise<void> {
    const adding = this.add(shape, data, options).catch((fault: unknown) =>
      logger.warn({ err: fault, queue: shape.name, key: options.key }, 'nobody woken: the sweeper finds it'),
    );
    await Promise.race([adding, wait(patienceMs, undefined, { ref: false })]);
  }

  /** The underlying queue, for counts on the health page. */
  of(name: string): Queue {
    const known = this.#open.get(name);
    if (known) return known;
    const queue = new Queue(name, { connection: this.#connection, prefix: prefix(name) });
    queue.on('error', (fault) => logger.debug({ err: fault, queue: name }, 'queue is away'));
    this.#open.set(name, queue);
    return queue;
  }

  /** How a queue stands, in words for the health page. @throws when it does not answer. */
  async state(name: string): Promise<string> {
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = await this.of(name).getJobCounts();
    return `${waiting} waiting, ${active} active, ${delayed} delayed, ${failed} set aside`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map((queue) => queue.close()));
  }
}

/** Works a queue's jobs, each parsed first; a job that throws is tried five times and then set aside. */
export function openWorker<Schema extends z.ZodType>(
  connection: Redis,
  { name, schema }: QueueShape<Schema>,
  work: (data: z.infer<Schema>, job: Job) => Promise<void>,
  { concurrency = 8 }: { concurrency?: number } = {},
): AsyncDisposable {
  const worker = new Worker(name, async (job) => work(schema.parse(job.data), job), {
    connection,
    prefix: prefix(name),
    concurrency,
  });
  worker.on('failed', (job, fault) =>
    logger.warn({ err: fault, queue: name, jobId: job?.id, tries: job?.attemptsMade }, 'job failed'),
  );
  worker.on('error', (fault) => logger.debug({ err: fault, queue: name }, 'worker is away'));
  return { [Symbol.asyncDispose]: () => worker.close() };
}
