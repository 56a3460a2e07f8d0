import type { Migration } from '../platform/mongo.ts';

/** Indexes of danmaku's collections. */
export const danmakuMigrations: readonly Migration[] = [
  {
    name: 'danmaku-1-indexes',
    async run(mongo) {
      await mongo.collection('danmaku').createIndex({ streamId: 1, streamMs: 1, n: 1 });
      await mongo.collection('danmaku').createIndex({ streamId: 1, n: 1 });
    },
  },
];
