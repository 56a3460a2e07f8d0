import type { RefundOrder } from '#contract/checkout.ts';
import type { OrderId } from '#contract/ids.ts';
import { createCatalog } from '#server/catalog/index.ts';
import { createCheckout } from '#server/checkout/index.ts';
import type { Checkout } from '#server/checkout/parts.ts';
import { refundOrder } from '#server/checkout/refunds.ts';
import { createPayments } from '#server/payments/index.ts';
import type { PaymentParts } from '#server/payments/parts.ts';
import { receiveEvent } from '#server/payments/webhooks.ts';
import type { OutboxEvent } from '#server/platform/outbox.ts';
import { paymentClient } from './payment-client.ts';
import type { PaymentModel } from './payment-model.ts';
import { channelId, type Record, streamId } from './record.ts';
import type { Party, Scheduler } from './scheduler.ts';
import { walletTerm } from './wallet.ts';
import type { Watch } from './watch.ts';
import type { Weather } from './weather.ts';

/** What every process of a run stands on. */
export type Ground = {
  scheduler: Scheduler;
  weather: Weather;
  model: PaymentModel;
  record: Record;
  watch: Watch;
  /** Wakes a worker; it may be lost. */
  wake: (job: { eventId?: string; orderId?: string }, delayMs: number) => void;
  /** The process dies here and now. */
  die: (party: Party) => void;
};

type Subscriber = { type: string; act: (event: OutboxEvent) => Promise<void> };

export const holdMs = 20_000;
const secretKey = 'sk_test_simulation';

/** A server or a worker: catalog, payments and checkout as composed, over the shared record. */
export function openProcess(ground: Ground, name: string) {
  const { scheduler, weather, model, record, watch } = ground;
  const party: Party = { name, isAlive: true };
  const clock = { now: () => scheduler.now, isTrusted: () => true };

  /** One step of the record: sooner or later, perhaps the last thing this process does, perhaps without an answer. */
  const step = <Value>(what: string, act: () => Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      scheduler.after(weather.store(), party, what, () => {
        const fault = weather.recordFault();
        if (fault === 'before') return reject(new Error('the record is out of reach'));
        const done = act();
        done.catch(() => {});
        if (weather.death()) ground.die(party);
        else if (fault === 'after') done.then(() => reject(new Error('no answer of the record')), reject);
        else done.then(resolve, reject);
      });
    });

  /** A store whose every call is a step. */
  const over = <Store extends object>(
    label: string,
    store: Store,
    look: (method: string, args: unknown[], answer: Promise<unknown>) => void = () => {},
  ): Store =>
    new Proxy(store, {
      get(target, method) {
        const call: unknown = Reflect.get(target, method);
        if (typeof call !== 'function' || typeof method !== 'string') return call;
        return (...args: unknown[]) =>
          step(scheduler.history ? `${label}.${method} ${wordsOf(args)}` : label, async () => {
            const answer: unknown = call.apply(target, args);
            if (answer instanceof Promise) look(method, args, answer);
            return answer;
          });
      },
    });

  const subscribers: Subscriber[] = [];
  const orders = over('orders', record.orders, (method, [order]) => {
    if (method === 'insert') record.orderIds.add((order as { orderId: never }).orderId);
  });
  const relay = async (orderId: Parameters<typeof record.orders.relay>[0]): Promise<void> => {
    const deliver = async (event: OutboxEvent) => {
      for (const { type, act } of subscribers) if (type === event.type) await act(event);
    };
    await scheduler.wait(weather.store(), party);
    // As the outbox does: what could not be delivered is left to the sweep.
    await record.relaying
      .run(deliver, () => record.orders.relay(orderId))
      .catch((fault: unknown) => scheduler.note(name, () => `not delivered: ${String(fault)}`));
  };

  const catalog = createCatalog({
    products: over('products', record.products),
    stock: over('stock', record.stock, (method, args) => {
      if (method === 'changeMovement') watch.movement(args as Parameters<Watch['movement']>[0]);
    }),
    terms: over('terms', record.terms),
    pictures: { put: async () => {}, get: async () => undefined, has: async () => false } as never,
    clock,
    newId: record.newId,
  });
  const paymentParts: PaymentParts = {
    store: over('payments', record.payments, (method, [seen]) => {
      if (method === 'note') watch.noted((seen as { causeId: string }).causeId);
    }),
    inbox: over('inbox', record.inbox, (method, [eventId], answer) => {
      if (method === 'find')
        void (answer as Promise<{ isHandled: boolean } | undefined>).then((event) =>
          watch.found(eventId as string, event?.isHandled ?? false),
        );
    }),
    journal: over('journal', record.journal, (method, [entry]) => {
      if (method === 'append') watch.entry(entry as Parameters<Watch['entry']>[0]);
    }),
    // Seals are another worker's business: nothing here asks for them.
    seals: {} as PaymentParts['seals'],
    stripe: paymentClient(model, scheduler, weather, party),
    clock,
    queues: {
      wake: async (_queue: unknown, job: unknown, options?: { delayMs?: number }) =>
        ground.wake(job as { eventId?: string; orderId?: string }, options?.delayMs ?? 0),
    },
    identity: { vendors: { get: async () => ({ name: 'Vendor' }) } },
    config: {
      http: { publicUrl: 'http://localhost' },
      payments: {
        secretKey,
        publishableKey: 'pk_test_simulation',
        simulatorUrl: 'http://localhost',
        feePercent: 5,
      },
    },
  };
  const payments = createPayments(paymentParts);
  const wallet = over('wallet', walletTerm(record.coupons));
  const checkoutParts: Parameters<typeof createCheckout>[0] & Pick<Checkout, 'wait'> = {
    store: new Proxy(orders, {
      get: (target, method) => (method === 'relay' ? relay : Reflect.get(target, method)),
    }),
    invoices: over('invoices', record.invoices),
    carts: over('carts', record.carts),
    addresses: over('addresses', record.addresses),
    payments,
    catalog,
    rooms: {
      streams: { get: async (id) => (id === streamId ? { channelId, currency: 'USD' } : undefined) },
      showcase: { has: async () => true },
      timeline: {
        append: (_id, entry) =>
          step('timeline', async () => {
            if (!record.timeline.some(({ id }) => id === entry.id)) record.timeline.push(entry);
          }),
      },
    },
    identity: {
      accounts: { many: async (ids) => ids.map((accountId) => ({ accountId, handle: accountId })) },
      vendors: { many: async (ids) => ids.map((vendorId) => ({ vendorId, name: 'Vendor' })) },
      roles: { holdersOf: async () => [] },
    },
    clock,
    outbox: {
      subscribe({ type, schema }, _name, act) {
        subscribers.push({ type, act: (event) => act(schema.parse(event.data), event) });
      },
    },
    live: { tellPerson: async () => {} },
    queues: paymentParts.queues,
    config: { holdMs },
    linkSecret: 'a secret of the simulation',
    wait: (ms) => scheduler.wait(ms, party),
    terms: [wallet],
  };
  const checkout = createCheckout(checkoutParts);
  const inner: Checkout = { ...checkoutParts, failpoint: () => {}, terms: new Map([[wallet.kind, wallet]]) };

  return {
    party,
    catalog,
    payments,
    checkout,
    /** The vendor's desk gives money back. */
    refund: (orderId: OrderId, key: string, ask: RefundOrder) => refundOrder(inner, orderId, key, ask),
    /** The webhook route's work. */
    receive: (body: Uint8Array, signature: string) =>
      receiveEvent({ ...paymentParts, failpoint: () => {}, outcomes: new Map() }, body, signature),
    /** Relays every order's events, as the outbox's sweep does. */
    async relayAll(): Promise<void> {
      for (const orderId of record.orderIds) await relay(orderId);
    },
  };
}

export type Process = ReturnType<typeof openProcess>;

/** The first words of a call, for the history; without events' ids, which are no part of a seed and decide nothing. */
const wordsOf = (args: readonly unknown[]): string =>
  JSON.stringify(args)
    .replaceAll(/"id":"[0-9a-f-]{36}",/g, '')
    .slice(0, 160);
