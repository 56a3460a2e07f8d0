import type { Migration } from '../platform/mongo.ts';

/** Indexes of the rooms' collections; none is unique beside `_id`. */
export const roomsMigrations: Migration[] = [
  {
    name: 'rooms-1-indexes',
    async run(mongo) {
      const streams = mongo.collection('streams');
      await streams.createIndex({ state: 1, startsAt: 1 });
      await streams.createIndex({ channelId: 1, createdAt: -1, _id: -1 });
      await streams.createIndex({ showcase: 1 });
      await streams.createIndex({ 'outbox.at': 1 });
      await mongo.collection('channel_links').createIndex({ channelId: 1 });
      await mongo.collection('channel_links').createIndex({ vendorId: 1 });
      await mongo.collection('timeline').createIndex({ streamId: 1, at: 1, _id: 1 });
      await mongo.collection('audience_totals').createIndex({ streamId: 1 });
      await mongo.collection('audience_samples').createIndex({ streamId: 1, online: -1 });
    },
  },
];
