import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { SellingTermsView } from '#contract/catalog.ts';
import { VendorId } from '#contract/ids.ts';
import { memorySellingTermsStore } from '#server/catalog/store.memory.ts';
import { mongoSellingTermsStore } from '#server/catalog/terms.mongo.ts';
import { closeMongo, openMongo as connect } from '#server/platform/mongo.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
afterAll(() => closeMongo(mongo));

const newVendor = () => VendorId.parse(`vnd_${randomUUID().replaceAll('-', '')}`);
const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const bare: SellingTermsView = {
  legalName: '',
  legalAddress: '',
  conditions: '',
  needsDelivery: false,
  shipping: [],
  stockPolicy: 'first-paid',
  cartHoldMinutes: 10,
  version: 1,
};
const full: SellingTermsView = {
  ...bare,
  legalName: 'Aki Teaware KK',
  legalAddress: '1-1 Uji, Kyoto',
  contactEmail: 'aki@example.com',
  taxNumber: 'T1234',
  conditions: 'Fourteen days to send it back.',
  dispatchDays: 2,
  needsDelivery: true,
  shipping: [
    {
      kind: 'table',
      zones: [{ countries: ['US'], regions: ['CA'], rate: usd(900), freeFrom: usd(5000) }],
      elsewhere: { rate: usd(2000) },
    },
  ],
  tax: { kind: 'table', zones: [{ countries: ['JP'], basisPoints: 1000 }], isIncluded: true },
};

describe.each([
  ['memory', memorySellingTermsStore()],
  ['mongo', mongoSellingTermsStore(mongo)],
])('selling terms in %s', (_technology, store) => {
  test('[M-O13] terms are read back whole, one by one and several at once, and a vendor without any is missing', async () => {
    const [a, b, none] = [newVendor(), newVendor(), newVendor()];
    expect(await store.save(a, full, 0)).toBe(true);
    expect(await store.save(b, bare, 0)).toBe(true);
    expect(await store.get(a)).toStrictEqual(full);
    expect(await store.get(none)).toBeUndefined();
    expect(await store.many([a, none, b])).toEqual(
      new Map([
        [a, full],
        [b, bare],
      ]),
    );
  });

  test('what was left out of newer terms is gone', async () => {
    const vendorId = newVendor();
    await store.save(vendorId, full, 0);
    expect(await store.save(vendorId, { ...bare, version: 2 }, 1)).toBe(true);
    expect(await store.get(vendorId)).toStrictEqual({ ...bare, version: 2 });
  });

  test('of several who save what they read at one version, one is told that it came first', async () => {
    const vendorId = newVendor();
    const saveAll = (expected: number) =>
      Promise.all(
        ['a', 'b', 'c'].map((legalName) =>
          store.save(vendorId, { ...bare, legalName, version: expected + 1 }, expected),
        ),
      );
    for (const expected of [0, 1, 2]) expect((await saveAll(expected)).filter(Boolean)).toHaveLength(1);
    expect(await store.save(vendorId, { ...bare, version: 1 }, 0)).toBe(false);
    expect((await store.get(vendorId))?.version).toBe(3);
  });
});
