import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { memoryInbox } from '#server/payments/inbox.memory.ts';
import { mongoInbox } from '#server/payments/inbox.mongo.ts';
import { paymentMigrations } from '#server/payments/migrations.ts';
import type { ServiceEvent } from '#server/payments/service.ts';
import { memoryPaymentStore } from '#server/payments/store.memory.ts';
import { mongoPaymentStore } from '#server/payments/store.mongo.ts';
import type { MoneyMove } from '#server/payments/store.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { openMongo } from '../support/mongo.ts';

const mongo = await connect(openMongo());
await migrate(mongo, paymentMigrations);
afterAll(() => closeMongo(mongo));

const at = new Date('2026-03-01T12:00:00Z');
const later = (ms: number): Date => new Date(at.getTime() + ms);

describe.each([
  ['memory', memoryInbox()],
  ['mongo', mongoInbox(mongo)],
])('the %s webhook inbox', (_technology, inbox) => {
  const eventOf = (more: Partial<ServiceEvent> = {}): ServiceEvent => ({
    eventId: `evt_${randomUUID()}`,
    type: 'payment_intent.succeeded',
    isLive: false,
    createdAt: at,
    intentId: 'pi_1',
    accountId: undefined,
    ...more,
  });

  test('[M-O8] an event is kept once by its id, however many copies come at once', async () => {
    const event = eventOf();
    const answers = await Promise.all(Array.from({ length: 20 }, () => inbox.keep(event, at)));
    expect(answers.filter((answer) => answer === 'new')).toHaveLength(1);
    expect(await inbox.find(event.eventId)).toMatchObject({ ...event, isHandled: false });
    expect(await inbox.find('evt_nobody')).toBeUndefined();
    expect(await inbox.known([event.eventId, 'evt_nobody'])).toEqual(new Set([event.eventId]));
  });

  test('[M-O8] what is not handled waits, and what is handled waits no more', async () => {
    const [one, other] = [eventOf(), eventOf()];
    await inbox.keep(one, new Date('1999-01-01T00:00:00Z'));
    await inbox.keep(other, new Date('1999-01-02T00:00:00Z'));
    const before = new Date('1999-01-03T00:00:00Z');
    await inbox.markFailed(one.eventId, 'a fault', { isItsOwn: true });
    expect(await inbox.waiting(before, 10)).toEqual([one.eventId, other.eventId]);
    expect(await inbox.waiting(new Date('1999-01-02T00:00:00Z'), 10)).toEqual([one.eventId]);
    await inbox.markHandled(one.eventId, at);
    expect(await inbox.waiting(before, 10)).toEqual([other.eventId]);
    expect(await inbox.find(one.eventId)).toMatchObject({ isHandled: true });
    await inbox.markHandled(other.eventId, at);
  });
});

describe.each([
  ['memory', memoryPaymentStore()],
  ['mongo', mongoPaymentStore(mongo)],
])('what payments remembers in %s', (_technology, store) => {
  const moveOf = (more: Partial<MoneyMove> = {}): MoneyMove => ({
    moveId: `transfer:${randomUUID()}`,
    kind: 'transfer',
    amount: { amount: 2850, currency: 'USD' },
    intentId: undefined,
    refundId: undefined,
    afterMoveId: undefined,
    vendorId: 'vnd_1',
    chargeId: 'ch_1',
    transferGroup: 'ord_1',
    reason: 'sale:ord_1',
    dueAt: at,
    ...more,
  });

  test('[M-O11] a move of money is planned once, is due from its instant, and is made once', async () => {
    const move = moveOf();
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.plan(move)));
    expect(answers.filter((answer) => answer === 'new')).toHaveLength(1);
    expect(await store.dueMoves('transfer', later(-1), 10)).toEqual([]);
    expect(await store.dueMoves('refund', at, 10)).toEqual([]);
    const planned = { ...move, tries: 0, refusals: 0 };
    expect(await store.dueMoves('transfer', at, 10)).toEqual([planned]);
    expect(await store.moveOf(move.moveId)).toEqual({ ...planned, madeAs: undefined });
    await store.putOff(move.moveId, later(5000), 'a fault');
    expect(await store.dueMoves('transfer', later(4999), 10)).toEqual([]);
    await store.markMade(move.moveId, 'tr_1', at);
    expect(await store.dueMoves('transfer', later(60_000), 10)).toEqual([]);
    expect(await store.moveOf(move.moveId)).toMatchObject({ madeAs: 'tr_1' });
  });

  test('[M-O10] a definite no is counted once for all who heard it, and changes nothing of a move that was made', async () => {
    const { moveId } = moveOf();
    await store.plan(moveOf({ moveId, kind: 'reversal', afterMoveId: 'transfer:ord_1:charge' }));
    const heard = { ...moveOf({ moveId }), tries: 0, refusals: 0 };
    await Promise.all(Array.from({ length: 5 }, () => store.putOffRefused(heard, later(9000), 'a no')));
    expect(await store.moveOf(moveId)).toMatchObject({ refusals: 1, dueAt: later(9000) });
    expect(await store.dueMoves('reversal', later(8999), 10)).toEqual([]);
    await store.putOff(moveId, later(9500), 'a fault');
    expect(await store.dueMoves('reversal', later(9500), 10)).toMatchObject([
      { moveId, afterMoveId: 'transfer:ord_1:charge', tries: 2, refusals: 1 },
    ]);
    await store.markMade(moveId, 'trr_1', at);
    await store.putOffRefused({ ...heard, refusals: 1 }, later(1), 'a no');
    await store.putOff(moveId, later(1), 'a fault');
    await store.markMade(moveId, 'trr_2', at);
    expect(await store.moveOf(moveId)).toMatchObject({ madeAs: 'trr_1', tries: 2, refusals: 1 });
  });

  test('a dispute is kept as last seen, by its payment', async () => {
    const [intentId, disputeId] = [`pi_${randomUUID()}`, `du_${randomUUID()}`];
    const dispute = {
      ...{ disputeId, intentId, subjectId: 'ord_1', state: 'open' as const, reason: 'fraudulent' },
      ...{ amount: { amount: 3000, currency: 'USD' as const }, at, seenAt: at },
      evidenceDueAt: later(60_000),
    };
    await store.saveDispute(dispute);
    expect(await store.disputesOf(intentId)).toEqual([dispute]);
    const lost = { ...dispute, state: 'lost' as const, seenAt: later(1) };
    await store.saveDispute(lost);
    expect(await store.disputesOf(intentId)).toEqual([lost]);
    expect(await store.disputesOf('pi_nobody')).toEqual([]);
  });

  test('what was last seen of payments is answered for those asked', async () => {
    const intentId = `pi_${randomUUID()}`;
    await store.note({ intentId, look: 'processing', causeId: 'evt_1', at });
    await store.note({ intentId, look: 'succeeded', causeId: 'evt_2', at });
    expect(await store.seen([intentId, 'pi_nobody'])).toEqual(new Map([[intentId, 'succeeded']]));
  });

  test('[M-V2] a vendor has one payout account, unfinished until it can be paid', async () => {
    const vendorId = `vnd_${randomUUID()}`;
    const account = {
      accountId: 'acct_1',
      vendorId,
      canBePaid: false,
      hasSubmittedDetails: false,
      missing: ['external_account'],
    };
    expect(await store.payoutOf(vendorId)).toBeUndefined();
    await store.savePayout(vendorId, account, at);
    expect(await store.payoutOf(vendorId)).toEqual(account);
    expect(await store.unfinishedPayouts(100)).toContainEqual({ vendorId, accountId: 'acct_1' });
    expect([await store.knowsAccount('acct_1'), await store.knowsAccount('acct_2')]).toEqual([true, false]);
    await store.savePayout(vendorId, { ...account, canBePaid: true, missing: [] }, at);
    expect(await store.unfinishedPayouts(100)).not.toContainEqual({ vendorId, accountId: 'acct_1' });
  });

  test('marks say how far a periodic look has come', async () => {
    const name = randomUUID();
    expect(await store.mark(name)).toBeUndefined();
    await store.setMark(name, at);
    expect(await store.mark(name)).toEqual(at);
  });
});
