import type { Attribute } from '#contract/catalog.ts';
import { PictureId, ProductId, VendorId } from '#contract/ids.ts';
import { catalogEvents } from '#contract/internal/catalog.ts';
import type { Clock } from '../platform/clock.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { type Outbox, type OutboxEvent, outboxEvent, outboxFields } from '../platform/outbox.ts';
import type { ProductRecord, ProductStore, Variant } from './store.ts';

type Fields = {
  _id: string;
  vendorId: string;
  title: string;
  description: string;
  attributes?: Attribute[];
  pictureId: string | null;
  variants: Variant[];
  isRetired: boolean;
  version: number;
  createdAt: Date;
  outbox: OutboxEvent[];
};

/** Products in MongoDB; each write carries the event that tells of it. */
export function mongoProductStore(mongo: Mongo, outbox: Outbox, clock: Clock): ProductStore {
  const products = modelOf<Fields>(mongo, 'products', {
    vendorId: String,
    title: String,
    description: String,
    attributes: [Mixed],
    pictureId: String,
    variants: [Mixed],
    isRetired: Boolean,
    version: Number,
    createdAt: Date,
    ...outboxFields,
  });
  outbox.attach(products);

  return {
    async insert(product) {
      try {
        await products.create([{ _id: product.productId, ...fieldsOf(product), outbox: [] }]);
        return true;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
    async get(productId) {
      const found = await products.findOne({ _id: productId }).lean();
      return found ? recordOf(found) : undefined;
    },
    async many(productIds) {
      const found = await products.find({ _id: trusted({ $in: [...productIds] }) }).lean();
      return found.map(recordOf);
    },
    async ofVendor(vendorId, after, limit) {
      const from = after && {
        $or: [
          { createdAt: trusted({ $lt: after.createdAt }) },
          { createdAt: after.createdAt, _id: trusted({ $lt: after.productId }) },
        ],
      };
      const found = await products
        .find({ vendorId, ...from })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .lean();
      return found.map(recordOf);
    },
    async save(product, expectedVersion) {
      const { productId } = product;
      const event = outboxEvent(catalogEvents.productChanged, { productId }, new Date(clock.now()));
      const { matchedCount } = await products.updateOne(
        { _id: productId, version: expectedVersion },
        { $set: fieldsOf(product), $push: { outbox: event } },
      );
      if (matchedCount === 0) return false;
      await outbox.relay(products, productId);
      return true;
    },
  };
}

function fieldsOf({ productId: _, pictureId, ...rest }: ProductRecord): Omit<Fields, '_id' | 'outbox'> {
  return { ...rest, pictureId: pictureId ?? null };
}

function recordOf({ _id, outbox: _, vendorId, pictureId, attributes = [], ...rest }: Fields): ProductRecord {
  return {
    ...rest,
    attributes,
    productId: ProductId.parse(_id),
    vendorId: VendorId.parse(vendorId),
    pictureId: pictureId === null ? undefined : PictureId.parse(pictureId),
  };
}
