import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProductView } from '#contract/catalog.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { CartStore } from './cart.svelte.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const product = ProductView.parse({
  productId: 'prd_tin',
  vendorId: 'vnd_aki',
  title: 'Tea tin',
  description: '',
  attributes: [],
  variants: [
    {
      variantId: 'var_tin',
      listPrice: usd(1200),
      stock: { available: 5, held: 0, sold: 0, version: 1 },
      isRetired: false,
    },
  ],
  isRetired: false,
  version: 1,
});
const [variant] = product.variants;
if (!variant) throw new Error('no variant');
const { variantId } = variant;

const cartOf = (quantity: number, version: number, line: object = {}, vendorId = 'vnd_aki') => ({
  vendorId,
  vendorName: 'Aki',
  stockPolicy: 'hold-at-checkout',
  lines:
    quantity === 0
      ? []
      : [
          {
            productId: 'prd_tin',
            variantId: 'var_tin',
            title: 'Tea tin',
            quantity,
            unit: usd(1200),
            priceWas: usd(1200),
            available: 5,
            ...line,
          },
        ],
  goods: usd(1200 * quantity),
  version,
});

type Answer = { status?: number; body?: object };
let asked: { method: string; path: string; body: unknown }[];
let answers: (Answer | Promise<Answer>)[];
let socket: MemorySocket;
let cart: CartStore;

beforeEach(() => {
  asked = [];
  answers = [];
  vi.stubGlobal('fetch', async (url: string, { method, body }: RequestInit) => {
    asked.push({
      method: method ?? '',
      path: url.replace('/api/v1', ''),
      body: body ? JSON.parse(String(body)) : undefined,
    });
    const { status = 200, body: said } = (await answers.shift()) ?? {};
    return said ? Response.json(said, { status }) : new Response(undefined, { status: 204 });
  });
  socket = new MemorySocket();
  cart = new CartStore({ ensurePerson: async () => {} }, socket);
});
afterEach(() => vi.unstubAllGlobals());

const tell = (one: object) => socket.tell('checkout.cart-changed', one);
const quantities = () => cart.carts.flatMap(({ lines }) => lines.map(({ quantity }) => quantity));

test('[M-O12] what is added shows at once, and is what the server says once it answers', async () => {
  let answer = (_: Answer) => {};
  answers.push(new Promise((resolve) => (answer = resolve)));
  const added = cart.add(product, variantId);
  expect([cart.count, cart.carts]).toEqual([1, []]);
  answer({ body: cartOf(1, 1) });
  expect(await added).toBe(true);
  expect([cart.count, quantities()]).toEqual([1, [1]]);
  expect(asked).toMatchObject([
    { method: 'PUT', path: '/carts/vnd_aki/lines', body: { variantId: 'var_tin', quantity: 1 } },
  ]);
});

test('[M-O12] quick taps are counted each, and the last word on a line is what is sent', async () => {
  answers.push({ body: cartOf(2, 1) }, { body: cartOf(3, 2) });
  const [first, second] = [cart.add(product, variantId), cart.add(product, variantId)];
  expect(cart.count).toBe(2);
  await Promise.all([first, second]);
  expect([cart.count, quantities()]).toEqual([2, [2]]);
  await cart.add(product, variantId);
  expect(asked.map(({ body }) => body)).toMatchObject([{ quantity: 2 }, { quantity: 3 }]);
});

test('[M-O12] a refusal is said, and the count goes back', async () => {
  const body = { type: '/p', title: 'full', status: 409, code: 'cart-full' };
  answers.push({ status: 409, body });
  expect(await cart.add(product, variantId)).toBe(false);
  expect([cart.count, cart.refusal]).toEqual([0, 'cart-full']);
});

test('[M-O12] another tab’s change is heard, newest version wins, and an empty cart is gone', () => {
  tell(cartOf(2, 5));
  tell(cartOf(1, 4));
  expect(quantities()).toEqual([2]);
  tell(cartOf(3, 1, {}, 'vnd_bo'));
  expect([cart.count, cart.carts.length]).toEqual([5, 2]);
  tell(cartOf(0, 6));
  expect([cart.count, cart.carts.map(({ vendorId }) => vendorId)]).toEqual([3, ['vnd_bo']]);
});

test('[M-O12] carts are read on coming back, and those that are gone leave', async () => {
  tell(cartOf(1, 1, {}, 'vnd_bo'));
  answers.push({ body: { items: [cartOf(2, 3)] } });
  await cart.load();
  expect(cart.carts.map(({ vendorId }) => vendorId)).toEqual(['vnd_aki']);
  expect(cart.isLoaded).toBe(true);
});

test('[M-O12] a cart with a problem in it cannot be bought as it stands', () => {
  tell(cartOf(2, 1));
  expect(cart.carts.map((one) => cart.isReady(one))).toEqual([true]);
  tell(cartOf(2, 2, { problem: 'sold-out' }));
  expect(cart.carts.map((one) => cart.isReady(one))).toEqual([false]);
});

test('[M-O12] a cart is emptied at once', async () => {
  tell(cartOf(2, 1));
  const [one] = cart.carts;
  if (!one) throw new Error('no cart');
  await cart.clear(one.vendorId);
  expect([cart.count, asked.map(({ method }) => method)]).toEqual([0, ['DELETE']]);
});
