import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { VendorId } from '#contract/ids.ts';
import { checkoutEvents } from '#contract/internal/checkout.ts';
import type { Transition } from '#server/checkout/core/transitions.ts';
import { changed } from '#server/checkout/events.ts';
import { checkoutMigrations } from '#server/checkout/migrations.ts';
import { memoryOrderStore } from '#server/checkout/store.memory.ts';
import { mongoOrderStore } from '#server/checkout/store.mongo.ts';
import type { Move, Order } from '#server/checkout/store.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox, type OutboxEvent } from '#server/platform/outbox.ts';
import { openMongo } from '../support/mongo.ts';
import { at, openDispute, orderOf, refund } from '../support/orders.ts';

const mongo = await connect(openMongo());
await migrate(mongo, checkoutMigrations);
afterAll(() => closeMongo(mongo));

const fresh = () => randomUUID().replaceAll('-', '');

const heard: OutboxEvent[] = [];
const outbox = new Outbox(clock);
outbox.subscribe(checkoutEvents.orderChanged, 'test', async (_data, event) => void heard.push(event));

describe.each([
  ['memory', memoryOrderStore(async (event) => void heard.push(event))],
  ['mongo', mongoOrderStore(mongo, outbox)],
])('orders in %s', (_technology, store) => {
  const insert = async (more: Partial<Order> = {}): Promise<Order> => {
    const order = orderOf(more);
    expect(await store.insert(order)).toBe(true);
    return order;
  };
  const move = (transition: Transition, more: Partial<Move> = {}): Move => ({
    transition,
    cause: `${transition}-cause`,
    at,
    events: [],
    ...more,
  });

  test('[M-O10] an amendment happens at the version or in the state it was decided on, once, and tells of itself', async () => {
    const order = await insert({ state: 'paid' });
    const { orderId, version } = order;
    const event = changed(order, 'paid', 'refund-asked', at);
    const amendment = { guard: { version }, set: { refunds: [refund()] }, events: [event] };
    const answers = await Promise.all(Array.from({ length: 8 }, () => store.amend(orderId, amendment)));
    expect(answers.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await store.get(orderId)).toEqual({ ...order, version: version + 1, refunds: [refund()] });
    await store.relay(orderId);
    expect(heard.filter(({ id }) => id === event.id)).toHaveLength(1);
    const pending = { guard: { state: 'pending' as const }, set: { adopted: [] }, events: [] };
    expect(await store.amend(orderId, pending)).toBeUndefined();
    const dispute = openDispute();
    expect(
      await store.amend(orderId, { guard: { state: 'paid' }, set: { dispute }, events: [] }),
    ).toMatchObject({ dispute });
    const full = move('refund', { guard: { version }, set: { refunds: [refund()] } });
    expect(await store.move(orderId, full)).toBeUndefined();
    expect(await store.move(orderId, { ...full, guard: { version: version + 2 } })).toBeDefined();
  });

  test('[M-O12] an order keeps the first invoice number it is given', async () => {
    const { orderId } = await insert({ state: 'paid' });
    await store.number(orderId, 7);
    await store.number(orderId, 8);
    expect(await store.get(orderId)).toMatchObject({ invoiceNumber: 7 });
  });

  test('[M-V3] a desk lists what is to be sent, what is sent, what is refunded and what is disputed', async () => {
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    const paid = { history: [{ at, state: 'paid' as const, cause: 'paid' }], vendorId };
    const toSend = await insert({ ...paid, state: 'paid' });
    const sent = await insert({ ...paid, state: 'fulfilled', dispute: openDispute() });
    const partly = await insert({ ...paid, state: 'paid', refunds: [refund({ state: 'asked' })] });
    const back = await insert({ ...paid, state: 'refunded', refunds: [refund({ state: 'done' })] });
    const failed = await insert({ ...paid, state: 'fulfilled', refunds: [refund({ state: 'failed' })] });
    const listed = async (state?: 'to-send' | 'sent' | 'refunded' | 'disputed') =>
      (await store.ofVendor(vendorId, { state }, undefined, 10)).map(({ orderId }) => orderId).toSorted();
    const ids = (...orders: Order[]) => orders.map(({ orderId }) => orderId).toSorted();
    expect(await listed()).toEqual(ids(toSend, sent, partly, back, failed));
    expect(await listed('to-send')).toEqual(ids(toSend, partly));
    expect(await listed('sent')).toEqual(ids(sent, failed));
    expect(await listed('refunded')).toEqual(ids(partly, back));
    expect(await listed('disputed')).toEqual(ids(sent));
  });

  test('[M-O10] sweepers find refunds that were asked for and have no word', async () => {
    const asked = await insert({
      state: 'paid',
      refunds: [refund({ at: 1000 }), refund({ state: 'done', at: 0 })],
    });
    await insert({ state: 'paid', refunds: [refund({ state: 'done', at: 0 })] });
    expect(await store.refundsAsked(new Date(1001), 10)).toEqual([asked.orderId]);
    expect(await store.refundsAsked(new Date(1000), 10)).toEqual([]);
  });
});
