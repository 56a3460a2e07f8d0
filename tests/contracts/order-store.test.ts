import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { OrderState } from '#contract/checkout.ts';
import { AccountId, OrderId, StreamId, VendorId } from '#contract/ids.ts';
import { checkoutEvents } from '#contract/internal/checkout.ts';
import { type Transition, transitions } from '#server/checkout/core/transitions.ts';
import { changed } from '#server/checkout/events.ts';
import { checkoutMigrations } from '#server/checkout/migrations.ts';
import { memoryOrderStore } from '#server/checkout/store.memory.ts';
import { mongoOrderStore } from '#server/checkout/store.mongo.ts';
import type { Move, Order } from '#server/checkout/store.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox, type OutboxEvent } from '#server/platform/outbox.ts';
import { openMongo } from '../support/mongo.ts';
import { at, orderOf } from '../support/orders.ts';

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
  const paying = (attempt = 1): Order['paying'] => ({
    attempt,
    confirmationToken: 'ctoken_1',
    since: at,
    intentId: undefined,
    fingerprint: 'print',
    card: { brand: 'visa', last4: '4242' },
  });

  test('[S0.11] an order is stored once by its id and read back as it was', async () => {
    const order = await insert();
    expect(await store.insert({ ...order, askDigest: 'another' })).toBe(false);
    expect(await store.get(order.orderId)).toEqual(order);
    expect(await store.get(OrderId.parse('ord_nobody'))).toBeUndefined();
  });

  test('a move changes state, fields, version and history in one step, or nothing', async () => {
    const order = await insert({ state: 'held' });
    const moved = await store.move(order.orderId, move('pay', { set: { paying: paying(), attempts: 1 } }));
    expect(moved).toEqual({
      ...order,
      state: 'paying',
      version: 2,
      attempts: 1,
      paying: paying(),
      history: [...order.history, { at, state: 'paying', cause: 'pay-cause' }],
    });
    expect(await store.move(order.orderId, move('pay'))).toBeUndefined();
    const back = await store.move(order.orderId, move('decline', { set: { paying: undefined } }));
    expect(back?.paying).toBeUndefined();
    expect(await store.get(order.orderId)).toEqual(back);
  });

  test('every transition is open from the states of the table and from no other', async () => {
    const states: OrderState[] = [
      'pending',
      'held',
      'paying',
      'authorised',
      'paid',
      'fulfilled',
      'expiring',
      'cancelled',
      'expired',
      'refunded',
    ];
    for (const transition of Object.keys(transitions) as Transition[])
      for (const state of states) {
        const { orderId } = await insert({ state });
        const moved = await store.move(orderId, move(transition));
        const from: readonly OrderState[] = transitions[transition].from;
        expect(moved?.state, `${state} ${transition}`).toBe(
          from.includes(state) ? transitions[transition].to : undefined,
        );
      }
  });

  test('[S0.16] of those who would pay and end an order at once exactly one moves it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { orderId } = await insert({ state: 'held' });
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.move(
            orderId,
            move(index % 2 === 0 ? 'pay' : 'end', { guard: { attempt: 0 }, set: { attempts: 1 } }),
          ),
        ),
      );
      expect(answers.filter((moved) => moved !== undefined)).toHaveLength(1);
    }
  });

  test('guards: the attempt, the intent, the hold on either side of its end, and a payment turned away', async () => {
    const { orderId, holdEndsAt } = await insert({ state: 'held' });
    const before = new Date(holdEndsAt.getTime() - 1);
    for (const guard of [{ attempt: 1 }, { intentId: 'pi_1' }, { holdEndsAfter: holdEndsAt }])
      expect(await store.move(orderId, move('pay', { guard }))).toBeUndefined();
    expect(await store.move(orderId, move('end', { guard: { holdEndsBy: before } }))).toBeUndefined();
    expect(
      await store.move(
        orderId,
        move('pay', { guard: { attempt: 0, holdEndsAfter: before }, set: { paying: paying(), attempts: 1 } }),
      ),
    ).toBeDefined();
    await store.noteIntent(orderId, 1, 'pi_1');
    expect(
      await store.move(orderId, move('end', { guard: { intentId: 'pi_1', holdEndsBy: holdEndsAt } })),
    ).toBeDefined();
    expect(await store.move(orderId, move('expire'))).toBeDefined();
    expect(await store.refuseIntent(orderId, 'pi_late')).toBe(true);
    expect(await store.move(orderId, move('revive', { guard: { isNotRefused: 'pi_late' } }))).toBeUndefined();
    expect(await store.move(orderId, move('revive', { guard: { isNotRefused: 'pi_other' } }))).toBeDefined();
    expect(await store.refuseIntent(orderId, 'pi_other')).toBe(false);
  });

  test('intents are noted whatever the state, and closed one by one', async () => {
    const { orderId } = await insert({ state: 'expiring', paying: paying(2), attempts: 2 });
    await store.noteIntent(orderId, 1, 'pi_1');
    await store.noteIntent(orderId, 2, 'pi_2');
    await store.noteIntent(orderId, 2, 'pi_2');
    expect(await store.get(orderId)).toMatchObject({
      openIntents: ['pi_1', 'pi_2'],
      paying: { intentId: 'pi_2' },
    });
    await store.closeIntent(orderId, 'pi_1');
    expect(await store.get(orderId)).toMatchObject({ openIntents: ['pi_2'] });
  });

  test('[S0.15] the events of a move are told once it is done, and not again', async () => {
    const order = await insert({ state: 'held' });
    const event = changed(order, 'paying', 'pay', at);
    expect(
      await store.move(order.orderId, move('complete', { guard: { attempt: 9 }, events: [event] })),
    ).toBeUndefined();
    await store.relay(order.orderId);
    expect(heard.filter(({ id }) => id === event.id)).toHaveLength(0);
    await store.move(order.orderId, move('complete', { events: [event] }));
    await store.relay(order.orderId);
    await store.relay(order.orderId);
    expect(heard.filter(({ id }) => id === event.id)).toHaveLength(1);
  });

  test('pages go from newest to oldest, and leave out what was never held or never paid', async () => {
    const personId = AccountId.parse(`acc_${fresh()}`);
    const vendorId = VendorId.parse(`vnd_${fresh()}`);
    const made: Order[] = [];
    for (let index = 0; index < 7; index += 1)
      made.push(
        await insert({
          personId,
          vendorId,
          state: 'pending',
          placedAt: new Date(at.getTime() + Math.floor(index / 2) * 1000),
        }),
      );
    for (const { orderId } of made.slice(1)) await store.move(orderId, move('hold'));
    for (const { orderId } of made.slice(3)) await store.move(orderId, move('complete'));
    const newest = (list: Order[]) =>
      list
        .toSorted(
          (one, other) =>
            other.placedAt.getTime() - one.placedAt.getTime() || (one.orderId < other.orderId ? 1 : -1),
        )
        .map(({ orderId }) => orderId);
    const seen: OrderId[] = [];
    let after: { placedAt: Date; orderId: OrderId } | undefined;
    for (;;) {
      const page = await store.ofPerson(personId, after, 2);
      seen.push(...page.map(({ orderId }) => orderId));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(seen).toEqual(newest(made.slice(1)));
    expect((await store.ofVendor(vendorId, {}, undefined, 100)).map(({ orderId }) => orderId)).toEqual(
      newest(made.slice(3)),
    );
  });

  test('orders of a stream come oldest first', async () => {
    const streamId = StreamId.parse(`stream_${fresh()}`);
    const late = await insert({ streamId, placedAt: new Date(at.getTime() + 1000) });
    const early = await insert({ streamId });
    expect((await store.ofStream(streamId)).map(({ orderId }) => orderId)).toEqual([
      early.orderId,
      late.orderId,
    ]);
  });

  test('[S0.16] sweepers find holds that ended, orders left pending, expiring ones and tries without a word', async () => {
    const far = new Date('1999-01-01T00:00:00Z');
    const soon = new Date('1999-01-01T00:05:00Z');
    const old = { placedAt: far, holdEndsAt: soon };
    const held = await insert({ ...old, state: 'held' });
    const known = await insert({
      ...old,
      state: 'paying',
      paying: { ...(paying() ?? fail()), since: far, intentId: 'pi_1' },
    });
    const unknown = await insert({
      ...old,
      state: 'paying',
      paying: { ...(paying() ?? fail()), since: far },
    });
    const pending = await insert({ ...old, state: 'pending' });
    const expiring = await insert({ ...old, state: 'expiring' });
    await insert({ ...old, state: 'paid' });
    expect((await store.holdsEnded(soon, 10)).toSorted()).toEqual(
      [held, known, unknown].map(({ orderId }) => orderId).toSorted(),
    );
    expect(await store.holdsEnded(new Date(soon.getTime() - 1), 10)).toEqual([]);
    expect(await store.pendingSince(soon, 10)).toEqual([pending.orderId]);
    expect(await store.expiring(1000)).toContain(expiring.orderId);
    expect(await store.payingUnknown(soon, 10)).toEqual([unknown.orderId]);
  });
});

test('both twins agree on any sequence of moves', async () => {
  const steps = fc.array(fc.constantFrom(...(Object.keys(transitions) as Transition[])), { maxLength: 12 });
  const memory = memoryOrderStore();
  const record = mongoOrderStore(mongo, new Outbox(clock));
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const order = orderOf();
      await memory.insert(order);
      await record.insert(order);
      for (const transition of sequence) {
        const wanted: Move = { transition, cause: transition, at, events: [] };
        const [one, other] = [
          await memory.move(order.orderId, wanted),
          await record.move(order.orderId, wanted),
        ];
        expect(one).toEqual(other);
      }
    }),
    { numRuns: 40 },
  );
});

function fail(): never {
  throw new Error('no try');
}
