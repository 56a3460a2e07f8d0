import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type DeskProduct, ProductView, pageOf } from '#contract/catalog.ts';
import { DeskOrder, OrderView, PayAnswer, PlacedOrder, Quote } from '#contract/checkout.ts';
import { ClaimAnswer, DropDeskView, Wallet } from '#contract/drops.ts';
import type { ChannelId, StreamId, VendorId } from '#contract/ids.ts';
import { PaymentConfig, PayoutLink, PayoutStatus } from '#contract/payments.ts';
import { TimelineEntry } from '#contract/rooms.ts';
import { logger } from '#server/platform/logger.ts';
import { composeWorkers } from '../../workers/compose.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, openSocket, type TestHouse } from '../support/house.ts';
import { shop } from '../support/shop.ts';

let house: TestHouse;
let workers: AsyncDisposable;
let aki: Person;
let hana: Person;
let vendorId: VendorId;
let channelId: ChannelId;
let streamId: StreamId;
let teapot: DeskProduct;

beforeAll(async () => {
  house = await openHouse({ environment: { HOLD_SECONDS: '4' } });
  workers = await composeWorkers(house.config);
  [aki, hana] = [await house.visit('aki'), await house.visit('hana')];
  vendorId = await shop.openVendor(aki);
  channelId = await shop.openChannel(hana);
  await shop.approve(aki, vendorId, channelId);
  await connectPayout();
  ({ streamId } = await shop.schedule(hana, channelId));
  teapot = await shop.addProduct(aki, vendorId, { list: 10_000, floor: 2500, stock: 40 });
  await hana.call('PUT', `/streams/${streamId}/showcase/${teapot.productId}`);
  await hana.call('POST', `/streams/${streamId}/go-live`);
}, 30_000);
afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

async function connectPayout(): Promise<void> {
  const link = await aki.send(
    'POST',
    `/vendors/${vendorId}/payout/connect`,
    { returnPath: '/vendor' },
    PayoutLink,
  );
  const accountId = /acct_\w+/.exec(link.url)?.[0] ?? '';
  house.stripe.control.finishOnboarding(accountId);
  await until(async () => (await aki.get(`/vendors/${vendorId}/payout`, PayoutStatus)).isPayable);
}

async function until(holds: () => Promise<boolean> | boolean, withinMs = 8000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come about within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const askOf = ({ productId, variants: [variant] }: DeskProduct, total: number, more: object = {}) => ({
  lines: [{ productId, variantId: variant?.variantId, quantity: 1 }],
  streamId,
  quotedTotal: { amount: total, currency: 'USD' },
  ...more,
});

/** A confirmation token as the panel makes one, out of a card's number. */
async function panelToken(number: string): Promise<string> {
  const response = await fetch(`${house.address}/stripe-sim/v1/confirmation_tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${house.config.payments.publishableKey}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      'payment_method_data[type]': 'card',
      'payment_method_data[card][number]': number,
      'payment_method_data[card][exp_month]': '12',
      'payment_method_data[card][exp_year]': '2034',
      'payment_method_data[card][cvc]': '737',
    }),
  });
  return z.object({ id: z.string() }).parse(await response.json()).id;
}
const pay = async (buyer: Person, { orderId }: { orderId: string }, number = '4242424242424242') =>
  buyer.send(
    'POST',
    `/orders/${orderId}/payments`,
    { confirmationToken: await panelToken(number) },
    PayAnswer,
  );

test('[S0.15] buyer, vendor and room see a sale within 2 s of the webhook: receipt, Sold, and stock alone', async () => {
  const buyer = await house.visit('v1');
  await using buyersSocket = await openSocket(buyer);
  await using vendorsSocket = await openSocket(aki);
  await using otherSocket = await openSocket(await house.visit('v2'));
  await otherSocket.ask('room.enter', { streamId });
  const order = await buyer.send('POST', '/orders', askOf(teapot, 10_000), PlacedOrder);
  expect(order).toMatchObject({ state: 'held', vendorName: 'Aki Teaware', streamId });
  const before = otherSocket.heard('rooms.stock').length;
  await pay(buyer, order);
  await house.stripe.webhooksSettled();
  const isReceipt = () =>
    buyersSocket.heard('checkout.order-changed').some(({ d }) => {
      const view = OrderView.parse(d);
      return view.orderId === order.orderId && view.state === 'paid';
    });
  await buyersSocket.until(isReceipt, 2000);
  await vendorsSocket.until(() => vendorsSocket.heard('checkout.sold').length > 0, 2000);
  await otherSocket.until(() => otherSocket.heard('rooms.stock').length > before, 2000);
  const sold = DeskOrder.parse(vendorsSocket.heard('checkout.sold').at(-1)?.d);
  expect(sold).toMatchObject({ orderId: order.orderId, buyer: 'v1', fee: { amount: 500 } });
  expect(JSON.stringify(otherSocket.frames)).not.toContain(order.orderId);

  const mine = await buyer.get('/orders', pageOf(OrderView));
  expect(mine.items).toMatchObject([{ orderId: order.orderId, state: 'paid', card: { last4: '4242' } }]);
  const desk = await aki.get(`/vendors/${vendorId}/orders`, pageOf(DeskOrder));
  expect(desk.items[0]).toMatchObject({ orderId: order.orderId, totals: { total: { amount: 10_000 } } });
  await until(async () => {
    const { items } = await hana.get(
      `/streams/${streamId}/timeline`,
      z.object({ items: z.array(TimelineEntry) }),
    );
    return items.some(({ kind, data }) => kind === 'order-paid' && data.orderId === order.orderId);
  });
  const [fact] = (await house.slices.checkout.orders.byStream(streamId)).filter(({ paidAt }) => paidAt);
  expect(fact).toMatchObject({ goods: { amount: 10_000 }, discount: { amount: 0 }, vendorId });
});

test('[S0.13] card number, security code and payment secrets are in no document, log line or frame', async () => {
  const lines: string[] = [];
  const level = logger.level;
  const stream: unknown = Reflect.get(logger, pino.symbols.streamSym);
  Reflect.set(logger, pino.symbols.streamSym, { write: (line: string) => void lines.push(line) });
  logger.level = 'trace';
  const buyer = await house.visit('v3');
  await using buyersSocket = await openSocket(buyer);
  const number = '4000002760003184';
  let secret: string | undefined;
  try {
    const order = await buyer.send(
      'POST',
      '/orders',
      askOf(teapot, 10_000, { email: 'v3@example.org' }),
      PlacedOrder,
    );
    const answer = await pay(buyer, order, number);
    secret = answer.clientSecret;
    const intentId = /pi_[A-Za-z0-9]+/.exec(secret ?? '')?.[0] ?? '';
    house.stripe.control.authenticate(intentId, 'complete');
    await until(async () => (await buyer.get(`/orders/${order.orderId}`, OrderView)).state === 'paid');
  } finally {
    Reflect.set(logger, pino.symbols.streamSym, stream);
    logger.level = level;
  }
  expect(secret).toMatch(/_secret_/);
  const record: string[] = [];
  for (const { name } of await house.slices.mongo.listCollections())
    for (const document of await house.slices.mongo.collection(name).find({}).toArray())
      record.push(`${name} ${JSON.stringify(document)}`);
  expect(record.join()).toContain('v3@example.org');
  expect(lines.length).toBeGreaterThan(5);
  const keys = await house.slices.redis.keys('*');
  const texts = [...record, ...lines, ...keys, ...buyersSocket.frames.map((frame) => JSON.stringify(frame))];
  const { secretKey, webhookSecret } = house.config.payments;
  for (const word of [number, '"737"', secret ?? '', '_secret_', secretKey, webhookSecret])
    expect(
      texts.filter((text) => text.includes(word)),
      word,
    ).toEqual([]);
});

test('[S0.11] a guest buys, and reads the order by its link without signing in; nobody else reads it', async () => {
  const guest = await house.visit();
  await guest.call('POST', '/guest-sessions');
  const order = await guest.send('POST', '/orders', askOf(teapot, 10_000), PlacedOrder);
  await pay(guest, order);
  const stranger = await house.visit();
  await until(async () => (await stranger.get(order.link, OrderView)).state === 'paid');
  const other = await house.visit('v4');
  for (const path of [`/orders/${order.orderId}`, `${order.link}x`, order.link.replace(/key=.*/, 'key=')])
    expect((await other.call('GET', path)).status).toBe(404);
  expect((await other.call('POST', `/orders/${order.orderId}/cancel`)).status).toBe(404);
  expect(
    (await stranger.call('POST', '/orders', askOf(teapot, 10_000), { 'idempotency-key': 'nobody-key' }))
      .status,
  ).toBe(401);
  expect((await other.call('GET', `/vendors/${vendorId}/orders`)).status).toBe(403);
});

test('[S0.16] a hold ends by itself at its instant, and the panel that comes later cannot pay', async () => {
  const buyer = await house.visit('v5');
  const scarf = await shop.addProduct(aki, vendorId, { title: 'Scarf', list: 2000, floor: 0, stock: 1 });
  const order = await buyer.send('POST', '/orders', askOf(scarf, 2000, { streamId: undefined }), PlacedOrder);
  const second = await house.visit('v6');
  expect(
    await second.call('POST', '/orders', askOf(scarf, 2000, { streamId: undefined }), {
      'idempotency-key': 'just-taken',
    }),
  ).toMatchObject({
    status: 409,
    body: { code: 'out-of-stock' },
  });
  await until(async () => (await buyer.get(`/orders/${order.orderId}`, OrderView)).state === 'expired');
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(order.holdEndsAt));
  const { variants } = await buyer.get(`/products/${scarf.productId}`, ProductView);
  expect(variants[0]?.stock).toMatchObject({ available: 1, held: 0 });
  const late = await buyer.call('POST', `/orders/${order.orderId}/payments`, {
    confirmationToken: await panelToken('4242424242424242'),
  });
  expect(late).toMatchObject({ status: 409, body: { code: 'hold-ended' } });
}, 15_000);

test('[S3.9] a coupon out of a drop is quoted, charged to the cent and used up by the paid order; abandoned it comes back', async () => {
  const winner = await house.visit('w1');
  const form = {
    title: 'Teapot drop',
    coupon: { kind: 'fixed', amountOff: { amount: 7000, currency: 'USD' } },
    minimumSpend: { amount: 3000, currency: 'USD' },
    productIds: [teapot.productId],
    stock: 1,
    claimWindowMs: 60_000,
    validity: { kind: 'after-grant', minutes: 15 },
  };
  const drop = await hana.send('POST', `/streams/${streamId}/drops`, form, DropDeskView);
  await aki.send(
    'PUT',
    `/drops/${drop.dropId}/approvals/${vendorId}`,
    { decision: 'approved' },
    DropDeskView,
  );
  await hana.send('POST', `/drops/${drop.dropId}/release`, undefined, DropDeskView);
  const { grant } = await winner.send('POST', `/drops/${drop.dropId}/claims`, undefined, ClaimAnswer);
  const coupon = grant?.grantId;
  const stateOf = async () => (await winner.get('/wallet', Wallet)).grants[0]?.state;
  const quote = await winner.send('POST', '/quotes', askOf(teapot, 0, { coupon }), Quote);
  expect(quote.totals).toMatchObject({
    goods: { amount: 10_000 },
    discount: { amount: 7000 },
    total: { amount: 3000 },
  });

  const left = await winner.send('POST', '/orders', askOf(teapot, 3000, { coupon }), PlacedOrder);
  expect(await stateOf()).toBe('reserved');
  await until(async () => (await stateOf()) === 'granted');
  expect((await winner.get(`/orders/${left.orderId}`, OrderView)).state).toBe('expired');

  const thief = await house.visit('v20');
  expect(
    await thief.call('POST', '/orders', askOf(teapot, 3000, { coupon }), {
      'idempotency-key': 'not-my-coupon',
    }),
  ).toMatchObject({
    status: 409,
    body: { code: 'coupon-not-yours' },
  });
  const order = await winner.send('POST', '/orders', askOf(teapot, 3000, { coupon }), PlacedOrder);
  await pay(winner, order);
  await until(async () => (await winner.get(`/orders/${order.orderId}`, OrderView)).state === 'paid');
  await until(async () => (await stateOf()) === 'redeemed');
  const charge = house.stripe.control
    .objects()
    .charges.find(({ transfer_group: group }) => group === order.orderId);
  expect(charge).toMatchObject({ amount: 3000, amount_captured: 3000, paid: true });
}, 20_000);

test('[RULE-3] with Redis emptied and the server restarted, orders, ledger and receipts are what they were', async () => {
  const buyer = await house.visit('v7');
  const order = await buyer.send('POST', '/orders', askOf(teapot, 10_000), PlacedOrder);
  await pay(buyer, order);
  await until(async () => (await buyer.get(`/orders/${order.orderId}`, OrderView)).state === 'paid');
  const balancesNow = () => house.slices.payments.journal.balances();
  const isSettled = ({ account, amount }: { account: string; amount: { amount: number } }) =>
    !/^(vendor|order):/.test(account) || amount.amount === 0;
  await until(async () => (await balancesNow()).every(isSettled));
  const balances = await balancesNow();
  await house.slices.redis.flushall();
  await using second = await house.openSecond();
  expect(await second.slices.payments.journal.balances()).toEqual(balances);
  const seen = await fetch(`${second.address}/api/v1/orders/${order.orderId}`, {
    headers: { cookie: buyer.cookie },
  });
  expect(OrderView.parse(await seen.json())).toMatchObject({ state: 'paid' });
});

test('[M-O7] the panel is told whose script to load, and that money is not real', async () => {
  const config = await (await house.visit()).get('/payments/config', PaymentConfig);
  expect(config).toMatchObject({ isTestMoney: true, publishableKey: house.config.payments.publishableKey });
  const script = await fetch(new URL(config.scriptUrl, house.address));
  expect(script.status).toBe(200);
  expect(script.headers.get('content-type')).toContain('javascript');
});
