import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paymentEventQueue } from '#contract/internal/payments.ts';
import { openWorker, Queues } from '#server/platform/queue.ts';
import { closeRedis, openPatientRedis } from '#server/platform/redis.ts';
import { openRedis } from '../support/redis.ts';
import { openTill, type Till } from '../support/till.ts';

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

const rowsOf = () =>
  till.mongo.collection<{ _id: string; state: string; tries: number; intentId?: string }>('payment_events');

test('[M-O8] an event that fails by its own fault is set aside after five tries, one of an old form passes, and the rest flows', async () => {
  till.holdJobs(true);
  const poison = await till.sdk.paymentIntents.create({
    amount: 3000,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_card_visa',
    allowed_payment_method_types: ['card'],
    metadata: { purpose: 'order', subjectId: 'no order of ours', attempt: 1 },
  });
  await rowsOf().insertOne({
    _id: 'evt_old_form',
    state: 'waiting',
    tries: 0,
    receivedAt: new Date(0),
  } as never);
  const goods = await till.sell({ price: 3000 });
  const order = await till.place(till.newPerson(), till.askFor(goods, 3000));
  await till.checkout.pay(order, await till.token());
  await till.settled();
  till.pass(6000);
  await till.payments.sweepInbox();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await rowsOf().findOne({ _id: 'evt_old_form' })).toMatchObject({ state: 'handled' });
  for (let tries = 1; tries < 5; tries += 1) expect(await till.payments.sweepInbox()).toBeGreaterThan(0);
  const rows = await rowsOf().find({ intentId: poison.id }).toArray();
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toMatchObject({ state: 'aside', tries: 5 });
  expect(await till.payments.sweepInbox()).toBe(0);
  till.holdJobs(false);
});

test('[M-O8] while the payment service is away no event is set aside', async () => {
  till.holdJobs(true);
  const goods = await till.sell({ price: 3000 });
  const order = await till.place(till.newPerson(), till.askFor(goods, 3000));
  await till.checkout.pay(order, await till.token());
  await till.settled();
  till.pass(6000);
  till.stripe.addFault({ kind: '429', method: 'GET', path: '/v1/payment_intents/*', times: 1000 });
  const { data } = await till.sdk.events.list({ type: 'payment_intent.succeeded', limit: 1 });
  const eventId = data[0]?.id ?? '';
  await Promise.all(
    Array.from({ length: 6 }, () => expect(till.payments.handleEvent(eventId)).rejects.toThrow()),
  );
  till.stripe.clearFaults();
  expect(await rowsOf().findOne({ _id: eventId })).toMatchObject({ state: 'waiting' });
  await till.payments.sweepInbox();
  expect(await till.orderNow(order.orderId)).toMatchObject({ state: 'paid' });
  till.holdJobs(false);
});

test('[M-O8] a job that nobody can read is set aside after five tries, and the jobs behind it are done', async () => {
  await using redis = await openRedis();
  const connection = openPatientRedis(redis.url, 'jobs');
  const queues = new Queues(connection);
  const done: string[] = [];
  const worker = openWorker(connection, paymentEventQueue, async ({ eventId }) => void done.push(eventId));
  const queue = queues.of(paymentEventQueue.name);
  const patience = { attempts: 5, backoff: { type: 'exponential', delay: 1 } };
  const poison = await queue.add(paymentEventQueue.name, { eventId: 7 }, { jobId: 'poison', ...patience });
  for (const eventId of ['evt_1', 'evt_2', 'evt_3'])
    await queues.add(paymentEventQueue, { eventId }, { key: eventId });
  const deadline = Date.now() + 20_000;
  while ((done.length < 3 || !(await poison.isFailed())) && Date.now() < deadline) await wait(20);
  expect(done.toSorted()).toEqual(['evt_1', 'evt_2', 'evt_3']);
  expect((await queue.getJob('poison'))?.attemptsMade).toBe(5);
  expect(await queues.state(paymentEventQueue.name)).toContain('1 set aside');
  await worker[Symbol.asyncDispose]();
  await queues[Symbol.asyncDispose]();
  await closeRedis(connection);
}, 30_000);
