import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AddressEdit } from '#contract/checkout.ts';
import { AddressBookStore } from './addresses.svelte.ts';

const typed = AddressEdit.parse({
  name: 'Mia',
  street: '1 Lane',
  city: 'Berlin',
  postcode: '1',
  country: 'DE',
});
const saved = (addressId: string, isDefault: boolean) => ({ ...typed, addressId, isDefault });

let replies: { status?: number; body?: object }[];
let book: AddressBookStore;
beforeEach(() => {
  replies = [];
  vi.stubGlobal('fetch', async () => {
    const { status = 200, body } = replies.shift() ?? { status: 500, body: {} };
    return body ? Response.json(body, { status }) : new Response(undefined, { status: 204 });
  });
  book = new AddressBookStore();
});
afterEach(() => vi.unstubAllGlobals());
const ids = () => book.items.map(({ addressId }) => addressId);

test('[S0.13] the default address of the book comes first, and only it is taken unasked', async () => {
  replies.push({ body: { items: [saved('adr_1', false)] } });
  await book.load();
  expect([ids(), book.first()]).toEqual([['adr_1'], undefined]);
  replies.push({ status: 201, body: saved('adr_2', true) });
  await book.save({ ...typed, isDefault: true });
  expect(ids()).toEqual(['adr_2', 'adr_1']);
  expect(book.first()).toEqual({
    name: 'Mia',
    street: '1 Lane',
    city: 'Berlin',
    postcode: '1',
    country: 'DE',
  });
});

test('[S0.13] a changed address stands in its place, and a new default takes the mark away from the old one', async () => {
  replies.push({ body: { items: [saved('adr_1', true), saved('adr_2', false)] } });
  await book.load();
  const second = book.items[1];
  replies.push({ body: saved('adr_2', true) });
  await book.save(typed, second?.addressId);
  expect(book.items.map(({ addressId, isDefault }) => [addressId, isDefault])).toEqual([
    ['adr_2', true],
    ['adr_1', false],
  ]);
});

test('[S0.13] a book that cannot be read is empty, and is read at the next asking', async () => {
  await book.load();
  expect(ids()).toEqual([]);
  replies.push({ body: { items: [saved('adr_1', true)] } });
  await book.load();
  expect(ids()).toEqual(['adr_1']);
});

test('an address taken out leaves the book', async () => {
  replies.push({ body: { items: [saved('adr_1', true)] } }, {});
  await book.load();
  const [first] = book.items;
  if (!first) throw new Error('no address');
  await book.forget(first.addressId);
  expect(ids()).toEqual([]);
});
