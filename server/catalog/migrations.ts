import type { Migration } from '../platform/mongo.ts';

/** Indexes of the catalog's collections; none is unique beside `_id`. */
export const catalogMigrations: Migration[] = [
  {
    name: 'catalog-1-indexes',
    async run(mongo) {
      await mongo.collection('products').createIndex({ vendorId: 1, createdAt: -1, _id: -1 });
      await mongo.collection('products').createIndex({ 'outbox.at': 1 });
      await mongo.collection('stock').createIndex({ 'outbox.at': 1 });
      await mongo.collection('stock').createIndex({ 'pending.at': 1 });
      await mongo.collection('stock').createIndex({ 'unwritten.at': 1 });
      await mongo.collection('stock_entries').createIndex({ variantId: 1, version: 1 });
      await mongo.collection('stock_movements').createIndex({ state: 1, at: 1 });
    },
  },
];
