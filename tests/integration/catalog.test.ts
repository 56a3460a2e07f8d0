import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DeskProduct, ProductView, StockEntry } from '#contract/catalog.ts';
import { PictureId, type VendorId } from '#contract/ids.ts';
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

const pathOf = ({ productId }: { productId: string }) => `/vendors/${vendorId}/products/${productId}`;
const stockOf = (product: DeskProduct) => {
  const { available, held, sold } = product.variants[0]?.stock ?? {};
  return { available, held, sold };
};
const ledgerOf = async (product: DeskProduct) =>
  (await aki.get(`${pathOf(product)}/stock-ledger?limit=100`, z.object({ items: z.array(StockEntry) })))
    .items;
const unitsOf = (product: DeskProduct, quantity = 1) =>
  product.variants.slice(0, 1).map(({ variantId }) => ({ variantId, quantity }));
const holdOf = (product: DeskProduct, holdOwner: string, quantity = 1) =>
  house.slices.catalog.holds.hold({
    holdOwner,
    lines: unitsOf(product, quantity),
    endsAt: new Date(Date.now() + 60_000),
  });

test('[S0.17] a new vendor enters title, price, stock and picture, and the product stands for everybody', async () => {
  const bo = await house.visit('bo');
  const bosVendor = await shop.openVendor(bo, 'Bo Coats');
  const form = new FormData();
  const photo = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#345' } })
    .jpeg()
    .toBuffer();
  form.set('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'coat.jpg');
  const uploaded = await bo.send('POST', '/pictures', form, z.object({ pictureId: PictureId }));
  const product = await bo.send(
    'POST',
    `/vendors/${bosVendor}/products`,
    {
      title: 'Coat',
      description: 'Warm',
      listPrice: { amount: 12_000, currency: 'USD' },
      floorPrice: { amount: 9000, currency: 'USD' },
      stock: 3,
      pictureId: uploaded.pictureId,
    },
    DeskProduct,
  );
  const viewer = await house.visit();
  const seen = await viewer.get(`/products/${product.productId}`, ProductView);
  expect(seen).toMatchObject({
    title: 'Coat',
    variants: [{ listPrice: { amount: 12_000, currency: 'USD' }, stock: { available: 3, held: 0, sold: 0 } }],
  });
  expect(JSON.stringify(seen)).not.toContain('floor');

  const picture = await fetch(`${house.address}/pictures/${seen.pictureId}?w=300`);
  expect(Object.fromEntries(picture.headers)).toMatchObject({
    'content-type': 'image/webp',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  });
  expect((await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).width).toBe(320);
  expect((await fetch(`${house.address}/pictures/pic_unknown`)).status).toBe(404);
  expect((await fetch(`${house.address}/pictures/..%2f..%2fetc`)).status).toBe(404);
});

test('what is no picture is refused, and so is a floor above the price', async () => {
  const form = new FormData();
  form.set('file', new Blob(['<svg xmlns="http://www.w3.org/2000/svg"/>'], { type: 'image/png' }), 'a.png');
  expect(await aki.call('POST', '/pictures', form)).toMatchObject({
    status: 422,
    body: { code: 'picture-unreadable' },
  });
  const huge = new FormData();
  huge.set('file', new Blob([new Uint8Array((8 << 20) + 1)]), 'a.png');
  expect((await aki.call('POST', '/pictures', huge)).status).toBe(413);
  const reply = await aki.call(
    'POST',
    `/vendors/${vendorId}/products`,
    {
      title: 'Upside down',
      listPrice: { amount: 100, currency: 'USD' },
      floorPrice: { amount: 101, currency: 'USD' },
      stock: 1,
    },
    { 'idempotency-key': randomUUID() },
  );
  expect(reply).toMatchObject({ status: 422 });
});

test('a resent key makes one product', async () => {
  const key = randomUUID();
  const twice = await Promise.all([
    shop.addProduct(aki, vendorId, { title: 'Once', stock: 4, key }),
    shop.addProduct(aki, vendorId, { title: 'Once', stock: 4, key }),
  ]);
  expect(twice[0].productId).toBe(twice[1].productId);
  const now = await aki.get(pathOf(twice[0]), DeskProduct);
  expect(stockOf(now)).toEqual({ available: 4, held: 0, sold: 0 });
});

test('[M-V1] an edit needs the version it was made for; a later one of the same version is refused', async () => {
  const product = await shop.addProduct(aki, vendorId);
  const { headers } = await aki.call('GET', pathOf(product));
  const etag = headers.get('etag') ?? '';
  expect(etag).toBe('"1"');
  const edit = (body: unknown, ifMatch?: string) =>
    aki.call('PATCH', pathOf(product), body, ifMatch === undefined ? {} : { 'if-match': ifMatch });
  const price = { listPrice: { amount: 4400, currency: 'USD' } };
  expect(await edit(price)).toMatchObject({ status: 412, body: { code: 'stale-version' } });
  const done = await edit(price, etag);
  expect(done).toMatchObject({ status: 200, body: { variants: [{ listPrice: { amount: 4400 } }] } });
  expect(done.headers.get('etag')).toBe('"2"');
  expect(await edit({ title: 'Other' }, etag)).toMatchObject({ status: 412 });
  expect(await edit({ floorPrice: { amount: 4401, currency: 'USD' } }, '"2"')).toMatchObject({
    status: 409,
    body: { code: 'price-below-floor' },
  });
});

test('[M-V1] the ledger explains every unit, and stock cannot fall below what is held', async () => {
  const product = await shop.addProduct(aki, vendorId, { stock: 5 });
  const change = (kind: string, quantity: number, reason: string, key: string = randomUUID()) =>
    aki.call(
      'POST',
      `${pathOf(product)}/stock-changes`,
      { kind, quantity, reason },
      { 'idempotency-key': key },
    );
  expect((await change('restock', 3, 'Delivery of Monday')).status).toBe(201);
  const owner = `ord_${randomUUID()}`;
  expect(await holdOf(product, owner, 6)).toMatchObject({ ok: true });
  expect(await change('write-off', 3, 'Broken')).toMatchObject({
    status: 409,
    body: { code: 'stock-below-held' },
  });
  const key = randomUUID();
  await change('write-off', 1, 'Broken', key);
  await change('write-off', 1, 'Broken', key);
  await house.slices.catalog.holds.commit(owner);
  const lines = unitsOf(product, 6);
  await house.slices.catalog.holds.takeBack({ returnId: owner, lines, as: 'restock', reason: 'Returned' });

  const now = await aki.get(pathOf(product), DeskProduct);
  expect(stockOf(now)).toEqual({ available: 7, held: 0, sold: 0 });
  const entries = await ledgerOf(product);
  expect(entries.map(({ cause, quantity, reason }) => [cause, quantity, reason])).toEqual([
    ['opening', 5, 'Opening stock'],
    ['restock', 3, 'Delivery of Monday'],
    ['hold', 6, ''],
    ['write-off', 1, 'Broken'],
    ['sale', 6, ''],
    ['return', 6, 'Returned'],
  ]);
  expect(entries.map(({ available, held, sold }) => [available, held, sold])).toEqual([
    [5, 0, 0],
    [8, 0, 0],
    [2, 6, 0],
    [1, 6, 0],
    [1, 0, 6],
    [7, 0, 0],
  ]);
  expect(entries.map(({ reference }) => reference).filter((one) => one.endsWith(owner))).toEqual([
    owner,
    owner,
    `return:${owner}`,
  ]);
  const page = z.object({ items: z.array(StockEntry), next: z.string().optional() });
  const first = await aki.get(`${pathOf(product)}/stock-ledger?limit=4`, page);
  const rest = await aki.get(`${pathOf(product)}/stock-ledger?limit=4&cursor=${first.next}`, page);
  expect([...first.items, ...rest.items]).toEqual(entries);
  expect(rest.next).toBeUndefined();
});

test('[M-V1] a retired product takes no hold, can be edited no more, and what is held may still be paid', async () => {
  const product = await shop.addProduct(aki, vendorId);
  const owner = `ord_${randomUUID()}`;
  await holdOf(product, owner);
  expect(await aki.call('POST', `${pathOf(product)}/retire`)).toMatchObject({
    status: 200,
    body: { isRetired: true },
  });
  expect(await holdOf(product, `ord_${randomUUID()}`)).toMatchObject({ refusal: 'product-retired' });
  expect(await aki.call('PATCH', pathOf(product), { title: 'New' }, { 'if-match': '"2"' })).toMatchObject({
    status: 409,
    body: { code: 'product-retired' },
  });
  expect(await house.slices.catalog.holds.commit(owner)).toMatchObject({ ok: true });
});

test('[M-O2] during 50 parallel checkouts available, held and sold always sum to the stock put in, and equal the ledger', async () => {
  const product = await shop.addProduct(aki, vendorId, { stock: 30 });
  const { holds } = house.slices.catalog;
  // Each checkout waits for its moment between two of its steps, so that at every look some are half done.
  const looks = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
  const checkout = async (n: number) => {
    const owner = `ord_${n}_${randomUUID()}`;
    await looks[(n % 10) - 5]?.promise;
    const held = await holdOf(product, owner);
    if (!held.ok) return 'sold out';
    await looks[n % 10]?.promise;
    if (n % 3 === 0) await holds.release(owner, 'Hold ended');
    else await holds.commit(owner);
    if (n % 5 === 1 && n % 3 !== 0)
      await holds.takeBack({ returnId: owner, lines: unitsOf(product), as: 'restock', reason: 'Refund' });
    return 'held';
  };
  const figuresNow = async () => {
    const { variants } = await aki.get(pathOf(product), DeskProduct);
    return variants[0]?.stock ?? { available: 0, held: 0, sold: 0, version: 0 };
  };
  const all = Promise.all(Array.from({ length: 50 }, (_, n) => checkout(n)));
  const seen = new Set<number>();
  for (const look of looks) {
    const figures = await figuresNow();
    expect(figures.available + figures.held + figures.sold).toBe(30);
    const ledger = await ledgerOf(product);
    for (const entry of ledger) expect(entry.available + entry.held + entry.sold).toBe(30);
    expect(ledger.find(({ version }) => version === figures.version)).toMatchObject(figures);
    seen.add(figures.version);
    look.resolve();
  }
  const answers = await all;
  expect(seen.size).toBeGreaterThan(1);
  expect(answers.filter((one) => one === 'held').length).toBeGreaterThanOrEqual(30);
  const entries = await ledgerOf(product);
  expect(entries.at(-1)).toMatchObject({ ...(await figuresNow()), held: 0 });
  expect(entries.map(({ version }) => version)).toEqual(entries.map((_, index) => index + 1));
}, 30_000);

test('another vendor sees and changes nothing of it: desks are their own', async () => {
  const product = await shop.addProduct(aki, vendorId);
  const stranger = await house.visit('stranger');
  const theirs = await shop.openVendor(stranger, 'Other');
  for (const [method, path, body] of [
    ['GET', pathOf(product), undefined],
    ['PATCH', pathOf(product), { title: 'Mine' }],
    ['GET', `${pathOf(product)}/stock-ledger`, undefined],
    ['GET', `/vendors/${vendorId}/products`, undefined],
  ] as const)
    expect((await stranger.call(method, path, body, { 'if-match': '"1"' })).status).toBe(403);
  const sideways = `/vendors/${theirs}/products/${product.productId}`;
  expect((await stranger.call('GET', sideways)).status).toBe(404);
  expect((await stranger.call('PATCH', sideways, { title: 'Mine' }, { 'if-match': '"1"' })).status).toBe(404);
  expect((await stranger.call('GET', `${sideways}/stock-ledger`)).status).toBe(404);
  expect((await stranger.call('POST', `${sideways}/retire`)).status).toBe(404);
});

test('a vendor’s list pages newest first without gap or repeat', async () => {
  const vendor = await house.visit('lister');
  const own = await shop.openVendor(vendor, 'Many');
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1)
    made.unshift((await shop.addProduct(vendor, own, { title: `P${n}` })).productId);
  const page = z.object({ items: z.array(DeskProduct), next: z.string().optional() });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const more: z.infer<typeof page> = await vendor.get(
      `/vendors/${own}/products?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      page,
    );
    seen.push(...more.items.map(({ productId }) => productId));
    cursor = more.next;
  } while (cursor);
  expect(seen).toEqual(made);
});
