import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { PictureId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import { catalogMigrations } from '#server/catalog/migrations.ts';
import { mongoProductStore } from '#server/catalog/products.mongo.ts';
import { memoryProductStore } from '#server/catalog/store.memory.ts';
import type { ProductRecord } from '#server/catalog/store.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox } from '#server/platform/outbox.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
await migrate(mongo, catalogMigrations);
afterAll(() => mongo.close());

const fresh = () => randomUUID().replaceAll('-', '');
const productOf = (more: Partial<ProductRecord> = {}): ProductRecord => ({
  productId: ProductId.parse(`prd_${fresh()}`),
  vendorId: VendorId.parse(`vnd_${fresh()}`),
  title: 'Teapot',
  description: 'Cast iron',
  attributes: [{ name: 'Material', value: 'iron' }],
  pictureId: PictureId.parse('pic_teapot'),
  variants: [
    {
      variantId: VariantId.parse(`var_${fresh()}`),
      listPrice: { amount: 4000, currency: 'USD' },
      floorPrice: { amount: 2500, currency: 'USD' },
      isRetired: false,
    },
  ],
  isRetired: false,
  version: 1,
  createdAt: new Date(1_700_000_000_000),
  ...more,
});

describe.each([
  ['memory', memoryProductStore()],
  ['mongo', mongoProductStore(mongo, new Outbox(clock), clock)],
])('products in %s', (_technology, store) => {
  test('[M-V1] a product is read back whole, and inserted once', async () => {
    const product = productOf();
    const bare = productOf({ pictureId: undefined });
    expect(await store.insert(product)).toBe(true);
    expect(await store.insert({ ...product, title: 'Other' })).toBe(false);
    await store.insert(bare);
    expect(await store.get(product.productId)).toEqual(product);
    expect(await store.many([bare.productId, product.productId, productOf().productId])).toHaveLength(2);
    expect(await store.get(bare.productId)).toEqual(bare);
  });

  test('[M-V1] of two who save what they read at one version, one is told that it came late', async () => {
    const product = productOf();
    await store.insert(product);
    const saves = await Promise.all(
      ['a', 'b', 'c'].map((title) => store.save({ ...product, title, version: 2 }, 1)),
    );
    expect(saves.filter(Boolean)).toHaveLength(1);
    expect((await store.get(product.productId))?.version).toBe(2);
  });

  test('a vendor’s products come newest first and page without gap or repeat', async () => {
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    for (let n = 0; n < 7; n += 1)
      await store.insert(productOf({ vendorId, createdAt: new Date(1000 + Math.floor(n / 2)) }));
    const seen: ProductRecord[] = [];
    for (;;) {
      const page = await store.ofVendor(vendorId, seen.at(-1), 3);
      seen.push(...page);
      if (page.length < 3) break;
    }
    expect(new Set(seen.map(({ productId }) => productId)).size).toBe(7);
    expect(seen.map(({ createdAt }) => Number(createdAt))).toEqual([
      1003, 1002, 1002, 1001, 1001, 1000, 1000,
    ]);
  });
});
