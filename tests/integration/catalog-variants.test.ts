import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DeskProduct, ProductView, StockEntry } from '#contract/catalog.ts';
import type { VariantId, VendorId } from '#contract/ids.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let aki: Person;
let vendorId: VendorId;
beforeAll(async () => {
  house = await openHouse();
  aki = await house.visit('aki');
  vendorId = await shop.openVendor(aki);
});
afterAll(() => house[Symbol.asyncDispose]());

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const large = { title: '900 ml', listPrice: usd(5200), floorPrice: usd(4000), stock: 4 };
const pathOf = ({ productId }: { productId: string }) => `/vendors/${vendorId}/products/${productId}`;
const add = (product: DeskProduct, body: unknown = large, key: string = randomUUID()) =>
  aki.call('POST', `${pathOf(product)}/variants`, body, { 'idempotency-key': key });
const retire = (product: DeskProduct, variantId?: VariantId) =>
  aki.call('POST', `${pathOf(product)}/variants/${variantId}/retire`);
const edit = (product: DeskProduct, variantId: VariantId | undefined, body: unknown, ifMatch?: string) =>
  aki.call(
    'PATCH',
    `${pathOf(product)}/variants/${variantId}`,
    body,
    ifMatch === undefined ? {} : { 'if-match': ifMatch },
  );
const now = (product: DeskProduct) => aki.get(pathOf(product), DeskProduct);
const hold = (variantId: VariantId, holdOwner = `ord_${randomUUID()}`) =>
  house.slices.catalog.holds.hold({
    holdOwner,
    lines: [{ variantId, quantity: 1 }],
    endsAt: new Date(Date.now() + 60_000),
  });

/** A product with a second variant. */
const pair = async () => {
  const product = await shop.addProduct(aki, vendorId, { title: 'Teapot', stock: 3 });
  const wider = DeskProduct.parse((await add(product)).body);
  const [first, second] = wider.variants;
  if (first === undefined || second === undefined) throw new Error('not two variants');
  return { product: wider, first, second };
};

test('[M-V1] a second variant has its own price and stock for everybody, and a resent key makes one', async () => {
  const product = await shop.addProduct(aki, vendorId, { stock: 3 });
  const key = randomUUID();
  const [one, two] = await Promise.all([add(product, large, key), add(product, large, key)]);
  expect([one.status, two.status]).toEqual([201, 201]);
  expect((await add(product, large, key)).status).toBe(201);
  const seen = await (await house.visit()).get(`/products/${product.productId}`, ProductView);
  expect(
    seen.variants.map(({ title, listPrice, stock: { available } }) => [title, listPrice, available]),
  ).toEqual([
    [undefined, usd(4000), 3],
    ['900 ml', usd(5200), 4],
  ]);
  expect(JSON.stringify(seen)).not.toContain('floor');
  expect(one.headers.get('etag')).toMatch(/^"\d+"$/);
  // The same key on another product makes another variant.
  const other = await shop.addProduct(aki, vendorId, { title: 'Other' });
  await add(other, large, key);
  const ids = [...(await now(product)).variants, ...(await now(other)).variants].map((it) => it.variantId);
  expect(new Set(ids).size).toBe(4);
  const ledger = `${pathOf(product)}/stock-ledger?variantId=${seen.variants[1]?.variantId}`;
  const { items } = await aki.get(ledger, z.object({ items: z.array(StockEntry) }));
  expect(items.map(({ cause, quantity }) => [cause, quantity])).toEqual([['opening', 4]]);
});

test('[M-V1] several variants added at once all stand', async () => {
  const product = await shop.addProduct(aki, vendorId);
  await Promise.all(['S', 'M', 'L', 'XL'].map((title) => add(product, { ...large, title })));
  const { variants } = await now(product);
  expect(variants.map(({ title }) => title ?? '').toSorted()).toEqual(['', 'L', 'M', 'S', 'XL']);
});

test('[M-V1] an edit of a variant needs the version it was made for, and keeps currency and floor', async () => {
  const { product, second } = await pair();
  const { variantId } = second;
  const etag = `"${product.version}"`;
  expect(await edit(product, variantId, { title: '1 l' })).toMatchObject({ status: 412 });
  expect(await edit(product, variantId, { title: '1 l', listPrice: usd(6000) }, etag)).toMatchObject({
    status: 200,
    body: { variants: [{ listPrice: usd(4000) }, { title: '1 l', listPrice: usd(6000) }] },
  });
  expect(await edit(product, variantId, { title: '2 l' }, etag)).toMatchObject({ status: 412 });
  const next = `"${product.version + 1}"`;
  for (const [body, code] of [
    [{ floorPrice: usd(6001) }, 'price-below-floor'],
    [{ listPrice: { amount: 6000, currency: 'EUR' } }, 'currency-mismatch'],
  ] as const)
    expect(await edit(product, variantId, body, next)).toMatchObject({ status: 409, body: { code } });
  expect((await now(product)).version).toBe(product.version + 1);
});

test('[RULE-1] a retired variant takes no hold while the other still sells, and what it held may still be paid', async () => {
  const { product, first, second } = await pair();
  const owner = `ord_${randomUUID()}`;
  await hold(first.variantId, owner);
  expect(await retire(product, first.variantId)).toMatchObject({
    status: 200,
    body: { isRetired: false, variants: [{ title: '900 ml', isRetired: false }, { isRetired: true }] },
  });
  expect(await hold(first.variantId)).toMatchObject({ refusal: 'product-retired' });
  expect(await hold(second.variantId)).toMatchObject({ ok: true });
  expect(await house.slices.catalog.holds.commit(owner)).toMatchObject({ ok: true });
  const etag = `"${(await now(product)).version}"`;
  expect(await edit(product, first.variantId, { title: 'x' }, etag)).toMatchObject({
    status: 409,
    body: { code: 'product-retired' },
  });
  // A resent retirement changes nothing more.
  expect((await retire(product, first.variantId)).headers.get('etag')).toBe(etag);
});

test('[M-V1] retiring the last sold variant retires the product, also when two retire at once', async () => {
  const { product, first, second } = await pair();
  const answers = await Promise.all([retire(product, first.variantId), retire(product, second.variantId)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  const gone = await now(product);
  expect(gone.isRetired).toBe(true);
  expect(gone.variants.every(({ isRetired }) => isRetired)).toBe(true);
  for (const { variantId } of [first, second])
    expect(await hold(variantId)).toMatchObject({ refusal: 'product-retired' });
  expect(await add(product)).toMatchObject({ status: 409, body: { code: 'product-retired' } });
});

test('[M-V1] attributes are entered, changed by name and seen by everybody; each name once', async () => {
  const [material, origin] = [
    { name: 'Material', value: 'cast iron' },
    { name: 'Made in', value: 'Morioka' },
  ];
  const entered = { ...large, title: 'Kettle', attributes: [material, origin] };
  const kettle = await aki.send('POST', `/vendors/${vendorId}/products`, entered, DeskProduct);
  const seen = async () =>
    (await (await house.visit()).get(`/products/${kettle.productId}`, ProductView)).attributes;
  expect(await seen()).toEqual([material, origin]);
  const change = (attributes: unknown) =>
    aki.call('PATCH', pathOf(kettle), { attributes }, { 'if-match': '"1"' });
  expect((await change([material, material])).status).toBe(422);
  expect((await change([{ name: 'Material', value: '' }])).status).toBe(422);
  expect((await change([{ name: 'Material', value: 'iron' }])).status).toBe(200);
  expect(await seen()).toEqual([{ name: 'Material', value: 'iron' }]);
});

test('[M-V1] each change of variants leaves an audit entry with what was before and after', async () => {
  const { product, second } = await pair();
  await edit(product, second.variantId, { listPrice: usd(6100) }, `"${product.version}"`);
  await retire(product, second.variantId);
  const entries = await house.slices.mongo
    .collection('audit')
    .find({ object: product.productId, action: 'product.edit' })
    .toArray();
  const variants = z.object({
    before: z.array(z.object({ listPrice: z.object({ amount: z.int() }), isRetired: z.boolean() })),
    after: z.array(z.object({ listPrice: z.object({ amount: z.int() }), isRetired: z.boolean() })),
  });
  const changes = entries
    .map((entry) => variants.safeParse(entry).data)
    .filter((entry) => entry !== undefined)
    .map(({ before, after }) =>
      [before, after].map((list) => list.map((it) => (it.isRetired ? -1 : it.listPrice.amount))),
    );
  expect(changes.toSorted((a, b) => String(a).length - String(b).length)).toEqual([
    [[4000], [4000, 5200]],
    [
      [4000, 6100],
      [4000, -1],
    ],
    [
      [4000, 5200],
      [4000, 6100],
    ],
  ]);
});
