import type { Model, QueryFilter } from 'mongoose';
import { ProductId, VariantId } from '#contract/ids.ts';
import { catalogEvents } from '#contract/internal/catalog.ts';
import type { Clock } from '../platform/clock.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { type Outbox, type OutboxEvent, outboxEvent, outboxFields } from '../platform/outbox.ts';
import { type Balances, type Cause, deltaOf, type Entry, type Movement, type Pending } from './core/stock.ts';
import type { Moved, StockStore } from './store.ts';

type StockFields = Balances & {
  _id: string;
  version: number;
  productId: string;
  isRetired: boolean;
  pending: Pending[];
  unwritten: Cause[];
  outbox: OutboxEvent[];
};
type EntryFields = Omit<Entry, 'id' | 'variantId'> & {
  _id: string;
  variantId: string;
  cause: Entry['cause'];
};
type MovementFields = Omit<Movement, 'id' | 'asking' | 'endsAt'> & {
  _id: string;
  asking: string | null;
  endsAt: number | null;
};

const balances = { available: 1, held: 1, sold: 1, version: 1, productId: 1 } as const;

/** The stock protocol's steps in MongoDB: each is one guarded change of one document. */
export function mongoStockStore(mongo: Mongo, outbox: Outbox, clock: Clock): StockStore {
  const { stock, entries, movements } = modelsOf(mongo);
  outbox.attach(stock);
  const relay = relayer((variantId) => outbox.relay(stock, variantId));

  const change = async (
    filter: QueryFilter<StockFields>,
    cause: Cause,
    update: { $push: object; $pull?: object },
  ) => {
    const after = await stock
      .findOneAndUpdate(
        filter,
        { $inc: { ...deltaOf(cause.cause, cause.quantity), version: 1 }, ...update },
        { returnDocument: 'after', projection: balances },
      )
      .lean();
    return after ? movedOf(after) : undefined;
  };

  return {
    async open(variantId, productId) {
      const empty = { available: 0, held: 0, sold: 0, version: 0, pending: [], unwritten: [], outbox: [] };
      await stock.create([{ _id: variantId, productId, isRetired: false, ...empty }]).catch(unlessDuplicate);
    },
    async rows(variantIds) {
      const found = await stock.find({ _id: trusted({ $in: [...variantIds] }) }, { outbox: 0 }).lean();
      return found.map(({ _id, productId, ...rest }) => ({
        ...rest,
        variantId: VariantId.parse(_id),
        productId: ProductId.parse(productId),
      }));
    },
    async setRetired(variantId, isRetired) {
      await stock.updateOne({ _id: variantId }, { $set: { isRetired } });
    },
    async take(variantId, pending, cause) {
      const isSold = cause.cause === 'hold' ? { isRetired: false } : {};
      const guard = { _id: variantId, available: trusted({ $gte: cause.quantity }), ...isSold };
      return change(guard, cause, { $push: { pending, unwritten: cause } });
    },
    async intend(variantId, pending) {
      const { matchedCount } = await stock.updateOne({ _id: variantId }, { $push: { pending } });
      return matchedCount > 0;
    },
    async move(variantId, step, cause) {
      return change({ _id: variantId, 'pending.step': step }, cause, {
        $push: { unwritten: cause },
        $pull: { pending: { step } },
      });
    },
    async settle(variantId, { step, written }) {
      if (written === undefined) {
        await stock.updateOne({ _id: variantId }, { $pull: { pending: { step } } });
        return;
      }
      const told = { variantId, ...written.told };
      const event = outboxEvent(catalogEvents.stockChanged, told, new Date(clock.now()));
      const pull = { unwritten: { id: written.id }, ...(step === undefined ? {} : { pending: { step } }) };
      await stock.updateOne({ _id: variantId }, { $pull: pull, $push: { outbox: event } });
      relay(variantId);
    },
    async append({ id, ...entry }) {
      await entries.create([{ _id: `${entry.variantId}:${id}`, ...entry }]).catch(unlessDuplicate);
    },
    async entries(variantId, afterVersion, limit) {
      const found = await entries
        .find({ variantId, version: trusted({ $gt: afterVersion }) })
        .sort({ version: 1 })
        .limit(limit)
        .lean();
      return found.map(({ _id, ...entry }) => ({ ...entry, id: _id.slice(variantId.length + 1), variantId }));
    },
    async insertMovement({ id, asking, endsAt, ...rest }) {
      try {
        await movements.create([{ _id: id, asking: asking ?? null, endsAt: endsAt ?? null, ...rest }]);
        return true;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
    async movement(id) {
      const found = await movements.findOne({ _id: id }).lean();
      return found ? movementOf(found) : undefined;
    },
    async changeMovement(id, guard, { step, asking, endsAt, ...rest }) {
      const set = {
        ...rest,
        ...(asking === undefined ? {} : { asking }),
        ...(endsAt === undefined ? {} : { endsAt }),
      };
      const update = { $set: set, ...(step === undefined ? {} : { $push: { steps: step } }) };
      const after = await movements
        .findOneAndUpdate({ _id: id, ...guard }, update, { returnDocument: 'after' })
        .lean();
      return after ? movementOf(after) : undefined;
    },
    async unfinished(before) {
      const old = trusted({ $lt: before });
      const found = await stock
        .find({ $or: [{ 'pending.at': old }, { 'unwritten.at': old }] }, { _id: 1 })
        .limit(200)
        .lean();
      return found.map(({ _id }) => VariantId.parse(_id));
    },
    async askingSince(before) {
      const found = await movements
        .find({ state: 'asking', at: trusted({ $lt: before }) })
        .limit(200)
        .lean();
      return found.map(movementOf);
    },
  };
}

function modelsOf(mongo: Mongo): {
  stock: Model<StockFields>;
  entries: Model<EntryFields>;
  movements: Model<MovementFields>;
} {
  const units = { available: Number, held: Number, sold: Number, version: Number };
  return {
    stock: modelOf<StockFields>(mongo, 'stock', {
      productId: String,
      isRetired: Boolean,
      ...units,
      pending: [Mixed],
      unwritten: [Mixed],
      ...outboxFields,
    }),
    entries: modelOf<EntryFields>(mongo, 'stock_entries', {
      variantId: String,
      cause: String,
      quantity: Number,
      reference: String,
      reason: String,
      at: Number,
      ...units,
    }),
    movements: modelOf<MovementFields>(mongo, 'stock_movements', {
      state: String,
      rev: Number,
      asking: String,
      steps: [String],
      lines: [Mixed],
      endsAt: Number,
      reason: String,
      at: Number,
    }),
  };
}

const movedOf = ({
  available,
  held,
  sold,
  version,
  productId,
}: Balances & { version: number; productId: string }): Moved => ({
  available,
  held,
  sold,
  version,
  productId: ProductId.parse(productId),
});

const movementOf = ({ _id, asking, endsAt, ...rest }: MovementFields): Movement => ({
  ...rest,
  id: _id,
  asking: asking ?? undefined,
  endsAt: endsAt ?? undefined,
});

function unlessDuplicate(fault: unknown): void {
  if (!isDuplicate(fault)) throw fault;
}

/** Relays a document's events: one run at a time for each, and one more when something came meanwhile. */
function relayer(run: (variantId: string) => Promise<void>): (variantId: string) => void {
  const running = new Map<string, { again: boolean }>();
  const start = (variantId: string) => {
    const now = running.get(variantId);
    if (now) {
      now.again = true;
      return;
    }
    const mine = { again: false };
    running.set(variantId, mine);
    const done = () => {
      running.delete(variantId);
      if (mine.again) start(variantId);
    };
    run(variantId).then(done, done);
  };
  return start;
}
