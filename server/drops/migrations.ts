import type { Migration } from '../platform/mongo.ts';

/** Indexes that reads of drops, grants and claims lean on; none is unique. */
export const dropMigrations: Migration[] = [
  {
    name: 'drops-1-indexes',
    async run(mongo) {
      await mongo.collection('drops').createIndex({ streamId: 1 });
      await mongo.collection('drops').createIndex({ vendorIds: 1 });
      await mongo.collection('drops').createIndex({ state: 1, isForgotten: 1 });
      await mongo.collection('grants').createIndex({ dropId: 1 });
      await mongo.collection('grants').createIndex({ viewer: 1 });
      await mongo.collection('grants').createIndex({ orderId: 1 });
      await mongo.collection('grants').createIndex({ state: 1, validUntil: 1 });
      await mongo.collection('claim_batches').createIndex({ dropId: 1 });
      await mongo.collection('claim_batches').createIndex({ 'claims.viewer': 1 });
      await mongo.collection('drop_payers').createIndex({ orderId: 1 });
    },
  },
  {
    name: 'drops-2-reminders',
    async run(mongo) {
      await mongo.collection('grants').createIndex({ state: 1, isReminded: 1, remindAt: 1 });
    },
  },
];
