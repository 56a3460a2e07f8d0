import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { type CloseReason, closeCodes } from '#contract/close-codes.ts';
import { type Answer, ClientFrame } from '#contract/envelope.ts';
import { accept, refuse } from '#contract/errors.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import { Fault } from '../../platform/fault.ts';
import { logger } from '../../platform/logger.ts';
import type { Authorizer, Visit } from '../ports.ts';
import { writeFrame } from './frames.ts';
import type { Flush } from './lanes.ts';
import type { LiveContext, LiveMessage } from './message.ts';
import { Bucket } from './pace.ts';

const skipChatAbove = 64 << 10;
const snapshotsOnlyAbove = 256 << 10;
const closeAbove = 1 << 20;
const patienceMs = 10_000;
const everyFrame = { perSecond: 40, burst: 80 };

/** One socket: parses what it says, answers it, and carries rooms' flushes to it as fast as it reads. */
export class LiveSession {
  readonly socket: WebSocket;
  readonly address: string;
  readonly visits = new Map<StreamId, Visit>();
  readonly socketId = randomUUID();
  actor: Actor;
  /** Whether anything was heard since the last beat. */
  isAlive = true;
  missedBeats = 0;
  /** Chat frames not written because the reader was slow. */
  skipped = 0;
  readonly #authenticate: () => Promise<Actor>;
  #laggingSince: number | undefined;
  readonly #lost = new Set<StreamId>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #frames = new Bucket(everyFrame, performance.now());

  constructor(parts: {
    socket: WebSocket;
    address: string;
    actor: Actor;
    authenticate: () => Promise<Actor>;
  }) {
    this.socket = parts.socket;
    this.address = parts.address;
    this.actor = parts.actor;
    this.#authenticate = parts.authenticate;
  }

  /** Reads anew who this is, after identity said that something changed. */
  async identify(): Promise<void> {
    this.actor = await this.#authenticate();
  }

  /** Asks for a sign of life; two unanswered beats end the socket. */
  beat(): void {
    this.missedBeats = this.isAlive ? 0 : this.missedBeats + 1;
    this.isAlive = false;
    if (this.missedBeats >= 2) this.socket.terminate();
    else if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  /** Takes one raw message; messages are begun in order and answered as they finish. */
  hear(raw: string, messages: ReadonlyMap<string, LiveMessage>, authorizer: Authorizer): void {
    if (this.#frames.take(performance.now()) > 0) {
      this.close('protocol-error');
      return;
    }
    const frame = parse(raw);
    if (frame === undefined) {
      this.close('protocol-error');
      return;
    }
    const reply = (answer: Answer) => {
      if (frame.id !== undefined) this.send({ t: frame.t, re: frame.id, d: answer });
    };
    this.#answer(frame, messages.get(frame.t), authorizer).then(reply, (fault: unknown) => {
      if (!(fault instanceof Fault)) logger.error({ err: fault, message: frame.t }, 'live message failed');
      reply({ ok: false, refusal: fault instanceof Fault ? fault.code : 'internal' });
    });
  }

  async #answer(
    frame: ClientFrame,
    message: LiveMessage | undefined,
    authorizer: Authorizer,
  ): Promise<Answer> {
    if (message === undefined) return refuse('unknown-message');
    const retryAfterMs = this.#bucketOf(message).take(performance.now());
    if (retryAfterMs > 0) return { ...refuse('sent-too-fast'), retryAfterMs };
    const visit = frame.r && this.visits.get(frame.r);
    if (message.inRoom && !visit) return refuse('not-found', 'enter the room first');
    const parsed = message.request.safeParse(frame.d ?? {});
    if (!parsed.success) return refuse('invalid-request', wordsOf(parsed.error));
    const context: LiveContext = {
      actor: this.actor,
      streamId: visit?.streamId,
      viewingSessionId: visit?.viewingSessionId ?? '',
      address: this.address,
      socketId: this.socketId,
      tell: (t, d) => this.send(visit ? { t, r: visit.streamId, d } : { t, d }),
    };
    const scope = await message.scope(context, parsed.data);
    if (scope === undefined) return refuse('not-found');
    const verdict = authorizer.authorize(this.actor, message.action, scope);
    if (verdict !== 'allowed') return refuse(verdict);
    const result = await message.handle(context, parsed.data);
    return result.ok ? accept(result.value ?? {}) : result;
  }

  #bucketOf({ t, pace }: LiveMessage): Bucket {
    let bucket = this.#buckets.get(t);
    if (bucket === undefined) {
      bucket = new Bucket(pace, performance.now());
      this.#buckets.set(t, bucket);
    }
    return bucket;
  }

  /** A frame for this socket alone; money and answers are never skipped. */
  send(frame: { t: string; r?: StreamId; re?: number; d: unknown }): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount + text.length > closeAbove) {
      this.close('reader-too-slow');
      return;
    }
    this.socket.send(text);
  }

  /** Carries a room's flush. True when this reader has lost so much of the room that it needs a snapshot now. */
  carry(streamId: StreamId, flush: Flush, now: number): boolean {
    const waiting = this.socket.bufferedAmount;
    if (waiting > snapshotsOnlyAbove) {
      this.#lost.add(streamId);
      this.#laggingSince ??= now;
      if (now - this.#laggingSince > patienceMs) this.close('reader-too-slow');
      return false;
    }
    this.#laggingSince = undefined;
    if (this.#lost.delete(streamId)) return true;
    const bytes = waiting > skipChatAbove ? flush.essential() : flush.full;
    if (waiting > skipChatAbove) this.skipped += flush.frames.length;
    if (bytes === undefined) return false;
    if (waiting + bytes.length > closeAbove) this.close('reader-too-slow');
    else writeFrame(this.socket, bytes);
    return false;
  }

  close(reason: CloseReason): void {
    this.socket.close(closeCodes[reason], reason);
  }
}

const wordsOf = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ')
    .slice(0, 300);

function parse(raw: string): ClientFrame | undefined {
  try {
    const parsed = ClientFrame.safeParse(JSON.parse(raw));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
