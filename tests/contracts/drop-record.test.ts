import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AccountId, ChannelId, DropId, GrantId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import { dropsEvents } from '#contract/internal/drops.ts';
import { mongoBatchRecord } from '#server/drops/batches.mongo.ts';
import type { Drop } from '#server/drops/core/drop.ts';
import { mongoDropRecord } from '#server/drops/drops.mongo.ts';
import { mongoReceiptSigner } from '#server/drops/signer.mongo.ts';
import type { ClaimBatch } from '#server/drops/store.ts';
import { processClock } from '#server/platform/clock.ts';
import { closeMongo, openMongo as connect, type Mongo } from '#server/platform/mongo.ts';
import { Outbox, outboxEvent } from '#server/platform/outbox.ts';
import { openMongo } from '../support/mongo.ts';

let mongo: Mongo;
let record: ReturnType<typeof mongoDropRecord>;
let count = 0;

beforeAll(async () => {
  mongo = await connect(openMongo());
  record = mongoDropRecord(mongo, new Outbox(processClock));
});
afterAll(() => closeMongo(mongo));

const streamId = StreamId.parse('stream_1');
const event = (dropId: DropId) => outboxEvent(dropsEvents.changed, { dropId, streamId }, new Date(1000));

async function draft(more: Partial<Drop> = {}): Promise<Drop> {
  count += 1;
  const drop: Drop = {
    dropId: DropId.parse(`drop_t${count}`),
    ...{ streamId, channelId: ChannelId.parse('ch_1'), title: 'Teapot' },
    amountOff: { amount: 1000, currency: 'EUR' },
    minimumSpend: { amount: 3000, currency: 'EUR' },
    productIds: [ProductId.parse('prd_teapot')],
    vendorIds: [VendorId.parse('vnd_aki')],
    ...{
      stock: 50,
      left: 50,
      perViewer: 1,
      claimWindowMs: 1000,
      version: 1,
      rules: 1,
      epoch: 0,
      lastNumber: 0,
    },
    validity: { kind: 'until', endsAt: 99_000 },
    funders: [{ funder: 'vendor', basisPoints: 10_000 }],
    approvals: [{ vendorId: VendorId.parse('vnd_aki'), state: 'asked' }],
    state: 'draft',
    configuredBy: AccountId.parse('acc_hana'),
    ...more,
  };
  await record.insert(drop, event(drop.dropId));
  return drop;
}

async function opened(stock = 50): Promise<Drop> {
  const { dropId } = await draft({ stock, left: stock });
  const drop = await record.open(dropId, 1, { openedAt: 5000, closesAt: 6000 }, event(dropId));
  if (!drop) throw new Error('not opened');
  return drop;
}

const batchOf = (dropId: DropId, first: number, winners: number, epoch = 1): ClaimBatch => ({
  ...{ dropId, epoch, batchId: `${first}-0`, first, openedAt: 5000, sinceOpeningMs: 12 },
  claims: Array.from({ length: winners + 1 }, (_, index) => ({
    ...{ viewer: `viewer-${first + index}`, key: `key-${first + index}` },
    outcome: index < winners ? ('granted' as const) : ('sold-out' as const),
    ordinal: index < winners ? 1 : 0,
  })),
});

describe('the record of drops', () => {
  test('[S3.1] keeps every field of a drop, and an insert repeated changes nothing', async () => {
    const drop = await draft();
    await record.insert({ ...drop, title: 'Other' }, event(drop.dropId));
    expect(await record.get(drop.dropId)).toEqual(drop);
    expect((await record.ofVendor(VendorId.parse('vnd_aki'))).map(({ dropId }) => dropId)).toContain(
      drop.dropId,
    );
  });

  test('[S3.18] a draft opens once, and not after its version has moved on', async () => {
    const { dropId } = await draft();
    await record.fenceRelease(dropId, 1);
    const at = { openedAt: 5000, closesAt: 6000 };
    expect(await record.open(dropId, 1, at, event(dropId))).toBeUndefined();
    expect(await record.open(dropId, 2, at, event(dropId))).toMatchObject({
      state: 'open',
      epoch: 1,
      openedAt: 5000,
    });
    expect(await record.open(dropId, 3, at, event(dropId))).toBeUndefined();
  });

  test('[S3.18] a room has one place for an open drop', async () => {
    const room = StreamId.parse(`stream_place${count}`);
    const ids = ['a', 'b', 'c', 'd'].map((name) => DropId.parse(`drop_${name}`));
    const holders = await Promise.all(ids.map((dropId) => record.takePlace(room, dropId)));
    expect(new Set(holders).size).toBe(1);
    const [holder = DropId.parse('drop_none')] = holders;
    expect(await record.passPlace(room, DropId.parse('drop_other'), DropId.parse('drop_z'))).toBe(false);
    expect(await record.passPlace(room, holder, DropId.parse('drop_z'))).toBe(true);
    await record.leavePlace(room, holder);
    expect(await record.takePlace(room, holder)).toBe('drop_z');
  });

  test('[S3.16] [S3.18] a drop ends once; exhausted only when nothing is left', async () => {
    const { dropId } = await opened(1);
    const end = (state: 'closed' | 'exhausted') =>
      record.end(
        dropId,
        { state, reason: state === 'closed' ? 'ended-early' : 'last-granted', at: 5500 },
        event(dropId),
      );
    expect(await end('exhausted')).toBeUndefined();
    await record.addPending(batchOf(dropId, 1, 1));
    expect(await end('exhausted')).toMatchObject({
      state: 'exhausted',
      closeReason: 'last-granted',
      left: 0,
    });
    expect(await end('closed')).toBeUndefined();
  });

  test('[S3.18] open drops past their window, and those with nothing left, are due', async () => {
    const over = await opened();
    const empty = await opened(1);
    await record.addPending(batchOf(empty.dropId, 1, 1));
    const early = (await record.due(5999)).map(({ dropId }) => dropId);
    expect(early).toContain(empty.dropId);
    expect(early).not.toContain(over.dropId);
    expect((await record.due(6000)).map(({ dropId }) => dropId)).toContain(over.dropId);
  });
});

describe('the fence', () => {
  test('[S3.8] [M-D1] 200 batches at once on a stock of 50 make exactly 50 granted', async () => {
    const { dropId } = await opened(50);
    const statuses = await Promise.all(
      Array.from({ length: 200 }, (_, index) => record.addPending(batchOf(dropId, index * 10 + 1, 1))),
    );
    expect(statuses.filter((status) => status === 'added')).toHaveLength(50);
    expect(statuses.filter((status) => status === 'short')).toHaveLength(150);
    expect(await record.get(dropId)).toMatchObject({ left: 0 });
    expect(await record.pending(dropId)).toHaveLength(50);
  });

  test('[M-D1] a batch written again, before or after it is settled, counts once', async () => {
    const { dropId } = await opened(5);
    const batch = batchOf(dropId, 1, 2);
    const twice = await Promise.all([record.addPending(batch), record.addPending(batch)]);
    expect(twice.toSorted()).toEqual(['added', 'known']);
    expect(await record.pending(dropId)).toMatchObject([
      {
        first: 1,
        winners: [
          { viewer: 'viewer-1', number: 1, ordinal: 1 },
          { viewer: 'viewer-2', number: 2 },
        ],
      },
    ]);
    expect(await record.settle(dropId, batch)).toMatchObject({ left: 3, lastNumber: 3 });
    expect(await record.settle(dropId, batch)).toBeUndefined();
    expect(await record.addPending(batch)).toBe('known');
    expect(await record.get(dropId)).toMatchObject({ left: 3 });
  });

  test('[M-D1] another batch with the same numbers, from a state brought back, is not taken for a known one', async () => {
    const { dropId } = await opened(3);
    const batch = batchOf(dropId, 1, 2);
    expect(await record.addPending(batch)).toBe('added');
    await record.settle(dropId, batch);
    expect(await record.addPending({ ...batch, batchId: '2-0' })).toBe('short');
    expect(await record.get(dropId)).toMatchObject({ left: 1 });
  });

  test('[M-D1] a new epoch closes the guard for the old one, and one process makes it', async () => {
    const { dropId } = await opened(5);
    const begun = await Promise.all([1, 2, 3].map(() => record.beginEpoch(dropId, 1, 10_000, 3000)));
    expect(begun.filter((epoch) => epoch !== undefined)).toEqual([2]);
    expect(await record.beginEpoch(dropId, 2, 12_999, 3000)).toBeUndefined();
    expect(await record.addPending(batchOf(dropId, 1, 1))).toBe('void');
    expect(await record.setLeft(dropId, 1, 4)).toBeUndefined();
    expect(await record.setLeft(dropId, 2, 4)).toMatchObject({ left: 4, epoch: 2, lastNumber: 0 });
    expect(await record.addPending(batchOf(dropId, 1, 1, 2))).toBe('added');
    expect(await record.beginEpoch(dropId, 2, 13_000, 3000)).toBe(3);
  });

  test('[S3.8] a unit is taken back once for each grant id', async () => {
    const { dropId } = await opened(5);
    const grantId = GrantId.parse('grant_x-y-1');
    await record.takeBack(dropId, grantId);
    await record.takeBack(dropId, grantId);
    expect(await record.get(dropId)).toMatchObject({ left: 6 });
  });
});

test('[M-D2] a batch is kept as it was first written, and found by viewer and by key', async () => {
  const batches = mongoBatchRecord(mongo);
  const batch = { ...batchOf(DropId.parse('drop_b'), 7, 1), root: 'r', signature: 's', keyId: 'rk_1' };
  const claims = batch.claims.map((claim, index) => ({ ...claim, number: 7 + index }));
  await batches.put({ ...batch, claims });
  await batches.put({ ...batch, claims: [], root: 'other' });
  expect(await batches.get(batch.dropId, 1, '7-0')).toEqual({ ...batch, claims });
  expect(await batches.find(batch.dropId, 'viewer-8', 'key-8')).toMatchObject({ first: 7 });
  expect(await batches.find(batch.dropId, 'viewer-8', 'key-7')).toBeUndefined();
  expect(await batches.ofViewer('viewer-7', 10)).toHaveLength(1);
  expect(await batches.size(batch.dropId)).toBe(2);
});

test('[M-D2] the receipt key is made once, whoever comes first', async () => {
  const signers = await Promise.all([1, 2, 3].map(() => mongoReceiptSigner(mongo, () => 1000)));
  expect(new Set(signers.map((signer) => signer.sign('text'))).size).toBe(1);
  expect(await signers[0]?.published()).toMatchObject([{ keyId: 'rk_1', createdAt: 1000 }]);
});
