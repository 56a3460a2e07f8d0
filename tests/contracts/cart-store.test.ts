import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { AccountId, AddressId, OrderId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import { memoryAddressStore } from '#server/checkout/addresses.memory.ts';
import { mongoAddressStore } from '#server/checkout/addresses.mongo.ts';
import { addressBook } from '#server/checkout/addresses.ts';
import { memoryCartStore } from '#server/checkout/carts.memory.ts';
import { mongoCartStore } from '#server/checkout/carts.mongo.ts';
import type { CartHold, CartRecord } from '#server/checkout/core/cart.ts';
import { checkoutMigrations } from '#server/checkout/migrations.ts';
import { memoryInvoiceSeries } from '#server/checkout/store.memory.ts';
import { mongoInvoiceSeries } from '#server/checkout/store.mongo.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
await migrate(mongo, checkoutMigrations);
afterAll(() => closeMongo(mongo));

const fresh = () => randomUUID().replaceAll('-', '');
const newPerson = () => AccountId.parse(`acc_${fresh()}`);
const newVendor = () => VendorId.parse(`vnd_${fresh()}`);
const newOrder = () => OrderId.parse(`ord_${fresh()}`);
const price = { amount: 3000, currency: 'USD' as const };
const variantId = VariantId.parse('var_teapot');

const holdOf = (more: Partial<CartHold> = {}): CartHold => ({
  holdOwner: `cart:${fresh()}`,
  variantId,
  quantity: 1,
  state: 'held',
  orderId: undefined,
  since: 1000,
  endsAt: 9000,
  ...more,
});
const cartOf = (more: Partial<CartRecord> = {}): CartRecord => ({
  personId: newPerson(),
  vendorId: newVendor(),
  streamId: undefined,
  stockPolicy: 'hold-at-cart',
  holdMinutes: 10,
  lines: [
    { productId: ProductId.parse(`prd_${fresh()}`), variantId, quantity: 2, priceWas: price, isShort: false },
  ],
  holds: [],
  ordered: [],
  version: 0,
  changedAt: 1000,
  ...more,
});

describe.each([
  ['memory', memoryCartStore()],
  ['mongo', mongoCartStore(mongo)],
])('carts in %s', (_technology, store) => {
  const save = async (more: Partial<CartRecord> = {}): Promise<CartRecord> => {
    const cart = cartOf(more);
    expect(await store.save(cart)).toBe(true);
    return { ...cart, version: 1 };
  };

  test('[M-O12] a cart is one a person and vendor, and is read back as it was', async () => {
    const cart = await save({ holds: [holdOf(), holdOf({ orderId: newOrder() })], ordered: [newOrder()] });
    expect(await store.get(cart.personId, cart.vendorId)).toEqual(cart);
    expect(await store.get(cart.personId, newVendor())).toBeUndefined();
    expect(await store.save({ ...cart, version: 0 })).toBe(false);
  });

  test('[M-O12] of writes at one version exactly one stands', async () => {
    const cart = await save();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => store.save({ ...cart, changedAt: index, lines: [] })),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.get(cart.personId, cart.vendorId)).toMatchObject({ version: 2, lines: [] });
  });

  test('[M-O12] a person’s carts come last changed first, without empty ones', async () => {
    const personId = newPerson();
    const early = await save({ personId });
    const late = await save({ personId, changedAt: 2000 });
    await save({ personId, lines: [] });
    expect(await store.ofPerson(personId)).toEqual([late, early]);
  });

  test('[M-V1] carts are found by a product in them', async () => {
    const cart = await save();
    const productId = cart.lines[0]?.productId ?? ProductId.parse('prd_none');
    expect(await store.withProduct(productId, 10)).toEqual([cart]);
    expect(await store.withProduct(ProductId.parse(`prd_${fresh()}`), 10)).toEqual([]);
  });

  test('[M-O13] sweepers find carts with holds that ended, were dropped, or were asked for long ago', async () => {
    const far = { since: -1000, endsAt: 10 ** 12 };
    const ended = await save({ holds: [holdOf({ ...far, endsAt: 0 })] });
    const dropped = await save({ holds: [holdOf({ ...far, state: 'dropped' })] });
    const asking = await save({ holds: [holdOf({ ...far, state: 'asking' })] });
    const live = await save({ holds: [holdOf(far)] });
    const found = (await store.toSweep(0, -999, 100)).map(({ personId }) => personId);
    for (const { personId } of [ended, dropped, asking]) expect(found).toContain(personId);
    expect(found).not.toContain(live.personId);
    expect((await store.toSweep(-1, -1000, 100)).map(({ personId }) => personId)).toEqual([dropped.personId]);
  });
});

describe.each([
  ['memory', memoryInvoiceSeries()],
  ['mongo', mongoInvoiceSeries(mongo)],
])('invoice series in %s', (_technology, series) => {
  test('[M-O12] of those who give the next number at once exactly one does', async () => {
    const vendorId = newVendor();
    expect(await series.last(vendorId)).toBeUndefined();
    for (let last = 0; last < 4; last += 1) {
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => series.give(vendorId, last, newOrder())),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await series.last(vendorId)).toMatchObject({ number: last + 1 });
    }
    expect(await series.give(vendorId, 2, newOrder())).toBe(false);
  });
});

describe.each([
  ['memory', memoryAddressStore()],
  ['mongo', mongoAddressStore(mongo)],
])('address books in %s', (_technology, addresses) => {
  const book = addressBook({ addresses });
  const edit = (street: string, isDefault = false) => ({
    name: 'V1',
    street,
    city: 'York',
    postcode: 'YO1',
    country: 'GB',
    isDefault,
  });
  const streets = async (personId: AccountId) => (await book.list(personId)).map(({ street }) => street);

  test('[M-O6] the default address comes first; another one takes its place; one key adds one', async () => {
    const personId = newPerson();
    await book.add(personId, 'key-of-the-first', edit('First'));
    await book.add(personId, 'key-of-the-first', edit('First'));
    expect(await book.list(personId)).toMatchObject([{ street: 'First', isDefault: true }]);
    await book.add(personId, 'key-of-the-second', edit('Second'));
    expect(await streets(personId)).toEqual(['First', 'Second']);
    const third = await book.add(personId, 'key-of-the-third', edit('Third', true));
    expect(await streets(personId)).toEqual(['Third', 'Second', 'First']);
    expect((await book.list(personId)).filter(({ isDefault }) => isDefault)).toHaveLength(1);
    if (!third.ok) throw new Error(third.refusal);
    const { addressId } = third.value;
    expect(await book.replace(personId, addressId, edit('Moved', true))).toMatchObject({
      value: { addressId, street: 'Moved' },
    });
    expect(await streets(personId)).toEqual(['Moved', 'Second', 'First']);
    expect(await book.remove(personId, addressId)).toMatchObject({ ok: true });
    expect(await book.remove(personId, addressId)).toMatchObject({ refusal: 'not-found' });
    expect(await streets(personId)).toEqual(['Second', 'First']);
  });

  test('[M-O6] a book holds 20, edits at once lose none, and another’s address is none', async () => {
    const personId = newPerson();
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => book.add(personId, `key-number-${index}`, edit(`S${index}`))),
    );
    for (let index = 5; index < 20; index += 1)
      await book.add(personId, `key-number-${index}`, edit(`S${index}`));
    expect(await book.list(personId)).toHaveLength(20);
    expect(await book.add(personId, 'one-too-many', edit('No'))).toMatchObject({
      refusal: 'address-book-full',
    });
    const [one] = answers;
    if (!one?.ok) throw new Error('not added');
    const stranger = newPerson();
    const { addressId } = one.value;
    expect(await book.replace(stranger, addressId, edit('Mine'))).toMatchObject({ refusal: 'not-found' });
    expect(await book.remove(stranger, addressId)).toMatchObject({ refusal: 'not-found' });
    expect(await book.remove(personId, AddressId.parse('adr_none'))).toMatchObject({ refusal: 'not-found' });
    expect(await book.list(personId)).toHaveLength(20);
  });
});
