import { afterAll, beforeAll, expect, test } from 'vitest';
import { SellingTermsView } from '#contract/catalog.ts';
import type { VendorId } from '#contract/ids.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

let vendors = 0;
const newVendor = async (): Promise<{ aki: Person; vendorId: VendorId; path: string }> => {
  vendors += 1;
  const aki = await house.visit(`aki-${vendors}`);
  const vendorId = await shop.openVendor(aki);
  return { aki, vendorId, path: `/vendors/${vendorId}/selling-terms` };
};

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const terms = {
  legalName: 'Aki Teaware KK',
  legalAddress: '1-1 Uji, Kyoto',
  contactEmail: 'aki@example.com',
  taxNumber: 'T1234',
  conditions: 'Fourteen days to send it back.',
  dispatchDays: 2,
  needsDelivery: true,
  shipping: [
    { kind: 'table', zones: [{ countries: ['JP'], rate: usd(500) }], elsewhere: { rate: usd(2500) } },
  ],
  tax: { kind: 'flat', basisPoints: 1000, isIncluded: true },
  stockPolicy: 'hold-at-cart',
  cartHoldMinutes: 15,
};
const put = (aki: Person, path: string, body: unknown, ifMatch?: string) =>
  aki.call('PUT', path, body, ifMatch === undefined ? {} : { 'if-match': ifMatch });

test('[M-O13] a vendor who has said nothing sells on the defaults: nothing added, stock held from the checkout on', async () => {
  const { aki, vendorId, path } = await newVendor();
  const reply = await aki.call('GET', path);
  expect(reply).toMatchObject({ status: 200 });
  expect(reply.headers.get('etag')).toBe('"0"');
  const defaults = {
    legalName: '',
    legalAddress: '',
    conditions: '',
    needsDelivery: false,
    shipping: [],
    stockPolicy: 'hold-at-checkout',
    cartHoldMinutes: 10,
    version: 0,
  };
  expect(reply.body).toEqual(defaults);
  expect(await house.slices.catalog.sellingTerms.of(vendorId)).toEqual(defaults);
});

test('[M-O13] terms that a vendor sets stand for its sales, one version after the other', async () => {
  const [{ aki, vendorId, path }, other] = [await newVendor(), await newVendor()];
  expect(await put(aki, path, terms)).toMatchObject({ status: 412, body: { code: 'stale-version' } });
  expect(await put(aki, path, terms, '"1"')).toMatchObject({ status: 412 });
  const set = await put(aki, path, terms, '"0"');
  expect(set).toMatchObject({ status: 200, body: { ...terms, version: 1 } });
  expect(set.headers.get('etag')).toBe('"1"');
  expect(await put(aki, path, terms, '"0"')).toMatchObject({ status: 412 });

  const bare = { ...terms, stockPolicy: 'first-paid', tax: undefined, contactEmail: undefined, shipping: [] };
  expect(await put(aki, path, bare, '"1"')).toMatchObject({ status: 200 });
  const now = await aki.get(path, SellingTermsView);
  expect(now).toMatchObject({ stockPolicy: 'first-paid', shipping: [], version: 2 });
  expect(Object.keys(now)).not.toContain('tax');
  const { catalog } = house.slices;
  expect(await catalog.sellingTerms.of(vendorId)).toEqual(now);
  const many = await catalog.sellingTerms.many([vendorId, other.vendorId]);
  expect([...many].map(([id, { version }]) => [id, version])).toEqual([
    [vendorId, 2],
    [other.vendorId, 0],
  ]);
});

test('of two who set terms at once, one is told to look again', async () => {
  const { aki, path } = await newVendor();
  const answers = await Promise.all([
    put(aki, path, { ...terms, legalName: 'One' }, '"0"'),
    put(aki, path, { ...terms, legalName: 'Two' }, '"0"'),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
});

test('[M-P8] each change of the terms leaves an audit entry with what was before and after', async () => {
  const { aki, vendorId, path } = await newVendor();
  await put(aki, path, terms, '"0"');
  await put(aki, path, { ...terms, cartHoldMinutes: 20 }, '"1"');
  const entries = await house.slices.mongo
    .collection('audit')
    .find({ object: vendorId, action: 'selling-terms.edit' })
    .toArray();
  const minutes = entries.map(({ before, after }) => [before.cartHoldMinutes, after.cartHoldMinutes]);
  expect(minutes.toSorted((a, b) => a[1] - b[1])).toEqual([
    [10, 15],
    [15, 20],
  ]);
});

test('another vendor, a guest and a viewer neither read nor set them', async () => {
  const { path } = await newVendor();
  const { aki: stranger } = await newVendor();
  expect((await stranger.call('GET', path)).status).toBe(403);
  expect((await put(stranger, path, terms, '"0"')).status).toBe(403);
  const nobody = await house.visit();
  expect((await nobody.call('GET', path)).status).toBe(401);
  expect((await put(nobody, path, terms, '"0"')).status).toBe(401);
});
