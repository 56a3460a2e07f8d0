import type { Migration } from '../platform/mongo.ts';

export const checkoutMigrations: readonly Migration[] = [
  {
    name: 'checkout-1-indexes',
    async run(mongo) {
      const orders = mongo.collection('orders');
      await orders.createIndex({ personId: 1, placedAt: -1, _id: -1 });
      await orders.createIndex({ vendorId: 1, placedAt: -1, _id: -1 });
      await orders.createIndex({ streamId: 1, placedAt: 1 });
      await orders.createIndex({ state: 1, holdEndsAt: 1 });
      await orders.createIndex({ 'outbox.at': 1 });
    },
  },
];
