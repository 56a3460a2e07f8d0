import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProductView } from '#contract/catalog.ts';
import { GrantId } from '#contract/ids.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { CheckoutController } from './checkout.svelte.ts';
import type { StripePage } from './stripe.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const at = '2026-01-01T00:00:00.000Z';
const product = ProductView.parse({
  productId: 'prd_teapot',
  vendorId: 'vnd_aki',
  title: 'Teapot',
  description: '',
  variants: [
    {
      variantId: 'var_teapot',
      listPrice: usd(4000),
      stock: { available: 5, held: 0, sold: 0, version: 1 },
    },
  ],
  isRetired: false,
  version: 1,
});
const priced = (total: number) => ({
  vendorId: 'vnd_aki',
  vendorName: 'Aki',
  lines: [],
  totals: {
    goods: usd(4000),
    discount: usd(4000 - total),
    shipping: usd(0),
    tax: usd(0),
    isTaxIncluded: false,
    total: usd(total),
  },
});
const quoteOf = (total: number) => ({ ...priced(total), quotedAt: at, expiresAt: at });
const orderOf = (state: string, version: number, more: object = {}) => ({
  ...priced(3000),
  orderId: 'ord_1',
  state,
  version,
  placedAt: at,
  holdEndsAt: '2026-01-01T00:05:00.000Z',
  history: [],
  link: '/orders/ord_1?key=secret',
  ...more,
});
const problem = (code: string) => ({ status: 409, body: { type: '/p', title: code, status: 409, code } });

type Sent = { method: string; path: string; body: unknown; key: string | null };
type Answer = { status?: number; body: object };
let sent: Sent[];
let answers: Map<string, Answer[]>;
let socket: MemorySocket;
let checkout: CheckoutController;

beforeEach(() => {
  sent = [];
  answers = new Map();
  vi.stubGlobal('fetch', async (url: string, { method, body, headers }: RequestInit) => {
    const path = url.replace('/api/v1', '');
    const key = new Headers(headers).get('idempotency-key');
    sent.push({ method: method ?? '', path, body: body ? JSON.parse(String(body)) : undefined, key });
    const answer = answers.get(`${method} ${path}`)?.shift() ?? problem('internal');
    return Response.json(answer.body, { status: answer.status ?? 200 });
  });
  socket = new MemorySocket();
  checkout = new CheckoutController({ ensurePerson: async () => {} }, socket);
});
afterEach(() => vi.unstubAllGlobals());

const will = (route: string, ...replies: Answer[]) => answers.set(route, replies);
const tell = (order: object) => socket.tell('checkout.order-changed', order);

/** A payment page whose authentication ends when it is told to. */
function page() {
  let finish = () => {};
  const stripe: StripePage = {
    elements: () => elements,
    createConfirmationToken: async () => ({ confirmationToken: { id: 'ctoken_1' } }),
    handleNextAction: () =>
      new Promise((resolve) => {
        finish = () => resolve({});
      }),
  };
  const elements = {
    create: () => ({ mount() {}, destroy() {}, on() {} }),
    submit: async () => ({}),
  };
  return { stripe, elements, finish: () => finish() };
}

async function hold(): Promise<void> {
  will('POST /quotes', { body: quoteOf(3000) });
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  await checkout.begin(product, { coupon: GrantId.parse('grant_1') });
  await checkout.place();
}

test('[S0.11] the price comes from the server, and placing holds it under one key', async () => {
  await hold();
  expect([checkout.step, checkout.quote?.totals.total.amount, checkout.orderLink]).toEqual([
    'held',
    3000,
    '/orders/ord_1?key=secret',
  ]);
  const [quote, order] = sent;
  expect(quote?.body).toMatchObject({ coupon: 'grant_1' });
  expect(order?.body).toMatchObject({ quotedTotal: usd(3000) });
  expect(order?.key).toBeTruthy();
});

test('[S0.11] a total that changed is shown anew and must be pressed again', async () => {
  will('POST /quotes', { body: quoteOf(3000) }, { body: quoteOf(3500) });
  will('POST /orders', problem('quote-changed'));
  await checkout.begin(product);
  await checkout.place();
  expect([checkout.step, checkout.refusal, checkout.quote?.totals.total.amount]).toEqual([
    'quoted',
    'quote-changed',
    3500,
  ]);
});

test('[S0.15] a receipt shows only after the server says paid', async () => {
  await hold();
  const { stripe, elements } = page();
  will('POST /orders/ord_1/payments', { body: { status: 'processing', order: orderOf('paying', 3) } });
  await checkout.pay(stripe, elements);
  expect(checkout.step).toBe('confirming');
  tell(orderOf('paid', 4, { paidAt: at }));
  expect(checkout.step).toBe('paid');
});

test('[S0.12] the bank’s dialog runs beside the video, and its end alone decides nothing', async () => {
  await hold();
  const { stripe, elements, finish } = page();
  will('POST /orders/ord_1/payments', {
    body: { status: 'requires-action', clientSecret: 'pi_1_secret', order: orderOf('paying', 3) },
  });
  const paying = checkout.pay(stripe, elements);
  await vi.waitFor(() => expect(checkout.step).toBe('authenticating'));
  finish();
  await paying;
  expect(checkout.step).toBe('confirming');
  tell(orderOf('held', 4, { lastFailure: { code: 'authentication_failed', at } }));
  expect([checkout.step, checkout.refusal]).toEqual(['held', 'card-declined']);
});

test('[S0.15] a declined card keeps the hold, and the same order can be paid again', async () => {
  await hold();
  const { stripe, elements } = page();
  will('POST /orders/ord_1/payments', problem('card-declined'), {
    body: { status: 'paid', order: orderOf('paid', 5, { paidAt: at }) },
  });
  will('GET /orders/ord_1', { body: orderOf('held', 4) });
  await checkout.pay(stripe, elements);
  expect([checkout.step, checkout.refusal]).toEqual(['held', 'card-declined']);
  await checkout.pay(stripe, elements);
  expect(checkout.step).toBe('paid');
  const keys = sent.filter(({ path }) => path.endsWith('/payments')).map(({ key }) => key);
  expect(new Set(keys).size).toBe(2);
});

test('an older word on the order changes nothing', async () => {
  await hold();
  tell(orderOf('paid', 9, { paidAt: at }));
  tell(orderOf('held', 3));
  expect(checkout.step).toBe('paid');
});

test('[S0.13] a hold that ran out says so; leaving a hold gives it back', async () => {
  await hold();
  tell(orderOf('expired', 3));
  expect(checkout.step).toBe('ended');
  checkout.leave();
  expect(checkout.step).toBe('closed');

  await hold();
  will('POST /orders/ord_1/cancel', { body: orderOf('cancelled', 3) });
  checkout.leave();
  await vi.waitFor(() => expect(checkout.step).toBe('closed'));
  expect(sent.at(-1)?.path).toBe('/orders/ord_1/cancel');
});

test('a coupon that does not fit is refused in the panel, and the goods can be bought without it', async () => {
  will('POST /quotes', problem('coupon-below-minimum'), { body: quoteOf(4000) });
  await checkout.begin(product, { coupon: GrantId.parse('grant_1') });
  expect([checkout.step, checkout.refusal, checkout.quote]).toEqual([
    'quoted',
    'coupon-below-minimum',
    undefined,
  ]);
  await checkout.setCoupon(undefined);
  expect([checkout.refusal, checkout.quote?.totals.total.amount]).toEqual(['', 4000]);
  expect(sent.at(-1)?.body).not.toHaveProperty('coupon');
});
