import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DropId, GrantId, OrderId, ProductId, StreamId } from '#contract/ids.ts';
import { mongoGrantRecord } from '#server/drops/grants.mongo.ts';
import type { Grant } from '#server/drops/store.ts';
import { closeMongo, openMongo as connect, type Mongo } from '#server/platform/mongo.ts';
import { openMongo } from '../support/mongo.ts';

let mongo: Mongo;
let grants: ReturnType<typeof mongoGrantRecord>;
beforeAll(async () => {
  mongo = await connect(openMongo());
  grants = mongoGrantRecord(mongo);
});
afterAll(() => closeMongo(mongo));

const streamId = StreamId.parse('stream_1');

const grantOf = (name: string, more: Partial<Grant> = {}): Grant => ({
  grantId: GrantId.parse(`grant_${name}`),
  dropId: DropId.parse('drop_g'),
  streamId,
  viewer: `viewer-${name}`,
  ...{ epoch: 1, number: 1, batchId: '1-0', state: 'granted', title: 'Teapot' },
  amountOff: { amount: 1000, currency: 'EUR' },
  minimumSpend: { amount: 3000, currency: 'EUR' },
  productIds: [ProductId.parse('prd_teapot')],
  funders: [{ funder: 'vendor', basisPoints: 10_000 }],
  ...{ grantedAt: 1000, validUntil: 9000 },
  ...more,
});
const order = (name: string) => OrderId.parse(`ord_${name}`);

describe('the record of grants', () => {
  test('[S3.8] a grant stands once, as it was first written', async () => {
    const grant = grantOf('once');
    await grants.insert([grant, grantOf('beside')]);
    await grants.insert([{ ...grant, title: 'Other' }, grantOf('another')]);
    expect(await grants.get(grant.grantId)).toEqual(grant);
    expect(await grants.get(grantOf('another').grantId)).toBeDefined();
  });

  test('[S3.9] [S3.20] of 20 orders that reserve one coupon at once, one has it; paid, it is redeemed once', async () => {
    const { grantId } = grantOf('wanted');
    await grants.insert([grantOf('wanted')]);
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, index) => grants.reserve(grantId, order(`w${index}`), 5000)),
    );
    const [winner] = tries.filter((grant) => grant !== undefined);
    expect(tries.filter((grant) => grant !== undefined)).toHaveLength(1);
    const orderId = winner?.orderId ?? order('none');
    expect(await grants.redeem(orderId)).toMatchObject({ state: 'redeemed' });
    expect(await grants.redeem(orderId)).toBeUndefined();
    expect(await grants.reserve(grantId, order('late'), 5000)).toBeUndefined();
  });

  test('[S3.20] given back before its end it is free again, after it expired; either way the order lets go', async () => {
    for (const [name, now, state] of [
      ['early', 8999, 'granted'],
      ['over', 9000, 'expired'],
    ] as const) {
      await grants.insert([grantOf(name)]);
      await grants.reserve(grantOf(name).grantId, order(name), 5000);
      const restored = await grants.restore(order(name), now);
      expect(restored).toMatchObject({ state });
      expect(restored).not.toHaveProperty('orderId');
      expect(await grants.restore(order(name), now)).toBeUndefined();
    }
  });

  test('[S3.12] a coupon past its end cannot be reserved, and is swept to expired', async () => {
    await grants.insert([grantOf('old', { dropId: DropId.parse('drop_old') })]);
    expect(await grants.reserve(grantOf('old').grantId, order('old'), 9000)).toBeUndefined();
    const swept = await grants.expire(9000, 100);
    expect(swept.map(({ grantId }) => grantId)).toContain(grantOf('old').grantId);
    expect(await grants.get(grantOf('old').grantId)).toMatchObject({ state: 'expired' });
  });

  test('[S3.14] a coupon not used is due for one reminder, whoever asks, and none once it is reserved, used or over', async () => {
    const minute = 60_000;
    const due = (name: string) => grantOf(name, { grantedAt: 0, validUntil: 15 * minute });
    await grants.insert(['due', 'held', 'used', 'over'].map(due));
    await grants.reserve(due('held').grantId, order('r-held'), minute);
    await grants.reserve(due('used').grantId, order('r-used'), minute);
    await grants.redeem(order('r-used'));
    const named = (found: Grant[]) =>
      found.map(({ grantId }) => grantId).filter((id) => /due|held|used|over/.test(id));
    await grants.revoke(due('over').grantId);
    expect(named(await grants.remind(10 * minute - 1, 100))).toEqual([]);
    const asked = await Promise.all([1, 2, 3].map(() => grants.remind(10 * minute, 100)));
    expect(named(asked.flat())).toEqual([due('due').grantId]);
    // Given back it is unused again, and its one reminder is still to come.
    await grants.restore(order('r-held'), 11 * minute);
    expect(named(await grants.remind(11 * minute, 100))).toEqual([due('held').grantId]);
    await grants.insert([due('late')]);
    expect((await grants.remind(15 * minute, 100)).map(({ grantId }) => grantId)).not.toContain(
      due('late').grantId,
    );
  });

  test('[M-D1] a card has as many places in a drop as the cap says, and an order keeps one', async () => {
    const dropId = DropId.parse('drop_cap');
    const take = (card: string, name: string, cap = 1) =>
      grants.takePayerPlace(dropId, card, order(name), cap);
    expect([await take('card-a', 'c1'), await take('card-a', 'c1'), await take('card-a', 'c2')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await take('card-a', 'c2', 2)).toBe(true);
    expect(await take('card-b', 'c3')).toBe(true);
    expect(await take('card-c', 'c3')).toBe(true);
    // The order changed its card: the other card's place is free.
    expect(await take('card-b', 'c4')).toBe(true);
    await grants.freePayerPlaces(order('c1'));
    expect(await take('card-a', 'c5')).toBe(true);
    expect(await grants.takePayerPlace(DropId.parse('drop_else'), 'card-a', order('c6'), 1)).toBe(true);
  });
});
