import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Delivery, QuoteAsk } from '#contract/checkout.ts';
import { GrantId } from '#contract/ids.ts';
import { MemorySocket } from '../../live/socket.memory.ts';
import { CheckoutController } from './checkout.svelte.ts';
import type { Wish } from './order-desk.ts';
import type { PaymentPage } from './stripe.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const at = '2026-01-01T00:00:00.000Z';
const grantId = GrantId.parse('grant_1');
const { lines } = QuoteAsk.parse({
  lines: [{ productId: 'prd_teapot', variantId: 'var_teapot', quantity: 1 }],
});
const wish = (more: Partial<Wish> = {}): Wish => ({ lines, seen: usd(4000), ...more });
const priced = (total: number, goods = 4000) => ({
  vendorId: 'vnd_aki',
  vendorName: 'Aki',
  seller: { legalName: 'Aki Ltd', legalAddress: '', conditions: '' },
  lines: [],
  totals: {
    goods: usd(goods),
    discount: usd(Math.max(0, goods - total)),
    shipping: usd(0),
    tax: usd(0),
    isTaxIncluded: false,
    total: usd(total),
  },
});
const quoteOf = (total: number, more: object = {}, goods = 4000) => ({
  ...priced(total, goods),
  quotedAt: at,
  expiresAt: at,
  stockPolicy: 'hold-at-checkout',
  needsDelivery: false,
  isTotalFinal: true,
  ...more,
});
const orderOf = (state: string, version: number, more: object = {}) => ({
  ...priced(3000),
  orderId: 'ord_1',
  state,
  version,
  placedAt: at,
  holdEndsAt: '2026-01-01T00:05:00.000Z',
  refunds: [],
  refunded: usd(0),
  history: [],
  link: '/orders/ord_1?key=secret',
  ...more,
});
const problem = (code: string) => ({ status: 409, body: { type: '/p', title: code, status: 409, code } });
const home: Delivery = { name: 'Mia', street: '1 Lane', city: 'Berlin', postcode: '1', country: 'DE' };

type Sent = { method: string; path: string; body: unknown; key: string | null };
type Answer = { status?: number; body: object };
let sent: Sent[];
let answers: Map<string, Answer[]>;
let socket: MemorySocket;
let checkout: CheckoutController;
let inBook: Delivery | undefined;
let putBack: Wish[];

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  putBack = [];
  inBook = undefined;
  answers = new Map();
  vi.stubGlobal('fetch', async (url: string, { method, body, headers }: RequestInit) => {
    const path = url.replace('/api/v1', '');
    const key = new Headers(headers).get('idempotency-key');
    sent.push({ method: method ?? '', path, body: body ? JSON.parse(String(body)) : undefined, key });
    const answer = answers.get(`${method} ${path}`)?.shift() ?? problem('internal');
    return Response.json(answer.body, { status: answer.status ?? 200 });
  });
  socket = new MemorySocket();
  const addresses = { load: async () => {}, first: () => inBook };
  checkout = new CheckoutController({ ensurePerson: async () => {} }, socket, addresses, (left) =>
    putBack.push(left),
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const will = (route: string, ...replies: Answer[]) => answers.set(route, replies);
const tell = (order: object) => socket.tell('checkout.order-changed', order);
const sentTo = (path: string) => sent.filter((one) => `${one.method} ${one.path}` === path);
const rearm = () => vi.advanceTimersByTime(1000);

/** The payment service's page. `finish` ends the bank's dialog. */
function page({ intent = {} as object } = {}): PaymentPage & { finish: () => void; tokens: number } {
  let finish = () => {};
  const elements = {
    create: () => ({ mount() {}, destroy() {}, on() {} }),
    update() {},
    submit: async () => ({}),
  };
  const made = {
    tokens: 0,
    elements,
    finish: () => finish(),
    stripe: {
      elements: () => elements,
      createConfirmationToken: async () => {
        made.tokens += 1;
        return {
          confirmationToken: {
            id: `ctoken_${made.tokens}`,
            payment_method_preview: { card: { last4: '4242' } },
          },
        };
      },
      retrievePaymentIntent: async () => ({ paymentIntent: intent }),
      handleNextAction: () =>
        new Promise<object>((resolve) => {
          finish = () => resolve({});
        }),
    },
  };
  return made;
}

async function hold(more: Partial<Wish> = {}): Promise<void> {
  will('POST /quotes', { body: quoteOf(3000) });
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish({ coupon: grantId, ...more }));
}

test('[S0.11] one tap opens the panel at the server’s price, with stock held under one key', async () => {
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

test('[M-O12] a price that is not the one seen is told, and Pay is off for a second', async () => {
  will('POST /quotes', { body: quoteOf(4500, {}, 4500) });
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish());
  expect(checkout.total.change).toEqual({ was: usd(4000), now: usd(4500) });
  const pay = page();
  await checkout.pay(pay);
  expect([checkout.total.isArmed, pay.tokens]).toEqual([false, 0]);
  rearm();
  expect(checkout.total.isArmed).toBe(true);
});

test('[S0.11] a total that changes between quote and hold is told, and the new one is held', async () => {
  will('POST /quotes', { body: quoteOf(3000) }, { body: quoteOf(3500) });
  will('POST /orders', problem('quote-changed'), { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish({ coupon: grantId }));
  expect([checkout.step, checkout.total.change]).toEqual(['held', { was: usd(3000), now: usd(3500) }]);
  expect(sentTo('POST /orders').map(({ body }) => body)).toMatchObject([
    { quotedTotal: usd(3000) },
    { quotedTotal: usd(3500) },
  ]);
});

test('[M-O13] first paid, first served: nothing is placed before the tap on Pay', async () => {
  will('POST /quotes', { body: quoteOf(4000, { stockPolicy: 'first-paid' }) });
  await checkout.begin(wish());
  expect([checkout.step, sentTo('POST /orders')]).toEqual(['quoted', []]);
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  will('POST /orders/ord_1/payments', {
    body: { status: 'paid', order: orderOf('paid', 4, { paidAt: at }) },
  });
  await checkout.pay(page());
  expect(checkout.step).toBe('paid');
});

test('[M-O13] [S0.11] first paid, first served: a total that changed before Pay must be pressed again', async () => {
  const firstPaid = { stockPolicy: 'first-paid' };
  will('POST /quotes', { body: quoteOf(4000, firstPaid) }, { body: quoteOf(4500, firstPaid, 4500) });
  await checkout.begin(wish());
  will('POST /orders', problem('quote-changed'), { status: 201, body: orderOf('held', 2) });
  await checkout.pay(page());
  expect([checkout.step, checkout.total.change, checkout.total.isArmed]).toEqual([
    'quoted',
    { was: usd(4000), now: usd(4500) },
    false,
  ]);
  rearm();
  will('POST /orders/ord_1/payments', { body: { status: 'processing', order: orderOf('paying', 3) } });
  await checkout.pay(page());
  expect(sentTo('POST /orders').at(-1)?.body).toMatchObject({ quotedTotal: usd(4500) });
});

test('[S0.16] what was sold meanwhile is said, and asked for again on a tap', async () => {
  will('POST /quotes', { body: quoteOf(4000) }, { body: quoteOf(4000) });
  will('POST /orders', problem('out-of-stock'), { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish());
  expect(checkout.step).toBe('sold-out');
  await checkout.again();
  expect(checkout.step).toBe('held');
  const keys = sentTo('POST /orders').map(({ key }) => key);
  expect(new Set(keys).size).toBe(2);
});

test('an order of which no answer came is asked for again under its own key', async () => {
  will('POST /quotes', { body: quoteOf(4000) }, { body: quoteOf(4000) });
  will('POST /orders', problem('not-known-yet'), { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish());
  expect(checkout.step).toBe('refused');
  await checkout.again();
  expect(checkout.step).toBe('held');
  expect(new Set(sentTo('POST /orders').map(({ key }) => key)).size).toBe(1);
});

test('[S0.15] a receipt shows only after the server says paid', async () => {
  await hold();
  will('POST /orders/ord_1/payments', { body: { status: 'processing', order: orderOf('paying', 3) } });
  await checkout.pay(page());
  expect(checkout.step).toBe('confirming');
  tell(orderOf('paid', 4, { paidAt: at }));
  expect(checkout.step).toBe('paid');
});

test('[M-O6] a panel shut while a payment is on its way opens again with the receipt', async () => {
  await hold();
  will('POST /orders/ord_1/payments', { body: { status: 'processing', order: orderOf('paying', 3) } });
  await checkout.pay(page());
  checkout.leave();
  tell(orderOf('paid', 4, { orderId: 'ord_other', paidAt: at }));
  expect(checkout.step).toBe('closed');
  tell(orderOf('paid', 4, { paidAt: at }));
  expect([checkout.step, checkout.order?.orderId]).toEqual(['paid', 'ord_1']);
});

test('[M-O6] a panel shut while a payment is on its way opens again with the bank’s no', async () => {
  await hold();
  will('POST /orders/ord_1/payments', { body: { status: 'processing', order: orderOf('paying', 3) } });
  await checkout.pay(page());
  checkout.leave();
  tell(orderOf('held', 4, { lastFailure: { code: 'card_declined', at } }));
  expect([checkout.step, checkout.refusal]).toEqual(['held', 'card-declined']);
});

const asking = {
  body: { status: 'requires-action', clientSecret: 'pi_1_secret', order: orderOf('paying', 3) },
};

test('[S0.14] the bank’s dialog runs beside the video, and its end alone decides nothing', async () => {
  await hold();
  const pay = page();
  will('POST /orders/ord_1/payments', asking);
  const paying = checkout.pay(pay);
  await vi.waitFor(() => expect(checkout.step).toBe('authenticating'));
  await vi.advanceTimersByTimeAsync(0);
  pay.finish();
  await paying;
  expect(checkout.step).toBe('confirming');
  tell(orderOf('held', 4, { lastFailure: { code: 'authentication_failed', at } }));
  expect([checkout.step, checkout.refusal]).toEqual(['held', 'card-declined']);
});

test('[M-O6] a bank that refuses to be framed gets its own window, and the server’s word ends the waiting', async () => {
  await hold();
  const url = 'https://bank.example/ask';
  will('POST /orders/ord_1/payments', asking);
  await checkout.pay(page({ intent: { next_action: { redirect_to_url: { url } } } }));
  expect([checkout.step, checkout.bankUrl]).toEqual(['authenticating', url]);
  will('GET /orders/ord_1', { body: orderOf('paid', 5, { paidAt: at }) });
  await checkout.refresh();
  expect(checkout.step).toBe('paid');
});

test('[S0.14] who cancels at the bank gives the goods back', async () => {
  await hold();
  will('POST /orders/ord_1/payments', asking);
  const pay = page();
  void checkout.pay(pay);
  await vi.waitFor(() => expect(checkout.step).toBe('authenticating'));
  will('POST /orders/ord_1/cancel', { body: orderOf('cancelled', 4) });
  await checkout.cancel();
  expect([checkout.step, sentTo('POST /orders/ord_1/cancel').length]).toEqual(['closed', 1]);
});

test('[S0.14] a declined card keeps the hold, and the same order can be paid again', async () => {
  await hold();
  will('POST /orders/ord_1/payments', problem('card-declined'), {
    body: { status: 'paid', order: orderOf('paid', 5, { paidAt: at }) },
  });
  will('GET /orders/ord_1', { body: orderOf('held', 4) });
  const pay = page();
  await checkout.pay(pay);
  expect([checkout.step, checkout.refusal, checkout.lastCard]).toEqual([
    'held',
    'card-declined',
    { last4: '4242' },
  ]);
  await checkout.pay(pay);
  expect(checkout.step).toBe('paid');
  const tries = sentTo('POST /orders/ord_1/payments');
  expect(tries.map(({ body }) => body)).toEqual([
    { confirmationToken: 'ctoken_1' },
    { confirmationToken: 'ctoken_2' },
  ]);
});

test('[M-O9] a try of which no word came is sent again with its own token: it charges once', async () => {
  await hold();
  will('POST /orders/ord_1/payments', problem('payment-service-down'), {
    body: { status: 'paid', order: orderOf('paid', 5, { paidAt: at }) },
  });
  will('GET /orders/ord_1', { body: orderOf('paying', 3) });
  const pay = page();
  await checkout.pay(pay);
  expect([checkout.step, checkout.refusal]).toEqual(['held', 'payment-service-down']);
  await checkout.pay(pay);
  expect([checkout.step, pay.tokens]).toEqual(['paid', 1]);
});

test('fields that are not filled leave the panel as it is', async () => {
  await hold();
  const pay = page();
  pay.elements.submit = async () => ({ error: { code: 'incomplete' } });
  await checkout.pay(pay);
  expect([checkout.step, checkout.refusal]).toEqual(['held', '']);
});

test('an older word on the order changes nothing', async () => {
  await hold();
  tell(orderOf('paid', 9, { paidAt: at }));
  tell(orderOf('held', 3));
  expect(checkout.step).toBe('paid');
});

test('[S0.16] a hold that ran out says so; leaving a hold gives it back', async () => {
  await hold();
  tell(orderOf('expired', 3));
  expect(checkout.step).toBe('ended');
  checkout.leave();
  expect(checkout.step).toBe('closed');

  await hold();
  will('POST /orders/ord_1/cancel', { body: orderOf('cancelled', 3) });
  checkout.leave();
  tell(orderOf('cancelled', 3));
  expect(checkout.step).toBe('held');
  await vi.waitFor(() => expect(checkout.step).toBe('closed'));
  expect(sent.at(-1)?.path).toBe('/orders/ord_1/cancel');
});

test('[S3.20] a coupon that does not fit is refused in the panel, and the goods can be bought without it', async () => {
  will('POST /quotes', problem('coupon-below-minimum'), { body: quoteOf(4000) });
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish({ coupon: grantId }));
  expect([checkout.step, checkout.refusal, checkout.quote]).toEqual([
    'refused',
    'coupon-below-minimum',
    undefined,
  ]);
  await checkout.alter({ coupon: undefined });
  expect([checkout.step, checkout.refusal, checkout.quote?.totals.total.amount]).toEqual(['held', '', 4000]);
  expect(sentTo('POST /quotes').at(-1)?.body).not.toHaveProperty('coupon');
});

test('[S0.11] another quantity gives the hold back and holds anew, without a word of a changed price', async () => {
  await hold();
  will('POST /orders/ord_1/cancel', { body: orderOf('cancelled', 3) });
  will('POST /quotes', { body: quoteOf(7000, {}, 8000) });
  will('POST /orders', { status: 201, body: orderOf('held', 2, { orderId: 'ord_2' }) });
  await checkout.alter({ lines: lines.map((line) => ({ ...line, quantity: 2 })) });
  expect([checkout.step, checkout.order?.orderId, checkout.total.change]).toEqual([
    'held',
    'ord_2',
    undefined,
  ]);
  expect(sent.map(({ path }) => path).slice(-3)).toEqual(['/orders/ord_1/cancel', '/quotes', '/orders']);
});

test('[S0.13] goods that are sent ask for an address, and the totals are asked for it', async () => {
  const sending = { needsDelivery: true, isTotalFinal: false };
  will('POST /quotes', { body: quoteOf(4000, sending) }, { body: quoteOf(4800, { needsDelivery: true }) });
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish());
  expect([checkout.step, checkout.quote?.isTotalFinal, sentTo('POST /orders')]).toEqual([
    'address',
    false,
    [],
  ]);
  await checkout.sendTo({ ...home, region: 'BE' });
  expect(sentTo('POST /quotes').at(-1)?.body).toMatchObject({
    destination: { country: 'DE', region: 'BE' },
  });
  expect([checkout.step, sentTo('POST /orders')[0]?.body]).toMatchObject([
    'held',
    { delivery: { name: 'Mia' }, quotedTotal: usd(4800) },
  ]);
});

test('[S0.13] the default address of the book is taken without a question', async () => {
  inBook = home;
  will('POST /quotes', { body: quoteOf(4000, { needsDelivery: true }) }, { body: quoteOf(4000) });
  will('POST /orders', { status: 201, body: orderOf('held', 2) });
  await checkout.begin(wish());
  expect([checkout.step, checkout.delivery]).toEqual(['held', home]);
});

test('[S0.13] an address that leaves the total open is asked for its state or province', async () => {
  will(
    'POST /quotes',
    { body: quoteOf(4000, { needsDelivery: true, isTotalFinal: false }) },
    { body: quoteOf(4000, { needsDelivery: true, isTotalFinal: false }) },
  );
  await checkout.begin(wish());
  await checkout.sendTo(home);
  expect([checkout.step, checkout.refusal]).toEqual(['address', 'address-required']);
});

test('[S0.13] who looks at the addresses and goes back has kept the hold', async () => {
  await hold();
  await checkout.askAddress();
  expect(checkout.step).toBe('address');
  checkout.leave();
  expect([checkout.step, checkout.order?.orderId]).toEqual(['held', 'ord_1']);
});

test('[M-O12] what was placed out of the cart and left goes back into it; what was paid does not', async () => {
  await hold({ isFromCart: true });
  expect(sentTo('POST /orders')[0]?.body).toMatchObject({ isFromCart: true });
  will('POST /orders/ord_1/cancel', { body: orderOf('cancelled', 3) });
  await checkout.cancel();
  expect(putBack.map(({ lines: left }) => left)).toEqual([lines]);

  await hold({ isFromCart: true });
  tell(orderOf('paid', 4, { paidAt: at }));
  checkout.close();
  expect(putBack).toHaveLength(1);
});
