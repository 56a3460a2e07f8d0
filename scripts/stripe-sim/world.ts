import { randomBytes } from 'node:crypto';
import { ApiError } from './api-error.ts';
import type { Due, EventRecord, State } from './state.ts';

/** The API version whose shapes are spoken; the same as that of the SDK in package.json. */
export const apiVersion = '2026-10-28.endive';

/** How long the slow things take, in ms. */
export type Delays = { lateMs: number; disputeMs: number; refundFailMs: number };

/** The request a change is made for; events name it. */
export type Cause = { requestId: string | null; idempotencyKey: string | null };

/**
 * What the objects stand on: the state, a clock, ids, events and things to come. Every handler runs to its end
 * without waiting, so a request is one atomic step.
 */
export class World {
  readonly state: State;
  readonly delays: Delays;
  /** Test money granted once per currency, so that transfers from the platform's own balance work (minor units). */
  readonly openingBalance: number;
  /** The origin that browsers see; pages of the simulator are named under it where no return address tells better. */
  origin: string;
  cause: Cause = { requestId: null, idempotencyKey: null };
  readonly #clock: () => number;
  readonly #listeners = { event: (_: EventRecord) => {}, due: (_: Due) => {} };

  constructor(given: {
    state: State;
    clock: () => number;
    delays: Delays;
    openingBalance: number;
    origin: string;
  }) {
    this.state = given.state;
    this.#clock = given.clock;
    this.delays = given.delays;
    this.openingBalance = given.openingBalance;
    this.origin = given.origin;
  }

  /** Milliseconds since 1970. */
  nowMs(): number {
    return this.#clock();
  }

  /** Seconds since 1970, as Stripe's objects say it. */
  now(): number {
    return Math.floor(this.#clock() / 1000);
  }

  newId(prefix: string, length = 24): string {
    const word = randomBytes(length * 2)
      .toString('base64')
      .replace(/[+/=]/g, '');
    return `${prefix}_${word.slice(0, length)}`;
  }

  onEvent(listener: (record: EventRecord) => void): void {
    this.#listeners.event = listener;
  }

  onDue(listener: (due: Due) => void): void {
    this.#listeners.due = listener;
  }

  /** Records that something happened; webhooks follow from it. `changed` holds the former values of an update. */
  emit(
    type: string,
    about: unknown,
    more: { account?: string; changed?: Record<string, unknown> } = {},
  ): void {
    const id = this.newId('evt');
    const record: EventRecord = {
      id,
      waiting: true,
      deliveries: [],
      event: {
        id,
        object: 'event',
        ...(more.account === undefined ? {} : { account: more.account }),
        api_version: apiVersion,
        created: this.now(),
        data: {
          object: structuredClone(about),
          ...(more.changed === undefined ? {} : { previous_attributes: more.changed }),
        },
        livemode: false,
        pending_webhooks: 1,
        request: { id: this.cause.requestId, idempotency_key: this.cause.idempotencyKey },
        type,
      },
    };
    this.state.events.put(record);
    this.#listeners.event(record);
  }

  /** Lets `act` happen to the object `of` after `ms`, also when the simulator is restarted meanwhile. */
  later(act: Due['act'], of: string, ms: number): void {
    const due = { id: `${act}:${of}`, at: this.nowMs() + ms, act, of };
    this.state.dues.put(due);
    this.#listeners.due(due);
  }
}

/** The record, or Stripe's "No such …". `param` names the parameter that held the id; none means the path did. */
export const find = <T>(record: T | undefined, noun: string, id: string, param?: string): T => {
  if (record !== undefined) return record;
  throw new ApiError(param === undefined ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    doc_url: 'https://stripe.com/docs/error-codes/resource-missing',
    message: `No such ${noun}: '${id}'`,
    param: param ?? 'id',
  });
};
