import { accept, type Result, refuse } from '#contract/errors.ts';
import { paymentEventQueue } from '#contract/internal/payments.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import { observePayment } from './observe.ts';
import type { Payments } from './parts.ts';
import { observeAccount } from './payouts.ts';

const ripeMs = 5000;
const overlapMs = 10 * 60_000;
const firstLookMs = 3 * 24 * 3_600_000;
const batchSize = 100;

/**
 * Takes a webhook in: signature over the raw body, at most 300 s old, the mode of our key, our account or one of our
 * vendors'; stored by its event id; handed to a worker. Answered before it is handled.
 */
export async function receiveEvent(
  { stripe, inbox, store, queues, clock, config }: Payments,
  body: unknown,
  signature: string | undefined,
): Promise<Result<{ received: true }, 'bad-signature'>> {
  if (!(body instanceof Uint8Array) || signature === undefined) return refuse('bad-signature');
  const event = stripe.readEvent(body, signature);
  if (event === undefined) return refuse('bad-signature');
  if (event.isLive !== config.payments.secretKey.startsWith('sk_live_'))
    return refuse('bad-signature', 'this event is of another mode');
  if (event.onAccount !== undefined && !(await store.knowsAccount(event.onAccount)))
    return refuse('bad-signature', 'this event is of another account');
  const { eventId, type } = event;
  const kept = await inbox.keep(event, new Date(clock.now()));
  logger.info({ eventId, type, kept }, 'webhook received');
  await queues.wake(paymentEventQueue, { eventId }, { key: eventId });
  return accept({ received: true });
}

/** Handles one stored event, once; what it says is not believed, its object is fetched. Throws to be tried again. */
export async function handleEvent(payments: Payments, eventId: string): Promise<void> {
  const { inbox, clock } = payments;
  const event = await inbox.find(eventId);
  if (event === undefined || event.isHandled) return;
  try {
    if (event.intentId !== undefined) await observePayment(payments, event.intentId, eventId);
    if (event.accountId !== undefined) await observeAccount(payments, event.accountId);
  } catch (fault) {
    const words = fault instanceof Error ? fault.message : String(fault);
    await inbox.markFailed(eventId, words, { isItsOwn: !(fault instanceof Fault) });
    throw fault;
  }
  await payments.failpoint('payments.handle:done');
  await inbox.markHandled(eventId, new Date(clock.now()));
}

/** Handles events that no worker has handled. Returns how many it found. */
export async function sweepInbox(payments: Payments): Promise<number> {
  const { inbox, clock } = payments;
  const waiting = await inbox.waiting(new Date(clock.now() - ripeMs), batchSize);
  for (const eventId of waiting) await attempt('event', eventId, () => handleEvent(payments, eventId));
  return waiting.length;
}

/**
 * Asks the payment service what it told us and what it has: events that never came are handled, payments that stand
 * otherwise than last seen are observed, unfinished payout accounts are looked at. Without `since` it takes up where
 * the last run ended, with ten minutes of overlap (the first run: three days).
 */
export async function reconcile(
  payments: Payments,
  since?: Date,
): Promise<{ events: number; payments: number }> {
  const { store, stripe, inbox, clock } = payments;
  const startedAt = new Date(clock.now());
  const mark = await store.mark('reconciled');
  const from = since ?? new Date(mark ? mark.getTime() - overlapMs : startedAt.getTime() - firstLookMs);
  const found = { events: 0, payments: 0 };
  for await (const events of batches(stripe.eventsSince(from))) {
    const known = await inbox.known(events.map(({ eventId }) => eventId));
    // The list is newest first.
    for (const event of events.toReversed()) {
      if (known.has(event.eventId)) continue;
      await inbox.keep(event, startedAt);
      found.events += 1;
      await attempt('event', event.eventId, () => handleEvent(payments, event.eventId));
    }
  }
  for await (const listed of batches(stripe.paymentsSince(from))) {
    const seen = await store.seen(listed.map(({ intentId }) => intentId));
    for (const { intentId, look } of listed) {
      if (seen.get(intentId) === look) continue;
      found.payments += 1;
      await attempt('payment', intentId, () => observePayment(payments, intentId, `reconcile:${intentId}`));
    }
  }
  for (const { accountId } of await store.unfinishedPayouts(batchSize))
    await attempt('account', accountId, () => observeAccount(payments, accountId));
  await store.setMark('reconciled', startedAt);
  if (found.events + found.payments > 0) logger.warn(found, 'reconciliation found what webhooks missed');
  return found;
}

async function* batches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function attempt(what: string, id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    logger.error({ err: fault, [what]: id }, 'not settled yet, will be tried again');
  }
}
