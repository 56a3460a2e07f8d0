import { createHash } from 'node:crypto';
import { ApiError } from './api-error.ts';
import type { KeptAnswer } from './state.ts';
import type { World } from './world.ts';

/** An answer before it is written to the wire. */
export type Answer = { status: number; body: string; requestId: string; isReplay: boolean };

const hours24Ms = 24 * 60 * 60 * 1000;

const sameRequest = (method: string, path: string, body: string): string =>
  createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex');

/**
 * Stripe's rule of the `Idempotency-Key`: the first answer of an endpoint that began its work is given again to the
 * same request, a stored 500 too; another request under the key is an error. Keys are forgotten after 24 hours.
 */
export class Idempotency {
  readonly #world: World;
  readonly #running = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The kept answer to this request, or undefined where the key is new. */
  replay(key: string, method: string, path: string, body: string): Answer | undefined {
    const kept = this.#world.state.answers.get(key);
    if (kept === undefined) return undefined;
    if (kept.at + hours24Ms <= this.#world.nowMs()) {
      this.#world.state.answers.remove(key);
      return undefined;
    }
    if (kept.request !== sameRequest(method, path, body))
      throw new ApiError(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      });
    return { status: kept.status, body: kept.body, requestId: kept.requestId, isReplay: true };
  }

  keep(key: string, method: string, path: string, body: string, answer: Answer): void {
    const kept: KeptAnswer = {
      id: key,
      request: sameRequest(method, path, body),
      status: answer.status,
      body: answer.body,
      requestId: answer.requestId,
      at: this.#world.nowMs(),
    };
    this.#world.state.answers.put(kept);
  }

  /** Marks a key as in use while its request is held up; a second request meanwhile is Stripe's 409. */
  begin(key: string): Disposable {
    if (this.#running.has(key))
      throw new ApiError(409, {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
      });
    this.#running.add(key);
    return { [Symbol.dispose]: () => this.#running.delete(key) };
  }
}
