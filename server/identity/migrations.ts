import type { Migration } from '../platform/mongo.ts';

/** Indexes of identity's collections; uniqueness is by `_id` alone. */
export const identityMigrations: readonly Migration[] = [
  {
    name: 'identity-1-indexes',
    async run(mongo) {
      await mongo.collection('login_sessions').createIndex({ personId: 1 });
      await mongo.collection('login_sessions').createIndex({ lastSeenAt: 1 });
      await mongo.collection('login_sessions').createIndex({ createdAt: 1 });
      await mongo.collection('roles').createIndex({ keys: 1 });
      await mongo.collection('follows').createIndex({ target: 1 });
      await mongo.collection('audit').createIndex({ requestId: 1 });
      await mongo.collection('audit').createIndex({ at: 1 });
    },
  },
];
