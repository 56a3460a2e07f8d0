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
  {
    name: 'checkout-2-refunds-carts-addresses',
    async run(mongo) {
      const orders = mongo.collection('orders');
      const blank = { adopted: [], isFromCart: false, capture: 'now', refunds: [] };
      await orders.updateMany({ refunds: { $exists: false } }, { $set: blank });
      const unnamed = { legalName: '', legalAddress: '', conditions: '' };
      await orders.updateMany({ seller: { $exists: false } }, { $set: { seller: unnamed } });
      await orders.createIndex({ 'refunds.state': 1 });
      const carts = mongo.collection('carts');
      await carts.createIndex({ personId: 1 });
      await carts.createIndex({ 'lines.productId': 1 });
      await carts.createIndex({ 'holds.endsAt': 1 });
    },
  },
];
