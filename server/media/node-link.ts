import { WebSocket } from 'ws';
import { z } from 'zod';
import { accept, type Result, refuse } from '#contract/errors.ts';
import {
  ControlAnswer,
  ControlEvent,
  type ControlName,
  type ControlReply,
  type ControlRequest,
  controlRequests,
} from '#contract/internal/control.ts';
import type { MediaRefusal } from '#contract/media.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';

const connectMs = 2_000;
const answerMs = 5_000;
const Frame = z.union([ControlAnswer, ControlEvent]);

type Waiting = { settle(answer: z.infer<typeof ControlAnswer>): void; fail(fault: Error): void };

/** One open control link to one node. It ends once and is not reused. */
export class NodeLink implements Disposable {
  readonly #socket: WebSocket;
  readonly #hear: (event: ControlEvent) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = Promise.withResolvers<void>();
  #lastId = 0;

  /** Connects to the node; a `media-unavailable` fault within 2 s when it is not there or the token is wrong. */
  static async open(
    { url, nodeId, token, serverId }: { url: string; nodeId: string; token: string; serverId: string },
    hear: (event: ControlEvent) => void,
  ): Promise<NodeLink> {
    const greeted = Promise.withResolvers<string>();
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}`, 'x-server-id': serverId },
      perMessageDeflate: false,
      handshakeTimeout: connectMs,
    });
    const link = new NodeLink(socket, (event) => {
      if (event.t === 'node.hello') greeted.resolve(event.nodeId);
      else hear(event);
    });
    void link.ended.then(() => greeted.reject(new Fault('media-unavailable', `no media node at ${url}`)));
    const tooLate = setTimeout(() => link[Symbol.dispose](), connectMs);
    try {
      const found = await greeted.promise;
      if (found !== nodeId) throw new Fault('media-unavailable', `${url} is another node by now`);
      return link;
    } catch (fault) {
      link[Symbol.dispose]();
      throw fault;
    } finally {
      clearTimeout(tooLate);
    }
  }

  private constructor(socket: WebSocket, hear: (event: ControlEvent) => void) {
    this.#socket = socket;
    this.#hear = hear;
    socket.on('message', (data) => this.#read(String(data)));
    socket.on('error', (fault) => logger.debug({ err: fault }, 'control link broke'));
    socket.on('close', () => this.#end());
  }

  /** Settles when the link is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Refuses `media-unavailable` when the link ends before the answer; throws on a fault of the node or after 5 s. */
  async ask<Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
  ): Promise<Result<ControlReply<Name>, MediaRefusal>> {
    if (this.#socket.readyState !== WebSocket.OPEN) return refuse('media-unavailable');
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<z.infer<typeof ControlAnswer>>();
    this.#waiting.set(id, { settle: resolve, fail: reject });
    const tooLate = setTimeout(
      () => reject(new Fault('media-unavailable', `the media node did not answer ${name}`)),
      answerMs,
    );
    this.#socket.send(JSON.stringify({ id, t: name, d: request }));
    try {
      const answer = await promise;
      if ('fault' in answer) throw new Fault('internal', `the media node failed at ${name}: ${answer.fault}`);
      if (!answer.ok) return refuse(answer.refusal, answer.detail);
      return accept(parseReply(name, answer.d));
    } finally {
      clearTimeout(tooLate);
      this.#waiting.delete(id);
    }
  }

  #read(text: string): void {
    const frame = Frame.parse(JSON.parse(text));
    if ('re' in frame) this.#waiting.get(frame.re)?.settle(frame);
    else this.#hear(frame);
  }

  #end(): void {
    for (const [re, { settle }] of this.#waiting) settle({ re, ok: false, refusal: 'media-unavailable' });
    this.#ended.resolve();
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

function parseReply<Name extends ControlName>(name: Name, data: unknown): ControlReply<Name> {
  return controlRequests[name].reply.parse(data) as ControlReply<Name>;
}
