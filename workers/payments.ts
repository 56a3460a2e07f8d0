import type { Redis } from 'ioredis';
import { paymentEventQueue } from '#contract/internal/payments.ts';
import type { PaymentsFace } from '#server/payments/index.ts';
import type { Clock } from '#server/platform/clock.ts';
import { openWorker } from '#server/platform/queue.ts';
import { sweep } from './sweep.ts';

/** Webhook events as they come, and what was missed, due or left undone. */
export function paymentWork({
  payments,
  clock,
  connection,
}: {
  payments: PaymentsFace;
  clock: Clock;
  connection: Redis;
}): AsyncDisposable[] {
  return [
    openWorker(connection, paymentEventQueue, ({ eventId }) => payments.handleEvent(eventId)),
    sweep(clock, 'payment-inbox', 2000, () => payments.sweepInbox()),
    sweep(clock, 'transfers', 2000, () => payments.sweepTransfers()),
    sweep(clock, 'reversals', 2000, () => payments.sweepReversals()),
    sweep(clock, 'refunds', 2000, () => payments.sweepRefunds()),
    sweep(clock, 'journal-seals', 2000, () => payments.sealJournal()),
    sweep(clock, 'payment-reconciliation', 10_000, () => payments.reconcile()),
  ];
}
