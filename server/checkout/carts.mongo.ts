import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import type { CartStore } from './carts.ts';
import type { CartHold, CartRecord } from './core/cart.ts';

type CartDocument = CartRecord & { _id: string };

/** Carts in MongoDB, a document a person and vendor. */
export function mongoCartStore(mongo: Mongo): CartStore {
  const carts = modelOf<CartDocument>(mongo, 'carts', {
    personId: String,
    vendorId: String,
    streamId: String,
    stockPolicy: String,
    holdMinutes: Number,
    lines: [Mixed],
    holds: [Mixed],
    ordered: [String],
    version: Number,
    changedAt: Number,
  });
  const idOf = ({ personId, vendorId }: Pick<CartRecord, 'personId' | 'vendorId'>) =>
    `${personId}:${vendorId}`;
  const lastChanged = { changedAt: -1 } as const;
  return {
    async get(personId, vendorId) {
      const found = await carts.findOne({ _id: idOf({ personId, vendorId }) }).lean<CartDocument>();
      return found ? cartOf(found) : undefined;
    },
    async ofPerson(personId) {
      const found = await carts.find({ personId }).sort(lastChanged).lean<CartDocument[]>();
      return found.map(cartOf).filter(({ lines }) => lines.length > 0);
    },
    async withProduct(productId, limit) {
      const wanted = { 'lines.productId': productId };
      const found = await carts.find(wanted).sort(lastChanged).limit(limit).lean<CartDocument[]>();
      return found.map(cartOf);
    },
    async save({ streamId, version, ...cart }) {
      const next = {
        ...cart,
        holds: cart.holds.map(({ orderId, ...hold }) => ({ ...hold, ...(orderId && { orderId }) })),
        version: version + 1,
        ...(streamId && { streamId }),
      };
      try {
        if (version === 0) {
          await carts.create([{ _id: idOf(cart), ...next }]);
          return true;
        }
        const change = { $set: next, ...(streamId === undefined && { $unset: { streamId: 1 } }) };
        return (await carts.updateOne({ _id: idOf(cart), version }, change)).matchedCount === 1;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
    async toSweep(now, askedBefore, limit) {
      const found = await carts
        .find({
          $or: [
            { 'holds.endsAt': trusted({ $lte: now }) },
            { 'holds.state': 'dropped' },
            { holds: trusted({ $elemMatch: { state: 'asking', since: { $lt: askedBefore } } }) },
          ],
        })
        .limit(limit)
        .lean<CartDocument[]>();
      return found.map(cartOf);
    },
  };
}

const cartOf = ({ _id: _, ...cart }: CartDocument): CartRecord => ({
  ...cart,
  streamId: cart.streamId,
  holds: cart.holds.map((hold): CartHold => ({ ...hold, orderId: hold.orderId })),
});
