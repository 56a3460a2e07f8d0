import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DeskProduct } from '#contract/catalog.ts';
import { Address, OrderView } from '#contract/checkout.ts';
import type { StreamId, VendorId } from '#contract/ids.ts';
import { composeWorkers } from '../../workers/compose.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let aki: Person;
let buyer: Person;
let vendorId: VendorId;
let streamId: StreamId;
let teapot: DeskProduct;
let paid: OrderView;
let addressId = '';
beforeAll(async () => {
  house = await openHouse();
  // Nobody works on the record once the order is paid: it stands still for the tests.
  await using _workers = await composeWorkers(house.config);
  const hana = await house.visit('hana');
  [aki, buyer] = [await house.visit('aki'), await house.visit('v1')];
  vendorId = await shop.openVendor(aki);
  const channelId = await shop.openChannel(hana);
  await shop.approve(aki, vendorId, channelId);
  await purse.connect(aki, vendorId, (accountId) => house.stripe.control.finishOnboarding(accountId));
  await vi.waitUntil(() => purse.isPayable(aki, vendorId), { timeout: 8000 });
  ({ streamId } = await shop.schedule(hana, channelId));
  teapot = await shop.addProduct(aki, vendorId, { stock: 40 });
  await hana.call('PUT', `/streams/${streamId}/showcase/${teapot.productId}`);
  const order = await purse.place(buyer, { product: teapot, streamId, total: 4000 });
  await purse.pay(buyer, order.orderId);
  const isPaid = async () => (await buyer.get(`/orders/${order.orderId}`, OrderView)).state === 'paid';
  await vi.waitUntil(isPaid, { timeout: 8000 });
  paid = await buyer.get(`/orders/${order.orderId}`, OrderView);
  ({ addressId } = await buyer.send('POST', '/addresses', home(), Address));
}, 30_000);
afterAll(() => house[Symbol.asyncDispose]());

/** Everything of the order path that is stored, but for events on their way. */
const stored = async () => {
  const names = ['orders', 'carts', 'addresses', 'invoice_series', 'stock', 'money_moves'];
  const all = names.map((name) =>
    house.slices.mongo
      .collection(name)
      .find({}, { projection: { outbox: 0 } })
      .sort({ _id: 1 })
      .toArray(),
  );
  return JSON.stringify(await Promise.all(all));
};
const home = (more: object = {}) => ({
  name: 'V1',
  street: 'Long Lane 1',
  city: 'York',
  postcode: 'YO1',
  country: 'GB',
  ...more,
});
const usd = (amount: unknown) => ({ amount, currency: 'USD' });
const variantId = () => teapot.variants[0]?.variantId;
const line = (quantity: unknown = 1) => ({ productId: teapot.productId, variantId: variantId(), quantity });
const sale = () => `/vendors/${vendorId}/orders/${paid.orderId}`;
const call = (person: Person, method: string, path: string, body: unknown, key: string = randomUUID()) =>
  person.call(method, path, body, { 'idempotency-key': key });
const back = { units: 'restock', reason: 'x' };

type Ask = [Person, string, string, unknown];
/** Each is refused with a status that says why, and nothing is stored. */
const expectRefused = async (asks: Ask[], statuses: number[] = [422]): Promise<void> => {
  const before = await stored();
  for (const [person, method, path, body] of asks) {
    const { status } = await call(person, method, path, body);
    expect([method, path, JSON.stringify(body), statuses.includes(status) ? 'refused' : status]).toEqual([
      method,
      path,
      JSON.stringify(body),
      'refused',
    ]);
  }
  expect(await stored()).toBe(before);
};

test.each<[string, unknown]>([
  ['less than nothing', -1],
  ['a fraction', 1.5],
  ['1e21', 1e21],
  ['a hundred', 100],
  ['words', '1'],
  ['an operator', { $gt: 0 }],
  ['a list', [1]],
  ['nothing', null],
])('[B10] a quantity of %s is refused wherever one is given, and nothing is stored', async (_, quantity) => {
  await expectRefused([
    [buyer, 'POST', '/quotes', { lines: [line(quantity)] }],
    [buyer, 'POST', '/orders', { lines: [line(quantity)], quotedTotal: usd(4000) }],
    [buyer, 'PUT', `/carts/${vendorId}/lines`, line(quantity)],
    [aki, 'POST', `${sale()}/refunds`, { ...back, lines: [{ variantId: variantId(), quantity }] }],
  ]);
});

test('[B10] no units are ordered or returned, and stacked lines are refused', async () => {
  await expectRefused([
    [buyer, 'POST', '/quotes', { lines: [line(0)] }],
    [buyer, 'POST', '/orders', { lines: [line(0)], quotedTotal: usd(0) }],
    [aki, 'POST', `${sale()}/refunds`, { ...back, lines: [{ variantId: variantId(), quantity: 0 }] }],
    [buyer, 'POST', '/quotes', { lines: [] }],
    [buyer, 'POST', '/quotes', { lines: [line(), line()] }],
    [buyer, 'POST', '/orders', { lines: [line(), line()], quotedTotal: usd(8000) }],
    [
      aki,
      'POST',
      `${sale()}/refunds`,
      {
        ...back,
        lines: [
          { variantId: variantId(), quantity: 1 },
          { variantId: variantId(), quantity: 1 },
        ],
      },
    ],
    [buyer, 'POST', '/quotes', { lines: Array.from({ length: 21 }, () => line()) }],
  ]);
});

test.each<[string, unknown]>([
  ['less than nothing', usd(-1)],
  ['a fraction', usd(1.5)],
  ['1e21', usd(1e21)],
  ['a price beyond all', usd(100_000_000)],
  ['no such currency', { amount: 4000, currency: 'QQQ' }],
  ['an operator', { $gt: 0 }],
  ['an operator inside', usd({ $gt: 0 })],
  ['a bare number', 4000],
])('[B10] money of %s is refused wherever it is given, and nothing is stored', async (_, amount) => {
  await expectRefused([
    [buyer, 'POST', '/orders', { lines: [line()], quotedTotal: amount }],
    [aki, 'POST', `${sale()}/refunds`, { ...back, amount }],
  ]);
});

test('[B10] another currency, and more than was paid, are refused; nothing is refunded and nothing stored', async () => {
  await expectRefused(
    [
      [buyer, 'POST', '/orders', { lines: [line()], quotedTotal: { amount: 4000, currency: 'EUR' } }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, amount: { amount: 4000, currency: 'EUR' } }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, amount: usd(4001) }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, lines: [{ variantId: variantId(), quantity: 2 }] }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, lines: [{ variantId: 'var_other', quantity: 1 }] }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, amount: usd(0) }],
    ],
    [409, 422],
  );
});

test('[B2] operators and lists in the place of words are refused, in bodies and in queries', async () => {
  const evil: unknown[] = [{ $gt: '' }, { $ne: null }, { $where: '1' }, ['x'], { $expr: { $eq: [1, 1] } }];
  await expectRefused(
    evil.flatMap((word): Ask[] => [
      [buyer, 'POST', '/quotes', { lines: [{ ...line(), productId: word }] }],
      [buyer, 'POST', '/quotes', { lines: [{ ...line(), variantId: word }] }],
      [buyer, 'POST', '/quotes', { lines: [line()], streamId: word }],
      [buyer, 'POST', '/quotes', { lines: [line()], coupon: word }],
      [buyer, 'POST', '/quotes', { lines: [line()], destination: word }],
      [buyer, 'POST', '/orders', { lines: [line()], quotedTotal: usd(4000), email: word }],
      [buyer, 'POST', '/orders', { lines: [line()], quotedTotal: usd(4000), isFromCart: word }],
      [buyer, 'POST', '/orders', { lines: [line()], quotedTotal: usd(4000), delivery: home({ city: word }) }],
      [buyer, 'POST', `/orders/${paid.orderId}/payments`, { confirmationToken: word }],
      [buyer, 'PUT', `/carts/${vendorId}/lines`, { ...line(), productId: word }],
      [buyer, 'POST', '/addresses', home({ street: word })],
      [buyer, 'PUT', `/addresses/${addressId}`, home({ isDefault: word })],
      [aki, 'POST', `${sale()}/fulfil`, { tracking: word }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, reason: word }],
      [aki, 'POST', `${sale()}/refunds`, { ...back, units: word }],
    ]),
  );
  await expectRefused([
    [aki, 'GET', `/vendors/${vendorId}/orders?state=to-send&state=sent`, undefined],
    [aki, 'GET', `/vendors/${vendorId}/orders?limit=1e9`, undefined],
    [aki, 'GET', `/vendors/${vendorId}/orders?limit=1&limit=2`, undefined],
    [buyer, 'GET', '/orders?limit=-1', undefined],
    [buyer, 'GET', '/orders?cursor=a&cursor=b', undefined],
  ]);
  // A parameter of another name is no filter at all.
  const [plain, odd] = await Promise.all(
    ['', '?state[$ne]=paid&state[]=sent'].map((query) =>
      aki.call('GET', `/vendors/${vendorId}/orders${query}`),
    ),
  );
  expect(odd).toMatchObject({ status: 200, body: Object(plain?.body) });
});

test('[B9] ids of others, of nobody, of no form and of no size are all the same nothing', async () => {
  const stranger = await house.visit('v2');
  const odd = [
    'ord_nobody',
    'nonsense',
    '..%2f..',
    'ord_%00',
    '%5B%24ne%5D',
    `ord_${'x'.repeat(3000)}`,
    '1e21',
  ];
  const nothing = await stranger.call('GET', '/orders/ord_none');
  const alike = (body: unknown) => {
    const { code, title, status, type } = Object(body);
    return { code, title, status, type };
  };
  const before = await stored();
  for (const id of [paid.orderId, ...odd])
    for (const [person, method, path, body] of [
      [stranger, 'GET', `/orders/${id}`, undefined],
      [stranger, 'POST', `/orders/${id}/cancel`, undefined],
      [stranger, 'POST', `/orders/${id}/payments`, { confirmationToken: 'ctoken_1' }],
      ...(id === paid.orderId
        ? []
        : [
            [aki, 'GET', `/vendors/${vendorId}/orders/${id}`, undefined] as const,
            [aki, 'POST', `/vendors/${vendorId}/orders/${id}/fulfil`, {}] as const,
            [aki, 'POST', `/vendors/${vendorId}/orders/${id}/refunds`, back] as const,
          ]),
    ] as const) {
      const answer = await call(person, method, path, body);
      expect([path.slice(0, 80), answer.status]).toEqual([path.slice(0, 80), 404]);
      expect(alike(answer.body)).toEqual(alike(nothing.body));
    }
  for (const id of [addressId, 'adr_none', 'nonsense', '%24ne']) {
    expect((await call(stranger, 'PUT', `/addresses/${id}`, home())).status).toBe(404);
    expect((await call(stranger, 'DELETE', `/addresses/${id}`, undefined)).status).toBe(404);
  }
  for (const id of ['vnd_none', 'nonsense', '%24ne'])
    expect((await call(stranger, 'PUT', `/carts/${id}/lines`, line())).status).toBe(404);
  const foreign = { ...line(), productId: 'prd_none' };
  expect((await call(stranger, 'POST', '/quotes', { lines: [foreign] })).status).toBe(404);
  expect(await stored()).toBe(before);
});

test('[B18] an idempotency key of another form, and doubled or foreign parameters, change nothing', async () => {
  const before = await stored();
  const body = { lines: [line()], quotedTotal: usd(4000) };
  for (const key of ['short', 'x'.repeat(65), 'with space in it', '{"$gt":""}', 'häßlich-key'.normalize()]) {
    const ascii = encodeURI(key);
    const asked = [
      buyer.call('POST', '/orders', body, { 'idempotency-key': ascii }),
      aki.call('POST', `${sale()}/refunds`, back, { 'idempotency-key': ascii }),
      buyer.call('POST', '/addresses', home(), { 'idempotency-key': ascii }),
    ];
    for (const { status } of await Promise.all(asked)) expect([ascii, status]).toEqual([ascii, 422]);
  }
  expect((await buyer.call('POST', '/orders', body)).status).toBe(422);
  expect((await aki.call('POST', `${sale()}/refunds`, back)).status).toBe(422);
  expect(await stored()).toBe(before);
  const forged = {
    ...body,
    personId: 'acc_other',
    state: 'paid',
    totals: { total: usd(1) },
    orderId: 'ord_mine',
  };
  const placed = await call(buyer, 'POST', '/orders?orderId=ord_mine', forged);
  expect(placed).toMatchObject({ status: 201, body: { state: 'held', totals: { total: usd(4000) } } });
  expect(Object(placed.body).orderId).not.toBe('ord_mine');
});

test.each([
  ['a country of no form', { country: 'gb' }],
  ['no street', { street: '   ' }],
  ['a street without end', { street: 'x'.repeat(201) }],
  ['no name', { name: undefined }],
  ['a book for a phone', { phone: '1'.repeat(41) }],
])('[B10] an address with %s is refused in the book and on an order', async (_, more) => {
  await expectRefused([
    [buyer, 'POST', '/addresses', home(more)],
    [buyer, 'PUT', `/addresses/${addressId}`, home(more)],
    [buyer, 'POST', '/orders', { lines: [line()], quotedTotal: usd(4000), delivery: home(more) }],
  ]);
});
