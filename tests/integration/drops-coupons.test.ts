import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { OrderView, PlacedOrder, Quote } from '#contract/checkout.ts';
import { type DropDeskView, type GrantView, Wallet } from '#contract/drops.ts';
import type { GrantId, StreamId } from '#contract/ids.ts';
import { composeWorkers } from '#workers/compose.ts';
import type { Person, Reply } from '../support/cast.ts';
import { type DropRoom, enterRoom, openDropRoom } from '../support/drop-room.ts';
import { eventually } from '../support/drop-servers.ts';
import { later } from '../support/later.ts';

let room: DropRoom;
let workers: Awaited<ReturnType<typeof composeWorkers>>;
let stripe: Stripe;
let drop: DropDeskView;
let count = 0;

beforeAll(async () => {
  room = await openDropRoom();
  workers = await composeWorkers(room.house.config);
  const address = new URL(room.house.stripe.url);
  stripe = new Stripe('sk_test_house', {
    host: address.hostname,
    port: Number(address.port),
    protocol: 'http',
  });
  await room.house.slices.payments.connectPayout(room.vendorId, '/vendor');
  const account = await stripe.accounts.list();
  for (const { id } of account.data) room.house.stripe.control.finishOnboarding(id);
  await eventually(() => room.house.slices.payments.isPayable(room.vendorId));
  drop = await room.open(room.form(50));
});
afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  await room[Symbol.asyncDispose]();
});

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

/** A viewer with a coupon of 10.00 off the teapot. */
async function winner(): Promise<{ person: Person; grant: GrantView }> {
  count += 1;
  const person = await room.house.visit(`w${count}`);
  const { grant } = await room.claim(person, drop.dropId);
  if (!grant) throw new Error('no coupon');
  return { person, grant };
}

const want = (
  coupon?: GrantId,
  product = room.teapot,
  more: { quantity?: number; streamId?: StreamId } = {},
) => ({
  lines: [
    { productId: product.productId, variantId: product.variants[0]?.variantId, quantity: more.quantity ?? 1 },
  ],
  streamId: more.streamId ?? room.streamId,
  ...(coupon ? { coupon } : {}),
});
const place = (person: Person, coupon: GrantId | undefined, amount: number) =>
  person.send('POST', '/orders', { ...want(coupon), quotedTotal: { amount, currency: 'USD' } }, PlacedOrder);
const pay = async (person: Person, orderId: string, card = 'pm_card_visa'): Promise<Reply> => {
  const token = await stripe.testHelpers.confirmationTokens.create({ payment_method: card });
  return person.call(
    'POST',
    `/orders/${orderId}/payments`,
    { confirmationToken: token.id },
    { 'idempotency-key': randomUUID() },
  );
};
const stateOf = (person: Person, orderId: string, state: string) =>
  eventually(async () => {
    const order = await person.get(`/orders/${orderId}`, OrderView);
    return order.state === state && order;
  });
const held = async (person: Person, grantId: GrantId) => {
  const { grants } = await person.get('/wallet', Wallet);
  return grants.find((grant) => grant.grantId === grantId);
};
const codeOf = ({ body }: Reply) => z.object({ code: z.string() }).parse(body).code;

test('[S3.9] checkout shows the discount, the charge is list price less coupon to the cent, the grant is redeemed once', async () => {
  const { person, grant } = await winner();
  const { socket } = await enterRoom(person, room.streamId);
  const quote = await person.send('POST', '/quotes', want(grant.grantId), Quote);
  expect(quote.totals).toMatchObject({
    goods: { amount: 4000 },
    discount: { amount: 1000 },
    total: { amount: 3000 },
  });
  const order = await place(person, grant.grantId, 3000);
  expect(await held(person, grant.grantId)).toMatchObject({ state: 'reserved', orderId: order.orderId });
  expect((await pay(person, order.orderId)).status).toBe(200);
  await stateOf(person, order.orderId, 'paid');
  const charges = await stripe.charges.list({ transfer_group: order.orderId });
  expect(charges.data.map(({ amount, currency }) => [amount, currency])).toEqual([[3000, 'usd']]);
  await eventually(async () => (await held(person, grant.grantId))?.state === 'redeemed');
  await socket.until(() => socket.heard('drops.grant-changed').length >= 2);
  expect(socket.heard('drops.grant-changed').map(({ d }) => (d as GrantView).state)).toEqual([
    'reserved',
    'redeemed',
  ]);
  const again = await person.call('POST', '/quotes', want(grant.grantId));
  expect([again.status, codeOf(again)]).toEqual([409, 'coupon-spent']);
  const facts = (await room.house.slices.drops.facts(room.streamId)).find(
    ({ dropId }) => dropId === drop.dropId,
  );
  expect(facts?.redeemed).toBeGreaterThanOrEqual(1);
  await socket[Symbol.asyncDispose]();
});

test('[S3.10] other goods, another viewer, a cart below the minimum and a second use are refused with the reason, at the quote and at the order', async () => {
  const { person, grant } = await winner();
  const quote = (who: Person, ask: ReturnType<typeof want>) => who.call('POST', '/quotes', ask);
  const order = (who: Person, ask: ReturnType<typeof want>, amount: number) =>
    who.call(
      'POST',
      '/orders',
      { ...ask, quotedTotal: { amount, currency: 'USD' } },
      { 'idempotency-key': randomUUID() },
    );
  await room.hana.call('PUT', `/streams/${room.streamId}/showcase/${room.coat.productId}`);
  expect(codeOf(await quote(person, want(grant.grantId, room.coat)))).toBe('coupon-other-goods');
  expect(codeOf(await order(person, want(grant.grantId, room.coat), 11_000))).toBe('coupon-other-goods');
  const thief = await room.house.visit('v20');
  expect(codeOf(await quote(thief, want(grant.grantId)))).toBe('coupon-not-yours');
  expect(codeOf(await order(thief, want(grant.grantId), 3000))).toBe('coupon-not-yours');
  const used = await place(person, grant.grantId, 3000);
  expect(codeOf(await quote(person, want(grant.grantId)))).toBe('coupon-spent');
  expect(codeOf(await order(person, want(grant.grantId), 3000))).toBe('coupon-spent');
  expect((await person.call('POST', `/orders/${used.orderId}/cancel`)).status).toBe(200);
  drop = await room.open(room.form(5, { minimumSpend: { amount: 4001, currency: 'USD' } }));
  const dear = await winner();
  expect(codeOf(await quote(dear.person, want(dear.grant.grantId)))).toBe('coupon-below-minimum');
  expect(codeOf(await order(dear.person, want(dear.grant.grantId), 3000))).toBe('coupon-below-minimum');
  expect((await quote(dear.person, want(dear.grant.grantId, room.teapot, { quantity: 2 }))).status).toBe(200);
  drop = await room.open(room.form(50));
});

test('[S3.20] an order that is left, and a card that is declined, give the coupon back', async () => {
  const { person, grant } = await winner();
  const left = await place(person, grant.grantId, 3000);
  expect((await pay(person, left.orderId, 'pm_card_chargeDeclined')).status).toBe(402);
  expect(await held(person, grant.grantId)).toMatchObject({ state: 'reserved' });
  expect((await person.call('POST', `/orders/${left.orderId}/cancel`)).status).toBe(200);
  await stateOf(person, left.orderId, 'cancelled');
  await eventually(async () => (await held(person, grant.grantId))?.state === 'granted');
  expect(await held(person, grant.grantId)).toEqual(grant);
  const next = await place(person, grant.grantId, 3000);
  expect((await pay(person, next.orderId, 'pm_card_amex')).status).toBe(200);
  await stateOf(person, next.orderId, 'paid');
});

test('[M-D1] two accounts with one card: the second coupon of a drop over the cap is refused before anything is charged', async () => {
  drop = await room.open(room.form(50));
  const [first, second] = [await winner(), await winner()];
  const card = 'pm_card_mastercard';
  const one = await place(first.person, first.grant.grantId, 3000);
  expect((await pay(first.person, one.orderId, card)).status).toBe(200);
  await stateOf(first.person, one.orderId, 'paid');
  const two = await place(second.person, second.grant.grantId, 3000);
  const refused = await pay(second.person, two.orderId, card);
  expect([refused.status, codeOf(refused)]).toEqual([409, 'payer-cap']);
  expect((await stripe.charges.list({ transfer_group: two.orderId })).data).toEqual([]);
  expect((await pay(second.person, two.orderId, 'pm_card_visa')).status).toBe(200);
  await stateOf(second.person, two.orderId, 'paid');
});

test('[S3.14] the holder of an unused coupon is reminded once before it ends, and who used it is not', async () => {
  drop = await room.open(room.form(5, { validity: { kind: 'until', endsAt: inMinutes(20) } }));
  const [idle, buyer] = [await winner(), await winner()];
  const sockets = await Promise.all([idle, buyer].map(({ person }) => enterRoom(person, room.streamId)));
  const order = await place(buyer.person, buyer.grant.grantId, 3000);
  expect((await pay(buyer.person, order.orderId, 'pm_card_visa')).status).toBe(200);
  await stateOf(buyer.person, order.orderId, 'paid');

  await using then = await later(room.house.config, 15.5 * 60_000);
  await then.drops.sweep();
  const [first, second] = sockets;
  await first?.socket.until(() => first.socket.heard('drops.grant-ending').length > 0);
  await then.drops.sweep();
  expect(first?.socket.heard('drops.grant-ending').map(({ d }) => (d as GrantView).grantId)).toEqual([
    idle.grant.grantId,
  ]);
  expect(second?.socket.heard('drops.grant-ending')).toEqual([]);
  for (const { socket } of sockets) await socket[Symbol.asyncDispose]();
});

test('[S3.21] the end of the stream closes its open drop, and a grant of it still pays afterwards', async () => {
  drop = await room.open(room.form(10));
  const { person, grant } = await winner();
  const { socket } = await enterRoom(person, room.streamId);
  const closing = await room.hana.call('GET', `/streams/${room.streamId}/closing`);
  expect(JSON.stringify(closing.body)).toContain('closing.drop');
  expect((await room.hana.call('POST', `/streams/${room.streamId}/end`)).status).toBe(200);
  await socket.until(() => socket.heard('drops.closed').length > 0);
  expect(socket.heard('drops.closed').at(-1)?.d).toMatchObject({ closeReason: 'stream-ended', left: 9 });
  const late = await room.house.visit('latecomer');
  expect(await room.claim(late, drop.dropId)).toMatchObject({ outcome: 'drop-closed' });
  const order = await place(person, grant.grantId, 3000);
  expect((await pay(person, order.orderId, 'pm_card_amex')).status).toBe(200);
  await stateOf(person, order.orderId, 'paid');
  await eventually(async () => (await held(person, grant.grantId))?.state === 'redeemed');
  await socket[Symbol.asyncDispose]();
});
