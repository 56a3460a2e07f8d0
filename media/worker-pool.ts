import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { createWorker } from 'mediasoup';
import type { TransportListenInfo, WebRtcServer, Worker } from 'mediasoup/types';
import type { Logger } from 'pino';
import { leastLoaded } from './placement.ts';

export type PooledWorker = {
  index: number;
  worker: Worker;
  /** All WebRTC of the worker goes through this one pair of ports. */
  server: WebRtcServer;
  routers: number;
  consumers: number;
};

type Options = {
  count: number;
  workerBin: string | undefined;
  listenInfos(index: number): TransportListenInfo[];
  logger: Logger;
};

/** The worker processes of this node, each on its own ports; one that dies is replaced at once on the same ones. */
export class WorkerPool implements AsyncDisposable {
  readonly #options: Options;
  readonly #slots: (PooledWorker | Promise<PooledWorker>)[] = [];
  #isClosed = false;

  static async create(options: Options): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      for (let index = 0; index < options.count; index += 1) pool.#slots.push(await pool.#open(index));
    } catch (fault) {
      await pool[Symbol.asyncDispose]();
      throw fault;
    }
    return pool;
  }

  private constructor(options: Options) {
    this.#options = options;
  }

  /** The least loaded living worker, waiting for a replacement only when none lives. */
  async take(): Promise<PooledWorker> {
    while (!this.#isClosed) {
      const ready = this.#slots.filter((slot): slot is PooledWorker => !(slot instanceof Promise));
      const taken = leastLoaded(ready.filter(({ worker }) => !worker.closed));
      if (taken !== undefined) {
        taken.routers += 1;
        return taken;
      }
      // A worker that just died is not yet known as such: its rooms hear of it first.
      const opening = this.#slots.filter((slot) => slot instanceof Promise);
      await (opening.length > 0 ? Promise.any(opening) : nextTurn());
    }
    throw new Error('the pool is closed');
  }

  /** How many consumers all workers serve. */
  get load(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot instanceof Promise ? 0 : slot.consumers), 0);
  }

  /** Process ids of the living workers. */
  get pids(): number[] {
    return this.#slots.flatMap((slot) => (slot instanceof Promise ? [] : [slot.worker.pid]));
  }

  async #open(index: number): Promise<PooledWorker> {
    const { workerBin, listenInfos, logger } = this.#options;
    const worker = await createWorker({
      logLevel: 'warn',
      ...(workerBin !== undefined && { workerBin }),
    });
    worker.on('died', (cause) => {
      if (this.#isClosed) return;
      logger.error({ err: cause, worker: index }, 'media worker died');
      const replacement = this.#replace(index);
      replacement.catch(() => {});
      this.#slots[index] = replacement;
    });
    try {
      const server = await worker.createWebRtcServer({ listenInfos: listenInfos(index) });
      return { index, worker, server, routers: 0, consumers: 0 };
    } catch (fault) {
      worker.close();
      throw fault;
    }
  }

  async #replace(index: number): Promise<PooledWorker> {
    for (let waitMs = 50; !this.#isClosed; waitMs = Math.min(waitMs * 2, 2_000)) {
      try {
        const replacement = await this.#open(index);
        this.#slots[index] = replacement;
        this.#options.logger.info({ worker: index, pid: replacement.worker.pid }, 'media worker replaced');
        if (this.#isClosed) replacement.worker.close();
        return replacement;
      } catch (fault) {
        this.#options.logger.error({ err: fault, worker: index }, 'media worker cannot be replaced yet');
        await pause(waitMs);
      }
    }
    throw new Error('the pool is closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const slot of await Promise.allSettled(this.#slots)) {
      if (slot.status === 'fulfilled') slot.value.worker.close();
    }
  }
}
