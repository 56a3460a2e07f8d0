import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type DeskProduct, pageOf } from '#contract/catalog.ts';
import { Address, AddressBook, Cart, Carts, DeskOrder, OrderView } from '#contract/checkout.ts';
import type { StreamId, VendorId } from '#contract/ids.ts';
import { composeWorkers } from '../../workers/compose.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, openSocket, type TestHouse } from '../support/house.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let workers: AsyncDisposable;
let aki: Person;
let bo: Person;
let vendorId: VendorId;
let bosVendor: VendorId;
let streamId: StreamId;
let teapot: DeskProduct;

beforeAll(async () => {
  house = await openHouse();
  workers = await composeWorkers(house.config);
  const hana = await house.visit('hana');
  [aki, bo] = [await house.visit('aki'), await house.visit('bo')];
  [vendorId, bosVendor] = [await shop.openVendor(aki), await shop.openVendor(bo, 'Bo Coats')];
  const channelId = await shop.openChannel(hana);
  await shop.approve(aki, vendorId, channelId);
  await purse.connect(aki, vendorId, (accountId) => house.stripe.control.finishOnboarding(accountId));
  await vi.waitUntil(() => purse.isPayable(aki, vendorId), { timeout: 8000 });
  ({ streamId } = await shop.schedule(hana, channelId));
  teapot = await shop.addProduct(aki, vendorId, { stock: 40 });
  await hana.call('PUT', `/streams/${streamId}/showcase/${teapot.productId}`);
  await hana.call('POST', `/streams/${streamId}/go-live`);
}, 30_000);
afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const paidBy = async (buyer: Person) => {
  const order = await purse.place(buyer, { product: teapot, streamId, total: 4000 });
  await purse.pay(buyer, order.orderId);
  const isPaid = async () => (await buyer.get(order.link, OrderView)).state;
  await expect.poll(isPaid, { timeout: 8000 }).toBe('paid');
  return order;
};
const desk = (orderId: string, act = '') => `/vendors/${vendorId}/orders/${orderId}${act}`;
const give = (person: Person, path: string, body: unknown) =>
  person.call('POST', path, body, { 'idempotency-key': randomUUID() });
const back = { units: 'restock', reason: 'came back' };
const line = (quantity: number, more: object = {}) => ({
  productId: teapot.productId,
  variantId: teapot.variants[0]?.variantId,
  quantity,
  ...more,
});

test('[M-V3] [M-O10] sent and refunded show to buyer and desk within 2 s, and each act leaves one audit entry', async () => {
  const buyer = await house.visit('v1');
  const { orderId } = await paidBy(buyer);
  await using buyersSocket = await openSocket(buyer);
  await using desksSocket = await openSocket(aki);
  const sees = (
    socket: typeof buyersSocket,
    t: string,
    shape: typeof OrderView | typeof DeskOrder,
    state: string,
  ) =>
    socket.until(
      () =>
        socket.heard(t).some(({ d }) => shape.parse(d).orderId === orderId && shape.parse(d).state === state),
      2000,
    );
  const sent = await aki.send('POST', desk(orderId, '/fulfil'), { tracking: 'RR 1' }, DeskOrder);
  expect(sent).toMatchObject({ state: 'fulfilled', tracking: 'RR 1', invoiceNumber: expect.any(Number) });
  await sees(buyersSocket, 'checkout.order-changed', OrderView, 'fulfilled');
  await sees(desksSocket, 'checkout.desk-order-changed', DeskOrder, 'fulfilled');
  expect((await give(aki, desk(orderId, '/fulfil'), {})).body).toMatchObject({ code: 'order-not-paid' });

  const key = randomUUID();
  for (let tap = 0; tap < 2; tap += 1)
    expect(await aki.send('POST', desk(orderId, '/refunds'), back, DeskOrder, key)).toMatchObject({
      refunded: { amount: 4000 },
      refunds: [{ amount: { amount: 4000 } }],
    });
  await sees(buyersSocket, 'checkout.order-changed', OrderView, 'refunded');
  await sees(desksSocket, 'checkout.desk-order-changed', DeskOrder, 'refunded');
  const entries = await house.slices.mongo.collection('audit').find({ object: orderId }).toArray();
  expect(entries.map(({ action }) => action)).toEqual(['order.fulfil', 'order.refund', 'order.refund']);
  const [fact] = (await house.slices.checkout.orders.byStream(streamId)).filter(
    (one) => one.orderId === orderId,
  );
  expect(fact).toMatchObject({ state: 'refunded', refunded: { amount: 4000 }, total: { amount: 4000 } });
});

test('[M-V3] [RULE-5] another vendor’s sale is nothing, and a buyer neither sends nor refunds', async () => {
  const buyer = await house.visit('v2');
  const { orderId } = await paidBy(buyer);
  for (const act of ['', '/fulfil', '/refunds']) {
    const method = act === '' ? 'GET' : 'POST';
    const body = act === '/refunds' ? back : act === '' ? undefined : {};
    const headers = { 'idempotency-key': randomUUID() };
    const foreign = `/vendors/${bosVendor}/orders/${orderId}${act}`;
    const none = `/vendors/${bosVendor}/orders/ord_nobody${act}`;
    const [one, other] = [
      await bo.call(method, foreign, body, headers),
      await bo.call(method, none, body, headers),
    ];
    expect([one.status, other.status]).toEqual([404, 404]);
    expect(one.body).toMatchObject({ code: 'not-found' });
    expect((await buyer.call(method, desk(orderId, act), body, headers)).status).toBe(403);
    expect((await bo.call(method, desk(orderId, act), body, headers)).status).toBe(403);
  }
  const unpaid = await purse.place(buyer, { product: teapot, streamId, total: 4000 });
  expect((await give(aki, desk(unpaid.orderId, '/refunds'), back)).status).toBe(404);
  expect(await buyer.get(`/orders/${orderId}`, OrderView)).toMatchObject({ state: 'paid', refunds: [] });
});

test('[M-V3] a desk lists its sales by what is to be done', async () => {
  const { orderId } = await paidBy(await house.visit('v3'));
  const listed = async (state: string) =>
    (await aki.get(`/vendors/${vendorId}/orders?state=${state}`, pageOf(DeskOrder))).items.map(
      (one) => one.orderId,
    );
  expect(await listed('to-send')).toContain(orderId);
  expect(await listed('sent')).not.toContain(orderId);
  await aki.send('POST', desk(orderId, '/fulfil'), {}, DeskOrder);
  expect(await listed('to-send')).not.toContain(orderId);
  expect(await listed('sent')).toContain(orderId);
  expect(await listed('disputed')).toEqual([]);
});

test('[M-O12] what is added in one tab shows in the other, survives a reload, and follows a price change', async () => {
  const buyer = await house.visit('v4');
  await using tabB = await openSocket(buyer);
  const heard = () => tabB.heard('checkout.cart-changed').map(({ d }) => Cart.parse(d));
  await buyer.send('PUT', `/carts/${vendorId}/lines`, line(2, { streamId }), Cart);
  await tabB.until(() => heard().some(({ lines }) => lines[0]?.quantity === 2), 2000);
  const { items } = await buyer.get('/carts', Carts);
  expect(items).toMatchObject([{ vendorName: 'Aki Teaware', streamId, goods: { amount: 8000 } }]);
  const scarf = await shop.addProduct(aki, vendorId, { title: 'Scarf', list: 2000, floor: 0 });
  const other = { productId: scarf.productId, variantId: scarf.variants[0]?.variantId, quantity: 1 };
  await buyer.send('PUT', `/carts/${vendorId}/lines`, other, Cart);
  const path = `/vendors/${vendorId}/products/${scarf.productId}`;
  const cheaper = { listPrice: { amount: 1500, currency: 'USD' } };
  expect((await aki.call('PATCH', path, cheaper, { 'if-match': '"1"' })).status).toBe(200);
  await tabB.until(() => heard().at(-1)?.lines[1]?.unit.amount === 1500, 2000);
  expect(heard().at(-1)?.lines[1]).toMatchObject({ priceWas: { amount: 2000 }, problem: 'not-in-showcase' });
  await buyer.call('DELETE', `/carts/${vendorId}`);
  expect(await buyer.get('/carts', Carts)).toEqual({ items: [] });
  const stranger = await house.visit('v5');
  expect(await stranger.get('/carts', Carts)).toEqual({ items: [] });
  expect((await (await house.visit()).call('GET', '/carts')).status).toBe(401);
});

test('[M-O6] a guest keeps addresses and a cart, and nobody else reads them', async () => {
  const guest = await house.visit();
  await guest.call('POST', '/guest-sessions');
  const home = { name: 'V20', street: 'Long Lane 1', city: 'York', postcode: 'YO1', country: 'GB' };
  const { addressId } = await guest.send('POST', '/addresses', home, Address);
  await guest.send('PUT', `/addresses/${addressId}`, { ...home, street: 'Short Lane 2' }, Address);
  expect(await guest.get('/addresses', AddressBook)).toMatchObject({
    items: [{ addressId, street: 'Short Lane 2', isDefault: false }],
  });
  await guest.send('PUT', `/carts/${vendorId}/lines`, line(1), Cart);
  const other = await house.visit('v6');
  expect(await other.get('/addresses', AddressBook)).toEqual({ items: [] });
  for (const [method, body] of [
    ['PUT', home],
    ['DELETE', undefined],
  ] as const) {
    const foreign = await other.call(method, `/addresses/${addressId}`, body);
    const none = await other.call(method, '/addresses/adr_none', body);
    expect([foreign.status, none.status]).toEqual([404, 404]);
  }
  expect((await guest.call('DELETE', `/addresses/${addressId}`)).status).toBe(204);
  expect(await guest.get('/addresses', AddressBook)).toEqual({ items: [] });
});

test('[S0.11] an order’s link opens that order alone, whole and unaltered', async () => {
  const guest = await house.visit();
  await guest.call('POST', '/guest-sessions');
  const [one, other] = [await paidBy(guest), await paidBy(guest)];
  const stranger = await house.visit();
  expect((await stranger.get(one.link, OrderView)).orderId).toBe(one.orderId);
  const keyOf = ({ link }: { link: string }) => link.split('key=')[1] ?? '';
  const key = keyOf(one);
  const flipped = `${key.startsWith('A') ? 'B' : 'A'}${key.slice(1)}`;
  for (const path of [
    `/orders/${other.orderId}?key=${key}`,
    `/orders/${one.orderId}?key=${flipped}`,
    `/orders/${one.orderId}?key=${key}&key=${key}`,
    `/orders/${one.orderId}?key[$ne]=`,
    `/orders/${one.orderId}`,
  ])
    expect([404, 422]).toContain((await stranger.call('GET', path)).status);
  const cancelled = await stranger.call('POST', `/orders/${one.orderId}/cancel?key=${key}`);
  expect(cancelled.status).toBe(401);
});
