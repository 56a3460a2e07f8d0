import type { OrderState } from '#contract/checkout.ts';
import type { OrderId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { type Outbox, type OutboxEvent, outboxFields } from '../platform/outbox.ts';
import { transitions } from './core/transitions.ts';
import type { After, Move, Order, OrderStore } from './store.ts';

type OrderDocument = Omit<Order, 'orderId'> & { _id: OrderId; outbox: OutboxEvent[] };

const running: OrderState[] = ['held', 'paying', 'authorised'];

/** Orders in MongoDB: each move is one guarded update that carries its events. */
export function mongoOrderStore(mongo: Mongo, outbox: Outbox): OrderStore {
  const orders = modelOf<OrderDocument>(mongo, 'orders', {
    personId: String,
    vendorId: String,
    streamId: String,
    channelId: String,
    state: String,
    version: Number,
    askDigest: String,
    lines: [Mixed],
    totals: Mixed,
    discounts: [Mixed],
    fee: Mixed,
    terms: [Mixed],
    email: String,
    delivery: Mixed,
    placedAt: Date,
    holdEndsAt: Date,
    holdOwner: String,
    attempts: Number,
    paying: Mixed,
    openIntents: [String],
    refusedIntents: [String],
    ending: Mixed,
    paid: Mixed,
    lastFailure: Mixed,
    refusal: String,
    history: [Mixed],
    ...outboxFields,
  });
  outbox.attach(orders);

  const idsOf = (found: { _id: OrderId }[]): OrderId[] => found.map(({ _id }) => _id);

  return {
    async insert({ orderId, ...order }) {
      try {
        await orders.create([defined({ _id: orderId, ...order, outbox: [] })]);
        return true;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
    async get(orderId) {
      const found = await orders.findOne({ _id: orderId }).lean<OrderDocument>();
      return found ? orderOf(found) : undefined;
    },
    async move(orderId, move) {
      const { from, to } = transitions[move.transition];
      const fields = Object.entries(move.set ?? {});
      const kept = fields.filter(([, value]) => value !== undefined);
      const gone = fields.filter(([, value]) => value === undefined);
      const moved = await orders
        .findOneAndUpdate(
          { _id: orderId, state: trusted({ $in: [...from] }), ...guardOf(move.guard) },
          {
            $set: { state: to, ...defined(Object.fromEntries(kept)) },
            ...(gone.length > 0 && { $unset: Object.fromEntries(gone.map(([name]) => [name, 1])) }),
            $push: {
              history: { at: move.at, state: to, cause: move.cause },
              outbox: { $each: move.events },
            },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        )
        .lean<OrderDocument>();
      return moved ? orderOf(moved) : undefined;
    },
    async noteIntent(orderId, attempt, intentId) {
      await orders.updateOne({ _id: orderId }, { $addToSet: { openIntents: intentId } });
      await orders.updateOne(
        { _id: orderId, 'paying.attempt': attempt },
        { $set: { 'paying.intentId': intentId } },
      );
    },
    async closeIntent(orderId, intentId) {
      await orders.updateOne({ _id: orderId }, { $pull: { openIntents: intentId } });
    },
    async refuseIntent(orderId, intentId) {
      const { matchedCount } = await orders.updateOne(
        { _id: orderId, state: trusted({ $in: ['expired', 'cancelled', 'refunded'] }) },
        { $addToSet: { refusedIntents: intentId } },
      );
      return matchedCount === 1;
    },
    relay: (orderId) => outbox.relay(orders, orderId),

    async ofPerson(personId, after, limit) {
      const found = await orders
        .find({ personId, 'history.state': 'held', ...from(after) })
        .sort(newestFirst)
        .limit(limit)
        .lean<OrderDocument[]>();
      return found.map(orderOf);
    },
    async ofVendor(vendorId, after, limit) {
      const found = await orders
        .find({ vendorId, 'history.state': 'paid', ...from(after) })
        .sort(newestFirst)
        .limit(limit)
        .lean<OrderDocument[]>();
      return found.map(orderOf);
    },
    async ofStream(streamId) {
      return (await orders.find({ streamId }).sort({ placedAt: 1 }).lean<OrderDocument[]>()).map(orderOf);
    },

    async holdsEnded(now, limit) {
      const found = await orders
        .find({ state: trusted({ $in: running }), holdEndsAt: trusted({ $lte: now }) }, { _id: 1 })
        .sort({ holdEndsAt: 1 })
        .limit(limit)
        .lean<{ _id: OrderId }[]>();
      return idsOf(found);
    },
    async pendingSince(before, limit) {
      const found = await orders
        .find({ state: 'pending', placedAt: trusted({ $lt: before }) }, { _id: 1 })
        .limit(limit)
        .lean<{ _id: OrderId }[]>();
      return idsOf(found);
    },
    async expiring(limit) {
      return idsOf(
        await orders.find({ state: 'expiring' }, { _id: 1 }).limit(limit).lean<{ _id: OrderId }[]>(),
      );
    },
    async payingUnknown(before, limit) {
      const found = await orders
        .find({ state: 'paying', 'paying.since': trusted({ $lt: before }) }, { paying: 1 })
        .limit(limit)
        .lean<Pick<OrderDocument, '_id' | 'paying'>[]>();
      return idsOf(found.filter(({ paying }) => paying?.intentId === undefined));
    },
  };
}

const newestFirst = { placedAt: -1, _id: -1 } as const;

const from = (after: After | undefined) =>
  after === undefined
    ? {}
    : {
        $or: [
          { placedAt: trusted({ $lt: after.placedAt }) },
          { placedAt: after.placedAt, _id: trusted({ $lt: after.orderId }) },
        ],
      };

function guardOf({ attempt, intentId, holdEndsAfter, holdEndsBy, isNotRefused }: Move['guard'] = {}) {
  return {
    ...(attempt !== undefined && { attempts: attempt }),
    ...(intentId !== undefined && { 'paying.intentId': intentId }),
    ...(holdEndsAfter && { holdEndsAt: trusted({ $gt: holdEndsAfter }) }),
    ...(holdEndsBy && { holdEndsAt: trusted({ $lte: holdEndsBy }) }),
    ...(isNotRefused !== undefined && { refusedIntents: trusted({ $ne: isNotRefused }) }),
  };
}

/** Takes undefined fields away at every depth: the driver would store them as null. */
function defined<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(defined) as Value;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, defined(inner)]),
  ) as Value;
}

const orderOf = ({ _id, outbox: _, ...order }: OrderDocument): Order => ({ ...order, orderId: _id });
