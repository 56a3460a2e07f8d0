import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeskOrder } from '#contract/checkout.ts';
import { VendorId } from '#contract/ids.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { VendorDesk } from './vendor.svelte.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const at = '2026-01-01T00:00:00.000Z';
const product = {
  ...{ productId: 'prd_cup', vendorId: 'vnd_aki', title: 'Cup', description: '', attributes: [] },
  ...{ isRetired: false, version: 1, createdAt: at },
  variants: [
    {
      ...{ variantId: 'var_cup', listPrice: usd(3000), floorPrice: usd(2000), isRetired: false },
      stock: { available: 1, held: 0, sold: 0, version: 1 },
    },
  ],
};
const order = (orderId: string, productId: string, state = 'paid') =>
  DeskOrder.parse({
    ...{ orderId, state, buyer: 'wei', discounts: [], fee: usd(150), placedAt: at, refunds: [] },
    lines: [
      {
        ...{ productId, variantId: 'var_cup', title: 'Cup', quantity: 1 },
        ...{ list: usd(3000), unit: usd(3000), subtotal: usd(3000), discount: usd(0), total: usd(3000) },
      },
    ],
    totals: {
      ...{ goods: usd(3000), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(3000) },
      isTaxIncluded: true,
    },
    refunded: usd(0),
    refundable: usd(3000),
    history: state === 'paid' ? [] : [{ at, state, cause: 'sent' }],
  });

let pages: Map<string, unknown>;
let asked: string[];
let socket: MemorySocket;
let desk: VendorDesk;

beforeEach(async () => {
  asked = [];
  const base = '/api/v1/vendors/vnd_aki';
  pages = new Map<string, unknown>([
    [base, { vendorId: 'vnd_aki', name: 'Aki' }],
    [`${base}/products?limit=100`, { items: [product] }],
    [`${base}/orders?limit=50`, { items: [] }],
    [`${base}/orders?limit=50&state=sent`, { items: [] }],
    [`${base}/drops`, { drops: [] }],
    [`${base}/channels`, { items: [] }],
    [`${base}/payout`, { state: 'active', isPayable: true, missing: [] }],
  ]);
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path.slice(base.length));
    const found = pages.get(path);
    return Response.json(found ?? {}, { status: found ? 200 : 404 });
  });
  socket = new MemorySocket();
  desk = new VendorDesk(VendorId.parse('vnd_aki'));
  await desk.load();
  asked = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const ids = () => desk.orders.all.items.map(({ orderId }) => orderId);

test('[M-V3] a sale of the own goods comes by itself and goes on by itself; another shop’s does not', () => {
  const stop = desk.follow(socket);
  socket.tell('checkout.sold', order('ord_1', 'prd_cup'));
  socket.tell('checkout.sold', order('ord_2', 'prd_of_others'));
  expect(ids()).toEqual(['ord_1']);
  expect(desk.toSend).toBe(1);
  // The units on the shelf changed with it.
  expect(asked).toEqual(['/products?limit=100']);
  socket.tell('checkout.desk-order-changed', order('ord_1', 'prd_cup', 'fulfilled'));
  expect(desk.toSend).toBe(0);
  stop();
  socket.tell('checkout.sold', order('ord_3', 'prd_cup'));
  expect(ids()).toEqual(['ord_1']);
});

test('[M-V3] after a cut the lists in sight and the open order are read anew', async () => {
  const base = '/api/v1/vendors/vnd_aki/orders';
  const sent = order('ord_1', 'prd_cup', 'fulfilled');
  desk.orders.put(order('ord_1', 'prd_cup'));
  desk.orders.opened = order('ord_1', 'prd_cup');
  await desk.orders.choose('sent');
  pages.set(`${base}?limit=50`, { items: [sent] });
  pages.set(`${base}?limit=50&state=sent`, { items: [sent] });
  pages.set(`${base}/ord_1`, sent);
  await desk.catchUp();
  expect(desk.orders.shown.items.map(({ state }) => state)).toEqual(['fulfilled']);
  expect(desk.orders.all.items[0]?.state).toBe('fulfilled');
  expect(desk.orders.opened?.state).toBe('fulfilled');
});
