import { randomUUID } from 'node:crypto';
import type { PlaceOrder } from '#contract/checkout.ts';
import { ProductId, VariantId } from '#contract/ids.ts';
import { memoryProductStore, memoryStockStore } from '#server/catalog/store.memory.ts';
import type { ProductStore, StockStore } from '#server/catalog/store.ts';
import { memoryCartStore } from '#server/checkout/carts.memory.ts';
import { memoryInvoiceSeries, memoryOrderStore } from '#server/checkout/store.memory.ts';
import type { OrderStore } from '#server/checkout/store.ts';
import { memoryInbox } from '#server/payments/inbox.memory.ts';
import { memoryJournal } from '#server/payments/journal.memory.ts';
import { memoryPaymentStore } from '#server/payments/store.memory.ts';
import type { PaymentStore } from '#server/payments/store.ts';
import type { OutboxEvent } from '#server/platform/outbox.ts';
import { openTill, type Plant, type Till } from './till.ts';

/** Goods of a stage: one variant of one product. */
export type Goods = { productId: ProductId; variantId: VariantId };

/**
 * A till of which two processes are at work, over MongoDB or over the memory twins, where only payout accounts lie in
 * MongoDB. Over the twins each step of a store yields to others as often as the dice say.
 */
export type Stage = AsyncDisposable & {
  till: Till;
  record: 'mongo' | 'memory';
  processes: readonly [Process, Process];
  sell(ask: { price: number; units: number; floor?: number }): Promise<Goods>;
  stockOf(variantId: VariantId): Promise<{ available: number; held: number; sold: number }>;
  /** Like the till's own, in a room's stream or none. */
  askFor(goods: Goods, total: number, more?: Partial<PlaceOrder>): PlaceOrder;
};
export type Process = ReturnType<Till['process']>;

type Wanted = {
  record: 'mongo' | 'memory';
  dice: () => number;
  mongoUri?: string;
  plant?: Plant;
};

/** Opens a stage; `mongoUri` names an empty database, and outside a test run it must. */
export async function openStage({ record, dice, mongoUri, plant = {} }: Wanted): Promise<Stage> {
  const memory = record === 'memory' ? memoryRecord(dice) : undefined;
  const till = await openTill({
    ...(mongoUri !== undefined && { mongoUri }),
    plant: memory ? both(memory.plant, plant) : plant,
  });
  const first = {
    checkout: till.checkout,
    payments: till.payments,
    catalog: till.catalog,
    outbox: till.outbox,
  };
  const stockOf = async (variantId: VariantId) => {
    const row = memory ? (await memory.stock.rows([variantId]))[0] : await till.stockOf(variantId);
    if (row === undefined) throw new Error(`there is no ${variantId}`);
    return { available: row.available, held: row.held, sold: row.sold };
  };
  const sell: Stage['sell'] = async ({ price, units, floor = 0 }) => {
    if (!memory) return till.sell({ price, units, floor });
    const goods = {
      productId: ProductId.parse(`prd_${randomUUID().replaceAll('-', '')}`),
      variantId: VariantId.parse(`var_${randomUUID().replaceAll('-', '')}`),
    };
    await memory.stock.open(goods.variantId, goods.productId);
    const change = { changeId: 'opening', variantId: goods.variantId, quantity: units, reason: 'opening' };
    await till.catalog.holds.change({ ...change, kind: 'opening' });
    await memory.products.insert({
      ...{ productId: goods.productId, vendorId: till.vendorId, title: 'Teapot', description: '' },
      ...{ attributes: [], pictureId: undefined, isRetired: false, version: 1 },
      variants: [
        {
          variantId: goods.variantId,
          listPrice: { amount: price, currency: 'USD' },
          floorPrice: { amount: floor, currency: 'USD' },
          isRetired: false,
        },
      ],
      createdAt: new Date(till.clock.now()),
    });
    return goods;
  };
  return {
    till,
    record,
    processes: [first, till.process()],
    sell,
    stockOf,
    askFor: till.askFor,
    [Symbol.asyncDispose]: () => till[Symbol.asyncDispose](),
  };
}

/** One plant after the other. */
const both = (one: Plant, other: Plant): Plant => ({
  catalog: then(one.catalog, other.catalog),
  payments: then(one.payments, other.payments),
  checkout: then(one.checkout, other.checkout),
});
const then =
  <Parts>(one: ((parts: Parts) => Parts) | undefined, other: ((parts: Parts) => Parts) | undefined) =>
  (parts: Parts): Parts => {
    const changed = one ? one(parts) : parts;
    return other ? other(changed) : changed;
  };

type Act = (data: unknown, event: OutboxEvent) => Promise<void>;

function memoryRecord(dice: () => number): { plant: Plant; stock: StockStore; products: ProductStore } {
  const products = memoryProductStore();
  const stock: StockStore = jittered(memoryStockStore(), dice);
  const carts = memoryCartStore();
  const invoices = memoryInvoiceSeries();
  const inbox = memoryInbox();
  const journal = memoryJournal();
  const remembered = memoryPaymentStore();
  // Events go to the listeners of the process that was composed first; the others share its orders.
  const listeners = new Map<string, Map<string, Act>>();
  const orders: OrderStore = jittered(
    memoryOrderStore(async (event) => {
      for (const act of listeners.get(event.type)?.values() ?? []) await act(event.data, event);
    }),
    dice,
  );
  const plant: Plant = {
    catalog: (parts) => ({ ...parts, products, stock }),
    payments: (parts) => ({ ...parts, inbox, journal, store: withPayoutsOf(parts.store, remembered) }),
    checkout: (parts) => ({
      ...parts,
      store: orders,
      ...{ carts, invoices },
      outbox: {
        subscribe: ({ type, schema }, name, act) => {
          const known = listeners.get(type) ?? new Map<string, Act>();
          listeners.set(type, known);
          if (!known.has(name)) known.set(name, async (data, event) => act(schema.parse(data), event));
        },
      },
    }),
  };
  return { plant, stock, products };
}

/** Payout accounts stay where the till opened them, and are looked up once when they can be paid. */
function withPayoutsOf(store: PaymentStore, remembered: PaymentStore): PaymentStore {
  return {
    ...remembered,
    async payoutOf(vendorId) {
      const known = await remembered.payoutOf(vendorId);
      if (known?.canBePaid) return known;
      const found = await store.payoutOf(vendorId);
      if (found) await remembered.savePayout(vendorId, found, new Date());
      return found;
    },
    savePayout: (vendorId, account, at) => store.savePayout(vendorId, account, at),
    knowsAccount: (accountId) => store.knowsAccount(accountId),
    unfinishedPayouts: (limit) => store.unfinishedPayouts(limit),
  };
}

/** Yields before and after each call, as often as the dice say: so two who work over one store meet at any step. */
function jittered<Store extends object>(store: Store, dice: () => number): Store {
  const pause = async (): Promise<void> => {
    for (let turns = Math.floor(dice() * 4); turns > 0; turns -= 1) await Promise.resolve();
    if (dice() < 0.03) await new Promise((resolve) => setImmediate(resolve));
  };
  return new Proxy(store, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return async (...words: unknown[]) => {
        await pause();
        const answer: unknown = await Reflect.apply(method, target, words);
        await pause();
        return answer;
      };
    },
  });
}

/** Whoever asks and is refused or fails: the refusal, the fault's words, or undefined when it went well. */
export type Heard = { ok: true } | { ok: false; refusal: string };

/** What was heard of an ask, faults included. */
export async function heardOf(work: Promise<{ ok: true } | { ok: false; refusal: string }>): Promise<Heard> {
  try {
    const answer = await work;
    return answer.ok ? { ok: true } : { ok: false, refusal: answer.refusal };
  } catch (fault) {
    return { ok: false, refusal: `fault: ${fault instanceof Error ? fault.message : String(fault)}` };
  }
}
