import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { Answer, type ServerFrame, ServerFrames, subprotocol } from '#contract/envelope.ts';
import type { StreamId } from '#contract/ids.ts';

/** One websocket as a browser opens it, with its frames kept in order. */
export class LiveClient implements AsyncDisposable {
  readonly frames: ServerFrame[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  #nextId = 1;
  readonly #wakeups = new Set<() => void>();

  private constructor(
    socket: WebSocket,
    { keep, hear }: { keep: number; hear: (frame: ServerFrame) => void },
  ) {
    this.socket = socket;
    socket.on('message', (data) => {
      const told = ServerFrames.parse(JSON.parse(String(data)));
      const frames = Array.isArray(told) ? told : [told];
      this.frames.push(...frames);
      if (this.frames.length > keep) this.frames.splice(0, this.frames.length - keep);
      for (const frame of frames) hear(frame);
      for (const wake of this.#wakeups) wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      for (const wake of this.#wakeups) wake();
    });
    socket.on('error', () => {});
  }

  /** `hear` is called with each frame; only the last `keep` stay in {@link LiveClient.frames}. */
  static async open(
    address: string,
    cookie = '',
    {
      keep = Number.POSITIVE_INFINITY,
      hear = () => {},
    }: { keep?: number; hear?: (frame: ServerFrame) => void } = {},
  ): Promise<LiveClient> {
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/live`, subprotocol, {
      headers: { origin: address, cookie },
    });
    const client = new LiveClient(socket, { keep, hear });
    await Promise.race([
      once(socket, 'open'),
      once(socket, 'unexpected-response').then(([, response]: IncomingMessage[]) => {
        throw new Error(`upgrade refused with ${response?.statusCode}`);
      }),
    ]);
    await client.until(() => client.frames.some(({ t }) => t === 'gateway.ready'));
    return client;
  }

  /** Asks and waits for the answer. */
  async ask(
    t: string,
    d: unknown,
    r?: StreamId,
  ): Promise<{ ok: boolean; value?: unknown; refusal?: string }> {
    const id = this.#nextId++;
    this.socket.send(JSON.stringify({ t, id, d, ...(r ? { r } : {}) }));
    await this.until(() => this.frames.some(({ re }) => re === id));
    return Answer.parse(this.frames.find(({ re }) => re === id)?.d);
  }

  /** Frames of one type so far. */
  heard(t: string): ServerFrame[] {
    return this.frames.filter((frame) => frame.t === t && frame.re === undefined);
  }

  /** Waits until a condition over what was heard holds. @throws after `withinMs`. */
  async until(holds: () => boolean, withinMs = 5000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`not heard within ${withinMs} ms; last: ${JSON.stringify(this.frames.slice(-3))}`);
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#wakeups.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#wakeups.add(done);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === this.socket.CLOSED) return;
    this.socket.terminate();
    await once(this.socket, 'close').catch(() => {});
  }
}
