import type { Migration } from '../platform/mongo.ts';

export const paymentMigrations: readonly Migration[] = [
  {
    name: 'payments-1-indexes',
    async run(mongo) {
      await mongo.collection('payment_events').createIndex({ state: 1, receivedAt: 1 });
      await mongo.collection('money_moves').createIndex({ state: 1, kind: 1, dueAt: 1 });
      await mongo.collection('payout_accounts').createIndex({ canBePaid: 1 });
      await mongo.collection('journal').createIndex({ 'legs.account': 1 });
    },
  },
  {
    name: 'payments-2-indexes',
    async run(mongo) {
      await mongo.collection('disputes').createIndex({ intentId: 1 });
      await mongo.collection('payout_accounts').createIndex({ accountId: 1 });
      await mongo.collection('journal').createIndex({ isSealed: 1, recordedAt: 1 });
      await mongo
        .collection('journal')
        .updateMany({ isSealed: { $exists: false } }, { $set: { isSealed: false } });
      await mongo
        .collection('money_moves')
        .updateMany({ refusals: { $exists: false } }, { $set: { refusals: 0 } });
    },
  },
];
