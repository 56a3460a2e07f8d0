import { z } from 'zod';
import type { Mongo } from '#server/platform/mongo.ts';
import type { PassageEntry, StoredOrder } from './orders.ts';
import type { MovedUnits, StoredEntry, StoredStock } from './stock.ts';

const Amount = z.object({ amount: z.number(), currency: z.string() });
const Legs = z.array(z.object({ account: z.string(), amount: Amount }));
const Discounts = z.array(z.object({ funder: z.string(), amount: Amount }));
const optional = <Shape extends z.ZodType>(shape: Shape) =>
  shape.nullish().transform((found) => found ?? undefined);

const Order = z
  .object({
    _id: z.string(),
    state: z.string(),
    vendorId: z.string(),
    channelId: optional(z.string()),
    totals: z.object({ total: Amount }),
    fee: Amount,
    discounts: Discounts,
    paid: optional(z.object({ chargeId: z.string(), at: z.date() })),
    refunds: z
      .array(
        z.object({
          refundId: z.string(),
          serviceRefundId: optional(z.string()),
          state: z.string(),
          amount: Amount,
          share: z.object({
            amount: Amount,
            fee: Amount,
            ofCharge: Amount,
            ofPlatform: Amount,
            discounts: Discounts,
          }),
          at: z.number(),
          doneAt: optional(z.number()),
        }),
      )
      .default([]),
    history: z.array(z.object({ at: z.date() })),
  })
  .transform(({ _id, totals, history, ...order }): StoredOrder => {
    const instants = [
      ...history.map(({ at }) => at.getTime()),
      ...order.refunds.flatMap(({ at, doneAt = at }) => [at, doneAt]),
    ];
    return { ...order, orderId: _id, total: totals.total, changedAt: Math.max(0, ...instants) };
  });

const Passage = z
  .object({ _id: z.string(), legs: Legs })
  .transform(({ _id, legs }): PassageEntry => ({ causeId: _id, legs }));

const Units = { available: z.number(), held: z.number(), sold: z.number() };
const Change = { cause: z.string(), quantity: z.number() };
const Stock = z
  .object({
    _id: z.string(),
    ...Units,
    version: z.number(),
    unwritten: z.array(z.object({ id: z.string(), ...Change })),
    pending: z.array(z.unknown()),
  })
  .transform(({ _id, ...stock }): StoredStock => ({ ...stock, variantId: _id }));
const StockEntry = z
  .object({
    _id: z.string(),
    variantId: z.string(),
    ...Units,
    ...Change,
    version: z.number(),
  })
  .transform(
    ({ _id, variantId, ...entry }): StoredEntry => ({ ...entry, id: _id.slice(variantId.length + 1) }),
  );
const Movement = z.object({
  state: z.string(),
  lines: z.array(z.object({ variantId: z.string(), quantity: z.number() })),
});

/** @throws Error that names a document whose form is not what the house writes. */
function read<Shape extends z.ZodType>(shape: Shape, document: { _id: unknown }): z.output<Shape> {
  const found = shape.safeParse(document);
  if (found.success) return found.data;
  throw new Error(`${String(document._id)} cannot be read: ${z.prettifyError(found.error)}`);
}

const batchSize = 500;

/** Everything of the record that money and units are in, read as it is stored and in batches. */
export type LedgerRecord = {
  /** Orders with the entries that touch their passage. */
  orders(): AsyncIterable<{ order: StoredOrder; entries: PassageEntry[] }>;
  stock(): AsyncIterable<{ stock: StoredStock; entries: StoredEntry[]; moved: MovedUnits }>;
};

/** Reads the record of an installation. */
export function mongoRecord(mongo: Mongo): LedgerRecord {
  const passagesOf = async (orderIds: readonly string[]): Promise<Map<string, PassageEntry[]>> => {
    const accounts = orderIds.map((orderId) => `order:${orderId}`);
    const found = new Map(accounts.map((account): [string, PassageEntry[]] => [account, []]));
    for await (const document of mongo.collection('journal').find({ 'legs.account': { $in: accounts } })) {
      const entry = read(Passage, document);
      for (const account of new Set(entry.legs.map((leg) => leg.account))) found.get(account)?.push(entry);
    }
    return found;
  };
  return {
    async *orders() {
      const cursor = mongo.collection('orders').find({}).sort({ _id: 1 });
      for await (const documents of inBatches(cursor)) {
        const orders = documents.map((document) => read(Order, document));
        const passages = await passagesOf(orders.map(({ orderId }) => orderId));
        for (const order of orders) yield { order, entries: passages.get(`order:${order.orderId}`) ?? [] };
      }
    },
    async *stock() {
      const moved = new Map<string, MovedUnits>();
      const states = { state: { $in: ['held', 'committed'] } };
      for await (const document of mongo.collection('stock_movements').find(states)) {
        const { state, lines } = read(Movement, document);
        for (const { variantId, quantity } of lines) {
          const units = moved.get(variantId) ?? { held: 0, committed: 0 };
          units[state === 'held' ? 'held' : 'committed'] += quantity;
          moved.set(variantId, units);
        }
      }
      for await (const document of mongo.collection('stock').find({}).sort({ _id: 1 })) {
        const stock = read(Stock, document);
        const { variantId } = stock;
        const found = mongo.collection('stock_entries').find({ variantId }).sort({ version: 1 });
        const entries: StoredEntry[] = [];
        for await (const entry of found) entries.push(read(StockEntry, entry));
        yield { stock, entries, moved: moved.get(variantId) ?? { held: 0, committed: 0 } };
      }
    },
  };
}

async function* inBatches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
