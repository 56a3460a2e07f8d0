import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Model } from 'mongoose';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import { logger } from './logger.ts';
import { Mixed, trusted } from './mongo.ts';

/** A business event on its way from the document that caused it to those who act on it. */
export type OutboxEvent = { id: string; type: string; at: Date; data: unknown };

/** Put `...outboxFields` into a collection's schema, and events into `outbox` in the same write as the change. */
export const outboxFields = { outbox: { type: [Mixed], default: [] } } as const;
export type WithOutbox = { _id: string; outbox: OutboxEvent[] };

/** A kind of event: its name and the shape of its data. */
export type EventType<Schema extends z.ZodType = z.ZodType> = { type: string; schema: Schema };

/** An event ready to be stored in a document's outbox. */
export function outboxEvent<Schema extends z.ZodType>(
  { type, schema }: EventType<Schema>,
  data: z.input<Schema>,
  at: Date,
): OutboxEvent {
  return { id: randomUUIDv7(), type, at, data: schema.parse(data) };
}

type Subscriber = { name: string; schema: z.ZodType; act(data: unknown, event: OutboxEvent): Promise<void> };

const ripeMs = 2000;

/**
 * Carries events from documents to subscribers: at least once, so a subscriber acts once per event id. The writer
 * relays at once; {@link Outbox.sweep} relays what a dead process left behind.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #subscribers = new Map<string, Subscriber[]>();
  readonly #models: Model<WithOutbox>[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `name` says in logs who acts. All subscribers of a type run in the order they came; one that throws is tried again. */
  subscribe<Schema extends z.ZodType>(
    { type, schema }: EventType<Schema>,
    name: string,
    act: (data: z.infer<Schema>, event: OutboxEvent) => Promise<void>,
  ): void {
    const list = this.#subscribers.get(type) ?? [];
    // The data is parsed by the same schema before it is handed over.
    list.push({ name, schema, act: act as Subscriber['act'] });
    this.#subscribers.set(type, list);
  }

  /** Names a collection whose documents carry an outbox, so that the sweep looks there. */
  attach<Document extends WithOutbox>(model: Model<Document>): void {
    this.#models.push(model as unknown as Model<WithOutbox>);
  }

  /** Delivers a document's events now; faults are logged and left to the sweep. */
  async relay<Document extends WithOutbox>(model: Model<Document>, documentId: string): Promise<void> {
    const narrow = model as unknown as Model<WithOutbox>;
    const found = await narrow.findOne({ _id: documentId }, { outbox: 1 }).lean();
    for (const event of found?.outbox ?? []) await this.#deliver(narrow, documentId, event);
  }

  /** Delivers what has lain for 2 s. Returns how many documents it found. */
  async sweep(): Promise<number> {
    let found = 0;
    for (const model of this.#models) {
      const waiting = await model
        .find({ 'outbox.at': trusted({ $lt: new Date(this.#clock.now() - ripeMs) }) }, { outbox: 1 })
        .limit(200)
        .lean();
      for (const { _id, outbox } of waiting)
        for (const event of outbox) await this.#deliver(model, _id, event);
      found += waiting.length;
    }
    return found;
  }

  async #deliver(model: Model<WithOutbox>, documentId: string, event: OutboxEvent): Promise<void> {
    try {
      for (const { name, schema, act } of this.#subscribers.get(event.type) ?? []) {
        logger.debug({ event: event.type, eventId: event.id, subscriber: name }, 'deliver');
        await act(schema.parse(event.data), event);
      }
      await model.updateOne({ _id: documentId }, { $pull: { outbox: { id: event.id } } });
    } catch (fault) {
      logger.error(
        { err: fault, event: event.type, eventId: event.id, documentId },
        'event not delivered, will be tried again',
      );
      await wait(0);
    }
  }
}
