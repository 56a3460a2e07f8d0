import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  client,
  deskOfEachTest,
  openSimulator,
  refusal,
  secretKey,
  webhookSecret,
} from '../support/payment-simulator.ts';

const desk = deskOfEachTest();

/** Asks a control path of the simulator, as an operator or a test in another process does. */
const control = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${desk.simulator.url}/_sim/${path}`, {
    method,
    headers: { authorization: `Bearer ${secretKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  return { status: response.status, body: answer };
};
const eventOf = (type: string) => {
  const found = desk.simulator.events().find((record) => record.event.type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
};

describe('idempotency keys', () => {
  it('a key replays its first answer, also to a declined card', async () => {
    const first = await desk.pay('pm_card_visa', {}, { idempotencyKey: 'order:1:pay:1' });
    const second = await desk.pay('pm_card_visa', {}, { idempotencyKey: 'order:1:pay:1' });
    expect(second).toEqual(first);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    const declined = [
      await refusal(desk.pay('pm_card_chargeDeclined', {}, { idempotencyKey: 'k2' })),
      await refusal(desk.pay('pm_card_chargeDeclined', {}, { idempotencyKey: 'k2' })),
    ];
    expect(declined[0]?.payment_intent?.id).toBe(declined[1]?.payment_intent?.id);
    expect((await desk.stripe.paymentIntents.list()).data).toHaveLength(2);
  });

  it('a key with other parameters is an error, and a refused validation frees the key', async () => {
    await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' });
    const error = await refusal(desk.pay('pm_card_visa', { amount: 4000 }, { idempotencyKey: 'k' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error.statusCode).toBe(400);
    await refusal(desk.pay('pm_card_visa', { amount: 1 }, { idempotencyKey: 'free' }));
    expect((await desk.pay('pm_card_visa', {}, { idempotencyKey: 'free' })).status).toBe('succeeded');
  });

  it('a key in flight is a conflict, is not stored, and answers what came of it afterwards', async () => {
    desk.simulator.addFault({ kind: 'delay', method: 'POST', path: '/v1/payment_intents', ms: 300 });
    const first = desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' });
    let conflict: Stripe.errors.StripeError | undefined;
    while (conflict === undefined) {
      const seen = (await control('GET', 'faults')).body;
      if (Array.isArray(seen) && seen.length === 0)
        conflict = await refusal(desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' }));
    }
    expect(conflict).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    expect((await desk.pay('pm_card_visa', {}, { idempotencyKey: 'other' })).status).toBe('succeeded');
    const { id } = await first;
    expect((await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' })).id).toBe(id);
  });

  it('the SDK by itself repeats a lost answer under one key, and one payment comes of it', async () => {
    desk.stripe = client(desk.simulator.port, { maxNetworkRetries: 2, timeout: 400 });
    desk.simulator.addFault({ kind: 'timeout-after', method: 'POST', path: '/v1/payment_intents' });
    expect((await desk.pay('pm_card_visa')).status).toBe('succeeded');
    expect((await desk.stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('a key is forgotten after 24 hours', async () => {
    let now = Date.UTC(2027, 0, 1);
    await using old = await openSimulator({ clock: () => now });
    desk.stripe = client(old.port);
    const first = await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' });
    now += 24 * 60 * 60 * 1000;
    expect((await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' })).id).not.toBe(first.id);
  });
});

describe('injected failures', () => {
  it('a 500 after the effect is stored under its key, and the effect stands', async () => {
    desk.simulator.addFault({ kind: '500-after', method: 'POST', path: '/v1/payment_intents' });
    for (const _ of [1, 2])
      expect(await refusal(desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' }))).toMatchObject({
        statusCode: 500,
        type: 'StripeAPIError',
      });
    expect((await desk.stripe.paymentIntents.list()).data).toMatchObject([{ status: 'succeeded' }]);
  });

  it('a 500 before the effect is stored too, and nothing was done', async () => {
    desk.simulator.addFault({ kind: '500-before', path: '/v1/payment_intents' });
    for (const _ of [1, 2])
      expect((await refusal(desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' }))).statusCode).toBe(500);
    expect((await desk.stripe.paymentIntents.list()).data).toEqual([]);
  });

  it('a 429 is not stored: the same key works afterwards', async () => {
    desk.simulator.addFault({ kind: '429', path: '/v1/*' });
    expect(await refusal(desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' }))).toBeInstanceOf(
      Stripe.errors.StripeRateLimitError,
    );
    expect((await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' })).status).toBe('succeeded');
  });

  it.each([
    ['timeout-after', { timeout: 200 }],
    ['reset-mid-body', {}],
  ] as const)('after %s the same key answers what was done', async (kind, more) => {
    desk.simulator.addFault({ kind, path: '/v1/payment_intents' });
    desk.stripe = client(desk.simulator.port, more);
    expect(await refusal(desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' }))).toBeInstanceOf(
      Stripe.errors.StripeConnectionError,
    );
    const again = await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' });
    expect(again.status).toBe('succeeded');
    expect((await desk.stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('faults are set and cleared over HTTP with the secret key alone', async () => {
    const ask = (method: string, key: string) =>
      fetch(`${desk.simulator.url}/_sim/faults`, {
        method,
        headers: { authorization: `Bearer ${key}` },
        ...(method === 'POST' ? { body: JSON.stringify({ kind: '429', times: 2, skip: 1 }) } : {}),
      });
    expect((await ask('POST', 'sk_test_other')).status).toBe(401);
    expect(await (await ask('POST', secretKey)).json()).toMatchObject([{ kind: '429', times: 2 }]);
    await desk.stripe.balance.retrieve();
    expect((await refusal(desk.stripe.balance.retrieve())).statusCode).toBe(429);
    await ask('DELETE', secretKey);
    await desk.stripe.balance.retrieve();
  });
});

describe('webhooks', () => {
  it('[M-O7] are signed as Stripe signs, and one changed byte is refused', async () => {
    await desk.pay('pm_card_visa');
    await desk.simulator.webhooksSettled();
    const sent = desk.endpoint.received[0];
    if (sent === undefined) throw new Error('nothing was sent');
    expect(desk.stripe.webhooks.constructEvent(sent.body, sent.signature, webhookSecret).id).toBe(
      sent.event.id,
    );
    const changed = sent.body.replace('3000', '3001');
    expect(changed).not.toBe(sent.body);
    expect(() => desk.stripe.webhooks.constructEvent(changed, sent.signature, webhookSecret)).toThrow(
      Stripe.errors.StripeSignatureVerificationError,
    );
    expect(() => desk.stripe.webhooks.constructEvent(sent.body, sent.signature, 'whsec_other')).toThrow(
      Stripe.errors.StripeSignatureVerificationError,
    );
  });

  it('wait for an desk.endpoint that is down and arrive in order', async () => {
    desk.endpoint.answerWith(503);
    await desk.pay('pm_card_visa');
    await desk.endpoint.until((types) => types.length >= 1);
    expect((await desk.stripe.events.list({ delivery_success: false })).data).toHaveLength(3);
    desk.endpoint.answerWith(200);
    await desk.simulator.webhooksSettled();
    expect([...new Set(desk.typesSent())]).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
    expect((await desk.stripe.events.list({ types: ['charge.*'] })).data).toMatchObject([
      { type: 'charge.succeeded', pending_webhooks: 0 },
    ]);
  });

  it('can be lost, doubled, delayed and overtaken, and sent again', async () => {
    desk.simulator.addFault({ kind: 'webhook-lost', type: 'payment_intent.created' });
    desk.simulator.addFault({ kind: 'webhook-doubled', type: 'payment_intent.succeeded', copies: 3 });
    await desk.pay('pm_card_visa');
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent()).toEqual(['charge.succeeded', ...Array(3).fill('payment_intent.succeeded')]);
    const lost = desk.simulator.events().find((record) => record.event.type === 'payment_intent.created');
    expect(await desk.simulator.replayEvent(lost?.id ?? '')).toBe(200);
    expect(desk.typesSent().at(-1)).toBe('payment_intent.created');

    desk.endpoint.received.length = 0;
    desk.simulator.addFault({ kind: 'webhook-reordered', type: 'charge.succeeded' });
    desk.simulator.addFault({ kind: 'webhook-delayed', type: 'payment_intent.created', ms: 60 });
    await desk.pay('pm_card_visa');
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent()).toEqual([
      'payment_intent.succeeded',
      'charge.succeeded',
      'payment_intent.created',
    ]);
  });
});

describe('the control paths of events', () => {
  it('[M-O7] a waiting event can be lost or put off, and what follows it is not held back', async () => {
    desk.endpoint.answerWith(503);
    await desk.pay('pm_card_visa');
    await desk.endpoint.until((types) => types.length >= 1);
    const [created, charged] = [eventOf('payment_intent.created'), eventOf('charge.succeeded')];
    expect((await control('POST', `events/${created.id}/lose`)).status).toBe(200);
    expect((await control('POST', `events/${charged.id}/delay`, { ms: 200 })).status).toBe(200);
    desk.endpoint.received.length = 0;
    desk.endpoint.answerWith(200);
    await desk.simulator.webhooksSettled();
    expect([...new Set(desk.typesSent())]).toEqual(['payment_intent.succeeded', 'charge.succeeded']);
    expect((await control('POST', `events/${charged.id}/lose`)).status).toBe(409);
    expect((await control('POST', 'events/evt_none/lose')).status).toBe(404);
  });

  it('[M-O7] an event that was taken can be doubled, and sent once more later', async () => {
    await desk.pay('pm_card_visa');
    await desk.simulator.webhooksSettled();
    const { id } = eventOf('payment_intent.succeeded');
    expect((await control('POST', `events/${id}/replay`, { copies: 2 })).body).toEqual({ status: 200 });
    await control('POST', `events/${id}/delay`, { ms: 30 });
    await desk.simulator.webhooksSettled();
    expect(desk.typesSent().filter((type) => type === 'payment_intent.succeeded')).toHaveLength(4);
    expect(new Set(desk.endpoint.received.map((one) => one.event.id)).size).toBe(3);
  });

  it('[M-O7] the listing is newest first, found by any word of the object, and says what can be done', async () => {
    await desk.pay('pm_card_visa', { metadata: { subjectId: 'ord_1' } });
    const second = await desk.pay('pm_card_visa', { metadata: { subjectId: 'ord_2' } });
    await desk.simulator.webhooksSettled();
    const rows = async (query: string) => (await control('GET', `listing?${query}`)).body;
    expect(await rows('kind=payments')).toMatchObject([{ about: 'ord_2' }, { about: 'ord_1' }]);
    expect(await rows('kind=payments&q=ORD_2')).toMatchObject([
      { id: second.id, can: [{ act: 'dispute', target: second.latest_charge }] },
    ]);
    expect(await rows('kind=events&q=ord_2&limit=1')).toMatchObject([
      {
        about: 'payment_intent.succeeded',
        status: 'taken',
        deliveries: [{ status: 200 }],
        can: [{ act: 'replay' }, { act: 'delay' }, { act: 'double' }],
      },
    ]);
    desk.simulator.addFault({ kind: 'webhook-lost', times: 9 });
    await desk.stripe.refunds.create({ payment_intent: second.id });
    await desk.simulator.webhooksSettled();
    expect(await rows('kind=refunds')).toMatchObject([{ about: second.id, can: [{ act: 'fail-refund' }] }]);
    expect(await rows('kind=events&q=refund.created')).toMatchObject([{ status: 'lost', deliveries: [] }]);
    expect((await control('GET', 'listing?kind=secrets')).status).toBe(400);
  });

  it('one armed failure can be disarmed alone', async () => {
    await control('POST', 'faults', { kind: '429' });
    await control('POST', 'faults', { kind: 'webhook-lost' });
    const [first] = z.array(z.object({ id: z.string() })).parse((await control('GET', 'faults')).body);
    const left = await control('DELETE', `faults/${first?.id}`);
    expect(left.body).toMatchObject([{ kind: 'webhook-lost' }]);
    await desk.stripe.balance.retrieve();
  });
});

describe('a restart', () => {
  it('keeps objects, keys, waiting webhooks and what is still to come', async () => {
    const dataFile = join(await mkdtemp(join(tmpdir(), 'stripe-sim-')), 'stripe-sim.json');
    const before = await openSimulator({ dataFile, delays: { lateMs: 50 } });
    desk.stripe = client(before.port);
    const paid = await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' });
    const late = await desk.pay('pm_card_paysLate');
    await before[Symbol.asyncDispose]();
    for (const _ of [1, 2]) {
      await using after = await openSimulator({ dataFile, webhookUrl: desk.endpoint.url });
      desk.stripe = client(after.port);
      expect((await desk.pay('pm_card_visa', {}, { idempotencyKey: 'k' })).id).toBe(paid.id);
      await desk.endpoint.until(
        (types) => types.filter((type) => type === 'payment_intent.succeeded').length === 2,
      );
      expect((await desk.stripe.paymentIntents.retrieve(late.id)).status).toBe('succeeded');
      await after.webhooksSettled();
    }
    expect(desk.typesSent().filter((type) => type === 'payment_intent.created')).toHaveLength(2);
  });
});
