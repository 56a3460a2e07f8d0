import { z } from 'zod';
import type { CreatedPayment, PaymentService, ServiceEvent } from '#server/payments/service.ts';
import { Fault } from '#server/platform/fault.ts';
import type { PaymentModel } from './payment-model.ts';
import { lookOf, signatureOf } from './payment-objects.ts';
import type { Party, Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';

const Body = z.object({
  eventId: z.string(),
  type: z.string(),
  isLive: z.boolean(),
  createdAt: z.coerce.date(),
  intentId: z.string().optional(),
});

/** A fault that the service stored under a key: every repeat gets it. */
class Stored {}

const down = (words: string): Fault => new Fault('payment-service-down', words);

/**
 * The payment service as one process reaches it: questions and answers travel, are lost, come late, are answered with
 * 429, or with a 500 that its key then keeps.
 */
export function paymentClient(
  model: PaymentModel,
  scheduler: Scheduler,
  weather: Weather,
  party: Party,
): PaymentService {
  /** `key` names a creating call; `asked` is what it asks, to be compared with what the key asked first. */
  const ask = <Answer>(
    what: string,
    act: () => Answer,
    { key, asked }: { key?: string; asked?: unknown } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const gaveUp = (words: string, ms: number) =>
        scheduler.after(ms, party, `${what}: ${words}`, () => reject(down(words)));
      const answer = (): (() => void) => {
        try {
          const found = key === undefined ? act() : model.keyed(key, asked, act);
          if (found instanceof Stored) return () => reject(down('stored 500'));
          return () => resolve(found);
        } catch (fault) {
          return () => reject(fault);
        }
      };
      const arrive = (ms: number, then: (settle: () => void) => void) =>
        scheduler.after(ms, model.party, `${party.name} ${what}`, () => then(answer()));
      const travel = weather.network();
      switch (weather.call()) {
        case 'lost':
          return gaveUp('no connection', 2000);
        case 'busy':
          return gaveUp('429', travel);
        case 'answer-lost':
          return arrive(travel, () => gaveUp('no answer', 8000));
        case 'late':
          gaveUp('no answer', 8000);
          return arrive(8000 + 10 * travel, () => {});
        case 'stored':
          if (key === undefined) return gaveUp('500', travel);
          return scheduler.after(travel, model.party, `${party.name} ${what}`, () => {
            if (weather.coin()) answer();
            model.spoil(key, asked, new Stored());
            gaveUp('500', weather.network());
          });
        case 'fine':
          return arrive(travel, (settle) =>
            scheduler.after(weather.network(), party, `${what}: answered`, settle),
          );
      }
    });

  return {
    ping: () => ask('ping', () => {}),
    async createPayment(input) {
      const { key, ...asked } = input;
      try {
        return await ask<CreatedPayment>(`creates ${key}`, () => model.create(input), { key, asked });
      } catch (cause) {
        const isStored = cause instanceof Fault && cause.message === 'stored 500';
        return { kind: 'unknown', isStored, cause };
      }
    },
    findPayment: (name, since) =>
      ask(`finds ${name.subjectId} ${name.attempt}`, () => model.find(name, since)),
    fetchPayment: (intentId) => ask(`fetches ${intentId}`, () => model.fact(intentId)),
    cancelPayment: (intentId) => ask(`cancels ${intentId}`, () => model.cancel(intentId)),
    capturePayment: () => Promise.reject(new Error('nothing here is captured later')),
    previewCard: (token) => ask('previews', () => model.previewCard(token)),
    refund: ({ key, ...asked }) => ask(`refunds ${key}`, () => model.refund(asked), { key, asked }),
    transfer: (input) => {
      const { key, ...asked } = input;
      return ask(`transfers ${key}`, () => model.transfer(input), { key, asked });
    },
    findTransfer: (group, moveId) =>
      ask(`finds ${moveId}`, () =>
        model.transfers.find((one) => one.group === group && one.moveId === moveId),
      ),
    reverseTransfer: ({ key, ...asked }) => {
      const { transferId, amount, moveId } = asked;
      return ask(`reverses ${key}`, () => model.reverse(transferId, amount, moveId), { key, asked });
    },
    findReversal: (transferId, moveId) =>
      ask(`finds ${moveId}`, () =>
        model.transfers
          .find((one) => one.transferId === transferId)
          ?.reversals.find((one) => one.moveId === moveId),
      ),
    createAccount: () => Promise.reject(new Error('no account is opened here')),
    fetchAccount: async () => undefined,
    accountLink: () => Promise.reject(new Error('no account is opened here')),
    readEvent(body, signature): ServiceEvent | undefined {
      const at = Number(/^t=(\d+)/.exec(signature)?.[1]);
      if (!(Math.abs(scheduler.now - at) <= 300_000) || signatureOf(body, at) !== signature) return undefined;
      const { intentId, ...event } = Body.parse(JSON.parse(new TextDecoder().decode(body)));
      return { ...event, intentId, accountId: undefined };
    },
    async *eventsSince(since) {
      yield* await ask('lists events', () =>
        model.events.filter(({ createdAt }) => createdAt >= since).toReversed(),
      );
    },
    async *paymentsSince(since) {
      yield* await ask('lists payments', () =>
        [...model.intents.values()]
          .filter(({ createdAt }) => createdAt >= since.getTime())
          .map((intent) => ({ intentId: intent.intentId, look: lookOf(intent) }))
          .toReversed(),
      );
    },
  };
}
