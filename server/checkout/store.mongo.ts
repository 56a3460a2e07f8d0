import type { DeskOrderFilter, OrderState } from '#contract/checkout.ts';
import type { OrderId, VendorId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { type Outbox, type OutboxEvent, outboxFields } from '../platform/outbox.ts';
import { transitions } from './core/transitions.ts';
import type { After, InvoiceSeries, Move, Order, OrderStore } from './store.ts';

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
    seller: Mixed,
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
    adopted: [Mixed],
    isFromCart: Boolean,
    capture: String,
    attempts: Number,
    paying: Mixed,
    openIntents: [String],
    refusedIntents: [String],
    ending: Mixed,
    paid: Mixed,
    invoiceNumber: Number,
    tracking: String,
    refunds: [Mixed],
    dispute: Mixed,
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
      const moved = await orders
        .findOneAndUpdate(
          { _id: orderId, state: trusted({ $in: [...from] }), ...guardOf(move.guard) },
          {
            ...setting({ ...move.set, state: to }),
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
    async amend(orderId, { guard, set, events }) {
      const amended = await orders
        .findOneAndUpdate(
          { _id: orderId, ...guard },
          { ...setting(set), $push: { outbox: { $each: events } }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        )
        .lean<OrderDocument>();
      return amended ? orderOf(amended) : undefined;
    },
    async number(orderId, invoiceNumber) {
      await orders.updateOne(
        { _id: orderId, invoiceNumber: trusted({ $exists: false }) },
        { $set: { invoiceNumber }, $inc: { version: 1 } },
      );
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
    async ofVendor(vendorId, filter, after, limit) {
      const found = await orders
        .find({ vendorId, 'history.state': 'paid', ...deskFilterOf(filter), ...from(after) })
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
    async refundsAsked(before, limit) {
      const asked = trusted({ $elemMatch: { state: 'asked', at: { $lt: before.getTime() } } });
      return idsOf(await orders.find({ refunds: asked }, { _id: 1 }).limit(limit).lean<{ _id: OrderId }[]>());
    },
  };
}

type SeriesDocument = { _id: VendorId; number: number; orderId: OrderId };

/** Invoice series in MongoDB: one document a vendor, moved on by compare and set. */
export function mongoInvoiceSeries(mongo: Mongo): InvoiceSeries {
  const series = modelOf<SeriesDocument>(mongo, 'invoice_series', { number: Number, orderId: String });
  return {
    async last(vendorId) {
      const found = await series.findOne({ _id: vendorId }).lean<SeriesDocument>();
      return found ? { number: found.number, orderId: found.orderId } : undefined;
    },
    async give(vendorId, last, orderId) {
      if (last > 0) {
        const next = { $set: { number: last + 1, orderId } };
        return (await series.updateOne({ _id: vendorId, number: last }, next)).matchedCount === 1;
      }
      try {
        await series.create([{ _id: vendorId, number: 1, orderId }]);
        return true;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
  };
}

function deskFilterOf({ state }: DeskOrderFilter): object {
  switch (state) {
    case undefined:
      return {};
    case 'to-send':
      return { state: 'paid' };
    case 'sent':
      return { state: 'fulfilled' };
    case 'refunded':
      return { 'refunds.state': trusted({ $in: ['asked', 'done'] }) };
    case 'disputed':
      return { 'dispute.state': trusted({ $in: ['open', 'won', 'lost'] }) };
  }
}

/** Sets fields, and takes away those that are undefined. */
function setting(set: object) {
  const fields = Object.entries(set);
  const gone = fields.filter(([, value]) => value === undefined);
  return {
    $set: defined(Object.fromEntries(fields.filter(([, value]) => value !== undefined))),
    ...(gone.length > 0 && { $unset: Object.fromEntries(gone.map(([name]) => [name, 1])) }),
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

function guardOf({
  version,
  attempt,
  intentId,
  holdEndsAfter,
  holdEndsBy,
  isNotRefused,
}: Move['guard'] = {}) {
  return {
    ...(version !== undefined && { version }),
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
