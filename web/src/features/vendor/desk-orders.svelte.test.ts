import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeskOrder } from '#contract/checkout.ts';
import { VendorId } from '#contract/ids.ts';
import { DeskOrders, isListed } from './desk-orders.svelte.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const at = (minute: number) => `2026-01-01T00:0${minute}:00Z`;
const order = (id: number, change: object = {}) =>
  DeskOrder.parse({
    orderId: `ord_${id}`,
    state: 'paid',
    buyer: 'wei',
    lines: [],
    totals: {
      ...{ goods: usd(3000), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(3000) },
      isTaxIncluded: false,
    },
    discounts: [],
    fee: usd(150),
    placedAt: at(id),
    refunds: [],
    refunded: usd(0),
    refundable: usd(3000),
    history: [{ at: at(id), state: 'paid', cause: 'paid' }],
    ...change,
  });
const refund = (state: string) => ({
  ...{ refundId: 'rfd_1', state, amount: usd(500), lines: [], units: 'keep' },
  ...{ reason: 'late', by: 'vendor', at: at(9) },
});
const sent = (id: number) =>
  order(id, {
    state: 'fulfilled',
    history: [...order(id).history, { at: at(9), state: 'fulfilled', cause: 'sent' }],
  });

let asked: { path: string; body: unknown; key: string | null }[];
let answers: Map<string, unknown>;
let orders: DeskOrders;

beforeEach(() => {
  asked = [];
  answers = new Map();
  vi.stubGlobal('fetch', async (path: string, { body, headers }: RequestInit = {}) => {
    const key = new Headers(headers).get('idempotency-key');
    asked.push({ path, body: typeof body === 'string' ? JSON.parse(body) : undefined, key });
    const found = answers.get(path);
    if (found instanceof Promise) return Response.json(await found);
    return Response.json(found ?? {}, { status: found ? 200 : 404 });
  });
  orders = new DeskOrders(VendorId.parse('vnd_aki'));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const list = '/api/v1/vendors/vnd_aki/orders?limit=50';
const ids = () => orders.shown.items.map(({ orderId }) => orderId.slice(4)).join();

test('[M-V3] each filter lists what the server lists under it', () => {
  const dispute = { disputeId: 'dp_1', state: 'won', reason: 'fraudulent', amount: usd(1), at: at(1) };
  const under = (one: DeskOrder) =>
    (['all', 'to-send', 'sent', 'refunded', 'disputed'] as const).filter((filter) => isListed(one, filter));
  expect(under(order(1))).toEqual(['all', 'to-send']);
  expect(under(sent(1))).toEqual(['all', 'sent']);
  expect(under(order(1, { refunds: [refund('asked')] }))).toEqual(['all', 'to-send', 'refunded']);
  expect(under(order(1, { refunds: [refund('failed')] }))).toEqual(['all', 'to-send']);
  expect(under(order(1, { dispute }))).toEqual(['all', 'to-send', 'disputed']);
});

test('[M-V3] a filter is asked of the server, and an answer that comes after another choice is dropped', async () => {
  answers.set(list, { items: [order(3), sent(2)] });
  await orders.load();
  const late = Promise.withResolvers<unknown>();
  answers.set(`${list}&state=to-send`, late.promise);
  answers.set(`${list}&state=sent`, { items: [sent(2), sent(1)], next: 'more' });
  const first = orders.choose('to-send');
  expect(ids()).toBe('3');
  await orders.choose('sent');
  late.resolve({ items: [order(3)] });
  await first;
  expect(ids()).toBe('2,1');
  answers.set(`${list}&state=sent&cursor=more`, { items: [sent(1), sent(0)] });
  await orders.more();
  expect(ids()).toBe('2,1,0');
  expect(orders.shown.next).toBeUndefined();
});

test('[M-V3] what the socket tells moves an order between the lists and in the open sheet, and an older word does not', async () => {
  answers.set(list, { items: [order(2), order(1)] });
  answers.set(`${list}&state=to-send`, { items: [order(2), order(1)] });
  answers.set('/api/v1/vendors/vnd_aki/orders/ord_1', order(1));
  await orders.load();
  await orders.choose('to-send');
  await orders.open(order(1));
  orders.put(sent(1));
  expect(ids()).toBe('2');
  expect(orders.opened?.state).toBe('fulfilled');
  orders.put(order(1));
  expect(ids()).toBe('2');
  expect(orders.opened?.state).toBe('fulfilled');
  orders.put(order(3));
  expect(ids()).toBe('3,2');
  expect(orders.all.items.map(({ orderId }) => orderId)).toEqual(['ord_3', 'ord_2', 'ord_1']);
});

test('[M-O10] sending and refunding put their answer in place, and a refund goes with its key', async () => {
  answers.set(list, { items: [order(1)] });
  await orders.load();
  answers.set('/api/v1/vendors/vnd_aki/orders/ord_1/fulfil', sent(1));
  await orders.send(order(1).orderId, { tracking: 'DHL 1' });
  expect(orders.all.items[0]?.state).toBe('fulfilled');
  const back = { ...sent(1), refunds: [refund('asked')], refunded: usd(500) };
  answers.set('/api/v1/vendors/vnd_aki/orders/ord_1/refunds', back);
  const wish = { lines: [], units: 'keep' as const, reason: 'late' };
  await orders.refund(order(1).orderId, wish, 'key-1');
  expect(orders.all.items[0]?.refunded).toEqual(usd(500));
  expect(asked.slice(1)).toEqual([
    { path: '/api/v1/vendors/vnd_aki/orders/ord_1/fulfil', body: { tracking: 'DHL 1' }, key: null },
    { path: '/api/v1/vendors/vnd_aki/orders/ord_1/refunds', body: wish, key: 'key-1' },
  ]);
});

test('a list that cannot be read says so, and is read on the next try', async () => {
  await orders.choose('disputed');
  expect(orders.fault).toBeDefined();
  answers.set(`${list}&state=disputed`, { items: [] });
  await orders.choose('disputed');
  expect(orders.fault).toBeUndefined();
  expect(orders.isLoading).toBe(false);
});
