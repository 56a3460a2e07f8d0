import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { AccountId, ChannelId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import { processClock } from '#server/platform/clock.ts';
import { openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox } from '#server/platform/outbox.ts';
import { openRedis as connectRedis } from '#server/platform/redis.ts';
import type { Stream } from '#server/rooms/core/stream.ts';
import { roomsMigrations } from '#server/rooms/migrations.ts';
import { redisPresenceStore } from '#server/rooms/presence.redis.ts';
import { mongoAudienceRecord, mongoLinkStore, mongoTimelineStore } from '#server/rooms/records.mongo.ts';
import {
  memoryAudienceRecord,
  memoryLinkStore,
  memoryPresenceStore,
  memoryStreamStore,
  memoryTimelineStore,
} from '#server/rooms/store.memory.ts';
import { mongoStreamStore } from '#server/rooms/streams.mongo.ts';
import { openMongo } from '../support/mongo.ts';
import { openRedis } from '../support/redis.ts';

const mongo = await connect(openMongo());
await migrate(mongo, roomsMigrations);
const ownRedis = await openRedis();
const redis = connectRedis(ownRedis.url);
afterAll(async () => {
  await mongo.close();
  await redis.quit();
  await ownRedis[Symbol.asyncDispose]();
});

const fresh = () => randomUUID().replaceAll('-', '');
const newStreamId = () => StreamId.parse(`stream_${fresh()}`);
const newProductId = () => ProductId.parse(`prd_${fresh()}`);
const actor = AccountId.parse('acc_hana');
const stamp = { at: 1_700_000_000_000, actor };

const streamOf = (more: Partial<Stream> = {}): Stream => ({
  streamId: newStreamId(),
  channelId: ChannelId.parse(`ch_${fresh()}`),
  title: 'Evening',
  coverPictureId: undefined,
  state: 'scheduled',
  currency: 'USD',
  startsAt: 1_700_000_100_000,
  liveAt: undefined,
  endedAt: undefined,
  recordingNotice: undefined,
  showcase: [],
  pinned: undefined,
  pinKeys: [],
  version: 1,
  createdAt: 1_700_000_000_000,
  ...more,
});

describe.each([
  ['memory', memoryStreamStore()],
  ['mongo', mongoStreamStore(mongo, new Outbox(processClock))],
])('streams in %s', (_technology, store) => {
  test('[M-R2] a stream is read back whole, and inserted once', async () => {
    const productId = newProductId();
    const stream = streamOf({
      state: 'live',
      liveAt: 1_700_000_200_000,
      showcase: [productId],
      pinned: { productId, at: 1_700_000_300_000 },
      pinKeys: ['k1'],
      recordingNotice: 'recorded',
    });
    expect(await store.insert(stream, [{ kind: 'scheduled' }], stamp)).toBe(true);
    expect(await store.get(stream.streamId)).toEqual(stream);
    expect(await store.insert({ ...stream, title: 'other' }, [], stamp)).toBe(false);
    expect((await store.get(stream.streamId))?.title).toBe('Evening');
    expect(await store.get(newStreamId())).toBeUndefined();
  });

  test('of two who save what they read at one version, one is told that it came late', async () => {
    const stream = streamOf();
    await store.insert(stream, [], stamp);
    const saves = await Promise.all(
      ['a', 'b', 'c'].map((title) =>
        store.save({ ...stream, title, version: 2 }, 1, [{ kind: 'edited' }], stamp),
      ),
    );
    expect(saves.filter(Boolean)).toHaveLength(1);
    expect((await store.get(stream.streamId))?.version).toBe(2);
  });

  test('only scheduled and live streams are named as showing a product', async () => {
    const productId = newProductId();
    const all = (['scheduled', 'live', 'ended', 'replay'] as const).map((state) =>
      streamOf({ state, showcase: [newProductId(), productId] }),
    );
    for (const stream of [...all, streamOf({ showcase: [newProductId()] })])
      await store.insert(stream, [], stamp);
    const found = (await store.showing(productId)).map(({ streamId }) => streamId);
    expect(found.toSorted()).toEqual(
      all
        .slice(0, 2)
        .map(({ streamId }) => streamId)
        .toSorted(),
    );
  });

  test('a channel’s streams come newest first and page without gap or repeat', async () => {
    const channelId = ChannelId.parse(`ch_${fresh()}`);
    for (let n = 0; n < 7; n += 1)
      await store.insert(streamOf({ channelId, createdAt: 1000 + Math.floor(n / 2) }), [], stamp);
    const seen: Stream[] = [];
    for (;;) {
      const last = seen.at(-1);
      const page = await store.ofChannel(channelId, last, 3);
      seen.push(...page);
      if (page.length < 3) break;
    }
    expect(new Set(seen.map(({ streamId }) => streamId)).size).toBe(7);
    expect(seen.map(({ createdAt }) => createdAt)).toEqual([1003, 1002, 1002, 1001, 1001, 1000, 1000]);
  });
});

describe.each([
  ['memory', memoryLinkStore()],
  ['mongo', mongoLinkStore(mongo)],
])('vendor links in %s', (_technology, store) => {
  test('[M-V4] an approval is found from both sides until it is withdrawn', async () => {
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    const channelId = ChannelId.parse(`ch_${fresh()}`);
    const link = { vendorId, channelId, approvedAt: 5, approvedBy: actor };
    expect(await store.has(vendorId, channelId)).toBe(false);
    await store.approve(link);
    await store.approve({ ...link, approvedAt: 9 });
    expect(await store.has(vendorId, channelId)).toBe(true);
    expect(await store.ofVendor(vendorId)).toEqual([link]);
    expect(await store.ofChannel(channelId)).toEqual([link]);
    await store.withdraw(vendorId, channelId);
    expect(await store.has(vendorId, channelId)).toBe(false);
  });
});

describe.each([
  ['memory', memoryTimelineStore()],
  ['mongo', mongoTimelineStore(mongo)],
])('the timeline in %s', (_technology, store) => {
  test('[RULE-6] an event is entered once, and all come back in order of time, page by page', async () => {
    const streamId = newStreamId();
    const entries = [3, 1, 2, 2, 5].map((second, index) => ({
      id: `event-${index}`,
      at: new Date(second * 1000),
      kind: 'pin',
      actor,
      data: { n: index },
    }));
    await Promise.all(entries.map((entry) => store.append(streamId, entry)));
    for (const entry of entries) await store.append(streamId, { ...entry, kind: 'again' });
    await store.append(newStreamId(), { id: 'event-0', at: new Date(0), kind: 'elsewhere', data: {} });
    const first = await store.of(streamId, undefined, 2);
    const rest = await store.of(streamId, first.at(-1), 10);
    expect([...first, ...rest]).toEqual([1, 2, 3, 0, 4].map((index) => entries[index]));
  });
});

describe.each([
  ['memory', memoryAudienceRecord()],
  ['mongo', mongoAudienceRecord(mongo)],
])('the audience’s record in %s', (_technology, store) => {
  test('[M-A2] totals of each life of the fast store add up, and writing one again changes nothing', async () => {
    const streamId = newStreamId();
    expect(await store.read(streamId)).toEqual({ peak: 0, views: 0, watchedMs: 0 });
    for (const [views, watchedMs] of [
      [2, 9000],
      [3, 20_000],
      [3, 20_000],
      [1, 4000],
    ] as const)
      await store.keepTotals(streamId, { epoch: 'first', views, watchedMs });
    await store.keepTotals(streamId, { epoch: 'second', views: 1, watchedMs: 5000 });
    expect(await store.read(streamId)).toEqual({ peak: 0, views: 4, watchedMs: 25_000 });
  });

  test('[M-A2] the peak is the highest sample', async () => {
    const streamId = newStreamId();
    for (const [slot, online] of [
      [1, 4],
      [2, 9],
      [2, 7],
      [3, 5],
    ] as const)
      await store.keepSample(streamId, { slot, at: slot * 10_000, online });
    expect((await store.read(streamId)).peak).toBe(9);
    expect(await store.samples(streamId)).toEqual([
      { at: 10_000, online: 4 },
      { at: 20_000, online: 9 },
      { at: 30_000, online: 5 },
    ]);
  });
});

describe.each([
  ['memory', memoryPresenceStore()],
  ['redis', redisPresenceStore(redis)],
])('presence in %s', (_technology, store) => {
  const start = 1_700_000_000_000;
  const room = () => {
    const streamId = newStreamId();
    return {
      streamId,
      hear: (
        atMs: number,
        viewers: string[],
        { liveAt = start, endedAt }: { liveAt?: number | undefined; endedAt?: number } = {},
      ) =>
        store.hear(streamId, {
          now: start + atMs,
          viewers,
          liveAt: liveAt < 0 ? undefined : liveAt,
          endedAt,
          onlineMs: 15_000,
          viewMs: 3000,
        }),
      online: (atMs: number) => store.online(streamId, start + atMs - 15_000),
      totals: async () => {
        const { views = 0, watchedMs = 0 } = (await store.totals(streamId)) ?? {};
        return { views, watchedMs };
      },
    };
  };

  test('[M-A2] online is who was heard in the last 15 s, one for each viewer', async () => {
    const { hear, online } = room();
    await hear(0, ['aki', 'bo']);
    await hear(5000, ['aki', 'aki']);
    expect(await online(5000)).toBe(2);
    expect(await online(15_000)).toBe(2);
    expect(await online(15_001)).toBe(1);
    expect(await online(20_001)).toBe(0);
  });

  test('[M-A2] a viewing session of 3 s is a view, a shorter one is none', async () => {
    const { hear, totals } = room();
    await hear(0, ['aki', 'bo']);
    await hear(2999, ['aki']);
    expect(await totals()).toEqual({ views: 0, watchedMs: 0 });
    await hear(3000, ['bo']);
    expect(await totals()).toEqual({ views: 1, watchedMs: 3000 });
    await hear(8000, ['bo']);
    expect(await totals()).toEqual({ views: 1, watchedMs: 8000 });
  });

  test('[M-A2] a reload or a second tab starts no view, a silence of more than 15 s does', async () => {
    const { hear, totals } = room();
    for (const at of [0, 4000, 4500, 4600, 9000, 19_000]) await hear(at, ['aki']);
    expect(await totals()).toEqual({ views: 1, watchedMs: 19_000 });
    await hear(34_001, ['aki']);
    await hear(38_001, ['aki']);
    expect(await totals()).toEqual({ views: 2, watchedMs: 23_000 });
  });

  test('[M-A2] time before going live and after the end is not watched', async () => {
    const { hear, totals } = room();
    await hear(0, ['aki'], { liveAt: -1 });
    await hear(10_000, ['aki'], { liveAt: -1 });
    expect(await totals()).toEqual({ views: 0, watchedMs: 0 });
    await hear(15_000, ['aki'], { liveAt: start + 12_000 });
    expect(await totals()).toEqual({ views: 1, watchedMs: 3000 });
    await hear(20_000, ['aki'], { liveAt: start + 12_000, endedAt: start + 16_000 });
    await hear(25_000, ['aki', 'late'], { liveAt: start + 12_000, endedAt: start + 16_000 });
    await hear(30_000, ['late'], { liveAt: start + 12_000, endedAt: start + 16_000 });
    expect(await totals()).toEqual({ views: 1, watchedMs: 4000 });
  });

  test('of many processes one has the turn, and what a room was told is no news', async () => {
    const streamId = newStreamId();
    const turns = await Promise.all(Array.from({ length: 8 }, () => store.turn(streamId, 'tick', 60_000)));
    expect(turns.filter(Boolean)).toHaveLength(1);
    expect(await store.turn(streamId, 'other', 60_000)).toBe(true);
    expect([
      await store.isNews(streamId, 3),
      await store.isNews(streamId, 3),
      await store.isNews(streamId, 4),
    ]).toEqual([true, false, true]);
  });
});
