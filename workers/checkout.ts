import type { Redis } from 'ioredis';
import { holdEndsQueue } from '#contract/internal/checkout.ts';
import type { CheckoutFace } from '#server/checkout/index.ts';
import type { Clock } from '#server/platform/clock.ts';
import { openWorker } from '#server/platform/queue.ts';
import { sweep } from './sweep.ts';

/** Holds that end: woken at the instant, and found by the sweep when nobody woke; refunds without a word. */
export function checkoutWork({
  checkout,
  clock,
  connection,
}: {
  checkout: CheckoutFace;
  clock: Clock;
  connection: Redis;
}): AsyncDisposable[] {
  return [
    openWorker(connection, holdEndsQueue, ({ orderId }) => checkout.endHold(orderId)),
    sweep(clock, 'holds', 1000, () => checkout.sweepHolds()),
    sweep(clock, 'cart-holds', 1000, () => checkout.sweepCarts()),
    sweep(clock, 'order-refunds', 3000, () => checkout.sweepRefunds()),
  ];
}
