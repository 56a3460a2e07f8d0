import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { TestMoneyView } from '#contract/operations.ts';
import { testMoneyRoutes } from '#server/operations/index.ts';
import type { Person } from '../support/cast.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { client } from '../support/payment-simulator.ts';

let house: TestHouse;
let operator: Person;
let stripe: ReturnType<typeof client>;
beforeAll(async () => {
  house = await openHouse();
  operator = await house.visit('operator');
  await house.slices.identity.roles.grant(operator.accountId, { role: 'operator' });
  stripe = client(house.stripe.port, { secretKey: house.config.payments.secretKey });
});
afterAll(() => house?.[Symbol.asyncDispose]());

const pay = () =>
  stripe.paymentIntents.create({
    amount: 3000,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_card_visa',
    allowed_payment_method_types: ['card'],
    metadata: { subjectId: `ord_${randomUUID()}` },
  });
const look = (kind: string, search = '') =>
  operator.get(`/test-money?kind=${kind}&search=${encodeURIComponent(search)}`, TestMoneyView);
const act = (name: string, target: string, seconds?: number) =>
  operator.call('POST', '/test-money/acts', {
    act: name,
    target,
    ...(seconds === undefined ? {} : { seconds }),
  });
const entryOf = async (kind: string, search: string) => {
  const [first] = (await look(kind, search)).entries;
  if (first === undefined) throw new Error(`no ${kind} with ${search}`);
  return first;
};

test('[M-O7] an operator finds payments by any word, newest first, and nobody else sees them', async () => {
  const [first, second] = [await pay(), await pay()];
  const { isSimulated, entries } = await look('payments');
  expect(isSimulated).toBe(true);
  expect(entries.slice(0, 2).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(await look('payments', first.metadata.subjectId)).toMatchObject({
    entries: [
      {
        id: first.id,
        status: 'succeeded',
        about: first.metadata.subjectId,
        amount: { amount: 3000, currency: 'USD' },
        can: [{ act: 'dispute', target: first.latest_charge }],
      },
    ],
  });
  const buyer = await house.visit('buyer-of-test-money');
  expect((await buyer.call('GET', '/test-money?kind=payments')).status).toBe(403);
});

test('[M-O7] a charge is disputed and the dispute decided, and a refund fails afterwards', async () => {
  const { id, latest_charge: charge } = await pay();
  expect((await act('dispute', String(charge))).status).toBe(204);
  expect((await act('dispute', String(charge))).status).toBe(409);
  const dispute = await entryOf('disputes', id);
  expect(dispute).toMatchObject({ status: 'needs_response', about: id });
  expect((await entryOf('payments', id)).can).toEqual(dispute.can);
  expect((await act('win', dispute.id)).status).toBe(204);
  expect(await entryOf('disputes', id)).toMatchObject({ status: 'won', can: [] });
  const refund = await stripe.refunds.create({ payment_intent: id });
  expect((await act('fail-refund', refund.id)).status).toBe(204);
  expect(await entryOf('refunds', id)).toMatchObject({ status: 'failed', can: [] });
  const other = await pay();
  await act('dispute', String(other.latest_charge));
  await act('lose-dispute', (await entryOf('disputes', other.id)).id);
  expect((await entryOf('disputes', other.id)).status).toBe('lost');
  expect((await act('win', 'du_none')).status).toBe(404);
});

test('[M-O7] [M-P8] failures are armed, seen and disarmed, and each change is audited', async () => {
  await house.stripe.webhooksSettled();
  const wish = { kind: 'webhook-lost', on: 'payment_intent.*', times: 5 };
  expect((await operator.call('POST', '/test-money/faults', wish)).status).toBe(204);
  await operator.call('POST', '/test-money/faults', { kind: 'delay', times: 1000, seconds: 0 });
  const { faults } = await look('events');
  expect(faults).toMatchObject([wish, { kind: 'delay', on: '/v1/*' }]);
  for (const { id } of faults.slice(1))
    expect((await operator.call('DELETE', `/test-money/faults/${id}`)).status).toBe(204);
  const { id } = await pay();
  await house.stripe.webhooksSettled();
  const lost = await entryOf('events', 'payment_intent.succeeded');
  expect(lost).toMatchObject({ status: 'lost', deliveries: [] });

  // What was lost is brought back: once, twice more, and once more later.
  expect((await act('lose', lost.id)).status).toBe(409);
  for (const name of ['replay', 'double', 'delay']) expect((await act(name, lost.id, 0)).status).toBe(204);
  await house.stripe.webhooksSettled();
  expect(await entryOf('events', id)).toMatchObject({
    id: lost.id,
    status: 'taken',
    deliveries: Array(4).fill({ status: 200 }),
  });
  expect((await act('delay', lost.id, 1)).status).toBe(204);
  expect((await entryOf('events', id)).deliveries).toHaveLength(4);
  await house.stripe.webhooksSettled();
  expect((await entryOf('events', id)).deliveries).toHaveLength(5);
  const Entry = z.object({ action: z.string(), handle: z.string() });
  const audited = z
    .array(Entry)
    .parse(await house.slices.mongo.collection('audit').find({ object: lost.id }).toArray());
  expect(audited).toEqual(Array(4).fill({ action: 'test-money.change', handle: 'operator' }));
  for (const fault of (await look('events')).faults)
    await operator.call('DELETE', `/test-money/faults/${fault.id}`);
});

test('[M-O7] a failure takes as long as was asked', async () => {
  house.stripe.clearFaults();
  for (const kind of ['webhook-delayed', 'webhook-reordered', 'delay', 'timeout-after'])
    await operator.call('POST', '/test-money/faults', { kind, on: 'nothing', seconds: 3 });
  const armed = await fetch(`${house.stripe.url}/_sim/faults`, {
    headers: { authorization: `Bearer ${house.config.payments.secretKey}` },
  });
  expect(await armed.json()).toMatchObject([
    { kind: 'webhook-delayed', type: 'nothing', ms: 3000 },
    { kind: 'webhook-reordered', type: 'nothing', ms: 3000 },
    { kind: 'delay', path: 'nothing', ms: 3000 },
    { kind: 'timeout-after', path: 'nothing', ms: 3000 },
  ]);
});

test('[M-O7] with Stripe itself the routes say so, and change nothing', async () => {
  const routes = testMoneyRoutes(undefined);
  const answers = await Promise.all(
    routes.map(({ handle }) =>
      handle({
        params: { faultId: 'fault_1' },
        query: { kind: 'events', search: '' },
        body: { act: 'replay', target: 'evt_1', seconds: 5 },
        audit: () => {
          throw new Error('nothing was changed');
        },
      } as never),
    ),
  );
  expect(answers).toMatchObject([
    { ok: true, value: { isSimulated: false, entries: [], faults: [] } },
    ...Array(3).fill({ ok: false, refusal: 'not-found' }),
  ]);
});
