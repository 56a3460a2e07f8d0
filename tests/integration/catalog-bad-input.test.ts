import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeskProduct } from '#contract/catalog.ts';
import type { VendorId } from '#contract/ids.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let aki: Person;
let bo: Person;
let vendorId: VendorId;
let bosVendor: VendorId;
let product: DeskProduct;
let path = '';
beforeAll(async () => {
  house = await openHouse();
  [aki, bo] = [await house.visit('aki'), await house.visit('bo')];
  vendorId = await shop.openVendor(aki);
  bosVendor = await shop.openVendor(bo, 'Bo Coats');
  product = await shop.addProduct(aki, vendorId, { stock: 5 });
  path = `/vendors/${vendorId}/products/${product.productId}`;
});
afterAll(() => house[Symbol.asyncDispose]());

/** Everything of the catalogue that is stored, but for events on their way. */
const stored = async () => {
  const names = ['products', 'stock', 'stock_entries', 'stock_movements', 'selling_terms'];
  const all = names.map((name) =>
    house.slices.mongo
      .collection(name)
      .find({}, { projection: { outbox: 0 } })
      .sort({ _id: 1 })
      .toArray(),
  );
  return JSON.stringify(await Promise.all(all));
};
const usd = (amount: number) => ({ amount, currency: 'USD' });
const call = (method: string, where: string, body: unknown, person = aki) =>
  person.call(method, where, body, { 'idempotency-key': randomUUID(), 'if-match': '"1"' });
const variantOf = (of = product) => of.variants[0]?.variantId;

const amounts: [string, unknown][] = [
  ['less than nothing', -1],
  ['a fraction', 1.5],
  ['1e21', 1e21],
  ['more than a price may be', 100_000_000],
  ['words', '4000'],
  ['an operator', { $gt: '' }],
  ['a list', [4000]],
  ['nothing', null],
];
const goods = { title: 'Cup', listPrice: usd(4000), floorPrice: usd(2500), stock: 1 };

test.each(amounts)(
  '[B10] a price of %s is refused on every route that takes one, and nothing is stored',
  async (_, amount) => {
    const before = await stored();
    const wrong = { amount, currency: 'USD' };
    const rule = (rate: unknown) => ({ ...terms, shipping: [{ kind: 'flat', rate }] });
    const asks: [string, string, unknown][] = [
      ['POST', `/vendors/${vendorId}/products`, { ...goods, listPrice: wrong }],
      ['POST', `/vendors/${vendorId}/products`, { ...goods, floorPrice: wrong }],
      ['PATCH', path, { listPrice: wrong }],
      ['PATCH', path, { floorPrice: wrong }],
      ['POST', `${path}/variants`, { ...goods, listPrice: wrong }],
      ['POST', `${path}/variants`, { ...goods, floorPrice: wrong }],
      ['PATCH', `${path}/variants/${variantOf()}`, { listPrice: wrong }],
      ['PATCH', `${path}/variants/${variantOf()}`, { floorPrice: wrong }],
      ['PUT', `/vendors/${vendorId}/selling-terms`, rule(wrong)],
    ];
    for (const [method, where, body] of asks)
      expect([where, (await call(method, where, body)).status]).toEqual([where, 422]);
    expect(await stored()).toBe(before);
  },
);

const quantities: [string, unknown][] = [
  ...amounts.filter(([name]) => name !== 'more than a price may be'),
  ['none', 0],
  ['more than may come at once', 1_000_001],
];
test.each(quantities)('[B10] a quantity of %s is refused, and nothing is stored', async (name, quantity) => {
  const before = await stored();
  for (const kind of ['restock', 'write-off'])
    expect((await call('POST', `${path}/stock-changes`, { kind, quantity, reason: 'x' })).status).toBe(422);
  // No units at the start are a fair start.
  if (name !== 'none')
    for (const where of [`/vendors/${vendorId}/products`, `${path}/variants`])
      expect((await call('POST', where, { ...goods, stock: quantity })).status).toBe(422);
  expect(await stored()).toBe(before);
});

test('[B10] another currency, a floor above the price and a list price of nothing are refused, and nothing is stored', async () => {
  const before = await stored();
  const euro = { amount: 4000, currency: 'EUR' };
  const variant = `${path}/variants/${variantOf()}`;
  const asks: [string, string, unknown, number][] = [
    ['POST', `/vendors/${vendorId}/products`, { ...goods, floorPrice: euro }, 422],
    ['POST', `/vendors/${vendorId}/products`, { ...goods, floorPrice: usd(4001) }, 422],
    ['POST', `/vendors/${vendorId}/products`, { ...goods, listPrice: usd(0), floorPrice: usd(0) }, 422],
    ['POST', `/vendors/${vendorId}/products`, { ...goods, listPrice: { amount: 1, currency: 'QQQ' } }, 422],
    ['POST', `${path}/variants`, { ...goods, floorPrice: euro }, 422],
    ['POST', `${path}/variants`, { ...goods, listPrice: euro, floorPrice: euro }, 409],
    ['POST', `${path}/variants`, { ...goods, floorPrice: usd(4001) }, 422],
    ['PATCH', path, { listPrice: euro }, 409],
    ['PATCH', path, { listPrice: usd(0) }, 422],
    ['PATCH', path, { floorPrice: usd(4001) }, 409],
    ['PATCH', variant, { listPrice: euro, floorPrice: euro }, 409],
    ['PATCH', variant, { listPrice: usd(2499) }, 409],
    ['POST', `${path}/stock-changes`, { kind: 'write-off', quantity: 6, reason: 'x' }, 409],
  ];
  for (const [method, where, body, status] of asks)
    expect([where, body, (await call(method, where, body)).status]).toEqual([where, body, status]);
  // A write-off that was refused leaves its refusal, and moves no unit.
  const without = (all: string) => JSON.parse(all).map((one: unknown[], at: number) => (at === 3 ? [] : one));
  expect(without(await stored())).toEqual(without(before));
});

const terms = {
  legalName: 'Aki',
  legalAddress: '',
  conditions: '',
  needsDelivery: true,
  shipping: [] as unknown[],
  stockPolicy: 'first-paid',
  cartHoldMinutes: 10,
};
test.each<[string, object]>([
  ['two rules of one currency', { shipping: [1, 2].map((n) => ({ kind: 'flat', rate: usd(n) })) }],
  [
    'a rule in two currencies',
    { shipping: [{ kind: 'flat', rate: usd(1), freeFrom: { amount: 1, currency: 'JPY' } }] },
  ],
  ['a table without zones', { shipping: [{ kind: 'table', zones: [] }] }],
  [
    'a country of no such form',
    { shipping: [{ kind: 'table', zones: [{ countries: ['usa'], rate: usd(1) }] }] },
  ],
  ['more tax than the price', { tax: { kind: 'flat', basisPoints: 10_001, isIncluded: false } }],
  ['a broken part of a point of tax', { tax: { kind: 'flat', basisPoints: 0.5, isIncluded: false } }],
  ['an unknown policy', { stockPolicy: 'last-paid' }],
  ['a cart that holds for no time', { cartHoldMinutes: 0 }],
  ['a cart that holds for a day', { cartHoldMinutes: 1440 }],
  ['an address of no mail', { contactEmail: 'aki@' }],
  ['an operator for a word', { legalName: { $ne: '' } }],
  ['a list for a word', { legalName: ['Aki'] }],
  ['a book for a word', { conditions: 'x'.repeat(5001) }],
])('[B10] terms with %s are refused, and nothing is stored', async (_, more) => {
  const before = await stored();
  const where = `/vendors/${vendorId}/selling-terms`;
  const reply = await aki.call('PUT', where, { ...terms, ...more }, { 'if-match': '"0"' });
  expect(reply).toMatchObject({ status: 422, body: { code: 'invalid-request' } });
  expect(await stored()).toBe(before);
});

test('[B2] operators reach no query and no document: in bodies they are no value, in addresses no id', async () => {
  const before = await stored();
  const operators = [{ $gt: '' }, { $where: 'true' }, { $expr: 1 }, [{ $ne: null }]];
  for (const operator of operators) {
    const asks: [string, string, unknown][] = [
      ['POST', `/vendors/${vendorId}/products`, { ...goods, title: operator }],
      ['POST', `/vendors/${vendorId}/products`, { ...goods, pictureId: operator }],
      ['POST', `/vendors/${vendorId}/products`, { ...goods, attributes: operator }],
      ['PATCH', path, { title: operator }],
      ['PATCH', path, { pictureId: operator }],
      ['POST', `${path}/variants`, { ...goods, title: operator }],
      ['PATCH', `${path}/variants/${variantOf()}`, { title: operator }],
      ['POST', `${path}/stock-changes`, { kind: operator, quantity: 1, reason: 'x' }],
      ['POST', `${path}/stock-changes`, { kind: 'restock', quantity: 1, reason: operator }],
      ['POST', `${path}/stock-changes`, { kind: 'restock', quantity: 1, reason: 'x', variantId: operator }],
    ];
    for (const [method, where, body] of asks)
      expect([where, (await call(method, where, body)).status]).toEqual([where, 422]);
  }
  const ledger = (query: string) => aki.call('GET', `${path}/stock-ledger?${query}`);
  for (const query of [
    'variantId=a&variantId=b',
    'variantId=%7B%22%24ne%22%3A1%7D',
    'limit=1&limit=2',
    'limit=0',
  ])
    expect([query, (await ledger(query)).status]).toEqual([query, 422]);
  // Brackets make no object: what stands before them is another name, which nobody reads.
  expect((await ledger('variantId[$ne]=x&cursor[$gt]=')).body).toEqual((await ledger('')).body);
  // A field that no schema names reaches no document.
  const made = await call('POST', `/vendors/${vendorId}/products`, {
    ...goods,
    isRetired: true,
    version: 9,
    $set: 1,
  });
  expect(made).toMatchObject({ status: 201, body: { isRetired: false, version: 1 } });
  expect((await stored()).length).toBeGreaterThan(before.length);
});

test('[B9] an id of another vendor, of nobody, or of no form is answered alike: nothing is here', async () => {
  const theirs = await shop.addProduct(bo, bosVendor, { title: 'Coat' });
  const ids = [
    theirs.productId,
    'prd_nobody',
    'prd_',
    'ord_1',
    'null',
    '__proto__',
    '%00',
    '%7B%22%24gt%22%3A%22%22%7D',
    `prd_${'x'.repeat(5000)}`,
  ];
  const before = await stored();
  const answers = new Set<string>();
  for (const id of ids) {
    const where = `/vendors/${vendorId}/products/${id}`;
    const variant = `${where}/variants/${variantOf(theirs)}`;
    const asks: [string, string, unknown][] = [
      ['GET', where, undefined],
      ['GET', `${where}/stock-ledger`, undefined],
      ['PATCH', where, { title: 'Mine' }],
      ['POST', `${where}/retire`, undefined],
      ['POST', `${where}/variants`, goods],
      ['POST', `${where}/stock-changes`, { kind: 'restock', quantity: 1, reason: 'x' }],
      ['PATCH', variant, { title: 'Mine' }],
      ['POST', `${variant}/retire`, undefined],
    ];
    for (const [method, place, body] of asks) {
      const reply = await call(method, place, body);
      const { requestId: _, ...said } = Object(reply.body);
      answers.add(JSON.stringify([reply.status, said]));
    }
  }
  for (const id of ids.filter((one) => one !== theirs.productId)) {
    const { requestId: _, ...said } = Object(
      (await (await house.visit()).call('GET', `/products/${id}`)).body,
    );
    answers.add(JSON.stringify([404, said]));
  }
  // A variant of another product of one's own is not here either.
  for (const variantId of [variantOf(theirs), 'var_nobody', 'var_', `var_${'x'.repeat(5000)}`]) {
    for (const [method, place, body] of [
      ['PATCH', `${path}/variants/${variantId}`, { title: 'Mine' }],
      ['POST', `${path}/variants/${variantId}/retire`, undefined],
    ] as const) {
      const { requestId: _, ...said } = Object((await call(method, place, body)).body);
      answers.add(JSON.stringify([404, said]));
    }
  }
  const foreign = { kind: 'restock', quantity: 1, reason: 'x', variantId: variantOf(theirs) };
  expect((await call('POST', `${path}/stock-changes`, foreign)).status).toBe(404);
  expect((await aki.call('GET', `${path}/stock-ledger?variantId=${variantOf(theirs)}`)).status).toBe(404);
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toContain('404');
  expect(await stored()).toBe(before);
});
