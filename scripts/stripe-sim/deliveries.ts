import { setTimeout as pause } from 'node:timers/promises';
import { Stripe } from 'stripe';
import type { Faults } from './faults.ts';
import type { EventRecord } from './state.ts';
import type { World } from './world.ts';

const answerWithinMs = 10_000;
const firstBackOffMs = 200;
const longestBackOffMs = 15_000;
const backOff = (tries: number) => Math.min(longestBackOffMs, firstBackOffMs * 2 ** tries);

/**
 * Posts events to the one endpoint, in order, each until it is answered 2xx. Nobody there or a 5xx stops the queue
 * until it works again; an event that is answered 3xx or 4xx steps aside and is retried on its own.
 */
export class Deliveries {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #secret: string;
  readonly #commit: () => void;
  readonly #closing = new AbortController();
  #url: string | undefined;
  #queue: string[] = [];
  #looked = new Set<string>();
  readonly #aside = new Map<string, AbortController>();
  #isRunning = false;
  #wake = new AbortController();
  #waiters: (() => void)[] = [];

  constructor(given: {
    world: World;
    faults: Faults;
    secret: string;
    url: string | undefined;
    commit: () => void;
  }) {
    this.#world = given.world;
    this.#faults = given.faults;
    this.#secret = given.secret;
    this.#url = given.url;
    this.#commit = given.commit;
    const waiting = given.world.state.events.all().filter((record) => record.waiting);
    this.#queue = waiting.map((record) => record.id);
    this.#start();
  }

  /** Puts a fresh event at the end of the queue. */
  add(record: EventRecord): void {
    this.#queue.push(record.id);
    this.#start();
  }

  /** Where to post from now on; what waits is tried at once. */
  setUrl(url: string | undefined): void {
    this.#url = url;
    this.#wake.abort();
    this.#start();
  }

  /** Posts an event again, whatever became of it before. Answers the last HTTP status. */
  async replay(id: string, copies = 1): Promise<number> {
    const record = this.#world.state.events.get(id);
    let status = 0;
    for (let copy = 0; record !== undefined && copy < copies; copy += 1) status = await this.#post(record);
    return status;
  }

  /** Never posts a waiting event by itself again. Answers whether it waited. */
  lose(id: string): boolean {
    const record = this.#world.state.events.get(id);
    if (record?.waiting !== true) return false;
    this.#aside.get(id)?.abort();
    this.#queue = this.#queue.filter((one) => one !== id);
    this.#world.state.events.put({ ...record, waiting: false });
    this.#commit();
    this.#tellWaiters();
    return true;
  }

  /** Posts a waiting event no sooner than in `ms`; one that was taken or lost is posted again then. */
  delay(id: string, ms: number): void {
    this.#looked.add(id);
    this.#queue = this.#queue.filter((one) => one !== id);
    this.#later(id, ms, 0);
  }

  /** Resolves when no event waits to be posted. */
  async settled(): Promise<void> {
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  close(): void {
    this.#closing.abort();
    this.#wake.abort();
  }

  #isIdle(): boolean {
    return !this.#isRunning && this.#queue.length === 0 && this.#aside.size === 0;
  }

  #tellWaiters(): void {
    if (!this.#isIdle()) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #start(): void {
    if (this.#isRunning || this.#url === undefined || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    let tries = 0;
    for (let id = this.#queue[0]; id !== undefined; id = this.#queue[0]) {
      if (this.#closing.signal.aborted || this.#url === undefined) break;
      const record = this.#world.state.events.get(id);
      if (record === undefined || !record.waiting) {
        this.#queue.shift();
        continue;
      }
      const copies = this.#disturb(record);
      if (copies === 0) continue;
      const status = await this.#post(record);
      const isUnreachable = status === 0 || status >= 500;
      if (isUnreachable) {
        await this.#rest(backOff(tries));
        tries += 1;
        continue;
      }
      tries = 0;
      this.#queue = this.#queue.filter((one) => one !== id);
      if (status >= 300) this.#later(id, backOff(0), 1);
      for (let copy = 1; copy < copies; copy += 1) await this.#post(record);
    }
    this.#isRunning = false;
    this.#tellWaiters();
  }

  /** Applies the fault that waits for this event. Answers how often to post it now; 0 means not now. */
  #disturb(record: EventRecord): number {
    if (this.#looked.has(record.id)) return 1;
    this.#looked.add(record.id);
    const fault = this.#faults.forEvent(record.event.type);
    if (fault === undefined) return 1;
    if (fault.kind === 'webhook-doubled') return fault.copies;
    this.#queue.shift();
    if (fault.kind === 'webhook-lost') this.#world.state.events.put({ ...record, waiting: false });
    else if (fault.kind === 'webhook-reordered' && this.#queue.length > 0)
      this.#queue.splice(1, 0, record.id);
    else this.#later(record.id, fault.ms, 0);
    this.#commit();
    return 0;
  }

  /** Posts an event apart from the queue after a while, again and again until it is answered 2xx. */
  #later(id: string, ms: number, tries: number): void {
    this.#aside.get(id)?.abort();
    const mine = new AbortController();
    this.#aside.set(id, mine);
    const work = async () => {
      await pause(ms, undefined, { signal: AbortSignal.any([this.#closing.signal, mine.signal]) });
      const record = this.#world.state.events.get(id);
      const status = record === undefined || this.#url === undefined ? 0 : await this.#post(record);
      if ((status < 200 || status >= 300) && !mine.signal.aborted) this.#later(id, backOff(tries), tries + 1);
    };
    work()
      .catch(() => undefined)
      .finally(() => {
        if (this.#aside.get(id) === mine) this.#aside.delete(id);
        this.#tellWaiters();
      });
  }

  async #rest(ms: number): Promise<void> {
    if (this.#wake.signal.aborted && !this.#closing.signal.aborted) this.#wake = new AbortController();
    await pause(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  async #post(record: EventRecord): Promise<number> {
    const url = this.#url;
    if (url === undefined) return 0;
    const payload = JSON.stringify(record.event, undefined, 2);
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: this.#secret,
      timestamp: this.#world.now(),
    });
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(answerWithinMs)]);
    let status = 0;
    try {
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signature,
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks; simulator)',
      };
      const answer = await fetch(url, { method: 'POST', body: payload, headers, signal, redirect: 'manual' });
      await answer.body?.cancel();
      status = answer.status;
    } catch {
      status = 0;
    }
    if (this.#closing.signal.aborted) return status;
    this.#note(record.id, status);
    return status;
  }

  #note(id: string, status: number): void {
    const now = this.#world.state.events.get(id);
    if (now === undefined) return;
    const isTaken = status >= 200 && status < 300;
    this.#world.state.events.put({
      ...now,
      waiting: now.waiting && !isTaken,
      deliveries: [...now.deliveries, { at: this.#world.nowMs(), status }].slice(-20),
    });
    this.#commit();
  }
}
