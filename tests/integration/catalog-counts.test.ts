import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeskProduct, ProductView } from '#contract/catalog.ts';
import type { VendorId } from '#contract/ids.ts';
import type { House } from '#server/compose.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let second: House;
let redis: Redis;
let aki: Person;
let vendorId: VendorId;
beforeAll(async () => {
  house = await openHouse();
  second = await house.openSecond();
  redis = new Redis(house.redis.url);
  aki = await house.visit('aki');
  vendorId = await shop.openVendor(aki);
});
afterAll(async () => {
  redis.disconnect();
  await second[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const until = async (isSo: () => Promise<boolean>, withinMs = 3000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('not within the deadline');
    await new Promise((resolve) => setImmediate(resolve));
  }
};

test('[M-O2] [RULE-1] Redis emptied in the middle of sales changes no figure: what is shown, kept and sold agree again', async () => {
  const product = await shop.addProduct(aki, vendorId, { stock: 40 });
  const variantId = product.variants[0]?.variantId;
  if (variantId === undefined) throw new Error('no variant');
  const servers = [house.slices.catalog.holds, second.slices.catalog.holds];
  const buy = async (n: number) => {
    const holds = servers[n % 2];
    const holdOwner = `ord_${n}_${randomUUID()}`;
    const lines = [{ variantId, quantity: 1 }];
    const held = await holds?.hold({ holdOwner, lines, endsAt: new Date(Date.now() + 60_000) });
    if (!held?.ok) return 'none' as const;
    if (n % 20 === 7) await redis.flushall();
    if (n % 4 === 0) await holds?.release(holdOwner, 'over');
    else await holds?.commit(holdOwner);
    return n % 4 === 0 ? ('released' as const) : ('sold' as const);
  };
  const shown = async () =>
    (await aki.get(`/products/${product.productId}`, ProductView)).variants[0]?.stock ?? { available: -1 };
  const recorded = async () =>
    (await aki.get(`/vendors/${vendorId}/products/${product.productId}`, DeskProduct)).variants[0]?.stock;

  for (let round = 0; round < 2; round += 1) {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => buy(round * 40 + n)));
    const figures = await recorded();
    expect((figures?.available ?? 0) + (figures?.sold ?? 0)).toBe(40);
    expect(answers.filter((one) => one === 'sold').length).toBeGreaterThan(0);
    await until(async () => JSON.stringify(await shown()) === JSON.stringify(figures));
  }
  // The last ones sell out, whatever Redis believed before.
  await redis.flushall();
  for (let n = 1; (await recorded())?.available !== 0; n += 4) await buy(n);
  expect(await recorded()).toMatchObject({ available: 0, held: 0, sold: 40 });
  await until(async () => (await shown()).available === 0);
}, 30_000);

test('[RULE-1] what Redis wrongly believes to be sold out is for sale again within a moment', async () => {
  const product = await shop.addProduct(aki, vendorId, { stock: 1 });
  const variantId = product.variants[0]?.variantId;
  if (variantId === undefined) throw new Error('no variant');
  const hold = async () =>
    (
      await house.slices.catalog.holds.hold({
        holdOwner: `ord_${randomUUID()}`,
        lines: [{ variantId, quantity: 1 }],
        endsAt: new Date(Date.now() + 60_000),
      })
    ).ok;
  await redis.set(`{stock:${variantId}}:count`, `99 ${house.slices.clock.now()} 0 0 1`, 'PX', 10_000);
  expect(await hold()).toBe(false);
  await until(hold, 2000);
  expect(await hold()).toBe(false);
});
