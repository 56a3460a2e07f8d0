import { accept, type Result, refuse } from '#contract/errors.ts';
import type { OrderId } from '#contract/ids.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import { changed, ended } from './events.ts';
import { type Checkout, holdOwnersOf, nowOf, termOf } from './parts.ts';
import { tryAgain } from './pay.ts';
import type { Ending, Move, Order } from './store.ts';

/**
 * Brings an order to its end: fenced by its state first, then {@link finishEnding}. `refusal` is kept where the order
 * was never held. Undefined: it could not end.
 */
export async function endOrder(
  checkout: Checkout,
  orderId: OrderId,
  ending: Ending,
  guard: Move['guard'] = {},
  refusal?: string,
): Promise<Order | undefined> {
  const { store, failpoint } = checkout;
  const at = nowOf(checkout);
  const { cause } = ending;
  const order = await store.move(orderId, {
    transition: 'end',
    guard,
    set: { ending, ...(refusal !== undefined && { refusal }) },
    cause,
    at,
    events: [],
  });
  if (order === undefined) return undefined;
  await failpoint('checkout.end:fenced');
  await finishEnding(checkout, orderId);
  return store.get(orderId);
}

/**
 * Finishes what is expiring: every payment that could still be charged is cancelled first, and only when the payment
 * service has confirmed that are stock and coupon freed. A payment that turns out to be made makes the sale stand;
 * one that is processing is looked at again by the sweeper.
 */
async function finishEnding(checkout: Checkout, orderId: OrderId): Promise<'over' | 'paid' | 'waiting'> {
  const { store, payments, catalog, failpoint } = checkout;
  const before = await store.get(orderId);
  if (before?.state !== 'expiring') return before?.paid ? 'paid' : 'over';
  if (before.paying && before.paying.intentId === undefined) await tryAgain(checkout, before);
  const order = (await store.get(orderId)) ?? before;
  for (const intentId of order.openIntents) {
    const stands = await payments.cancel(intentId);
    await failpoint('checkout.end:payment-cancelled');
    // Late money: heard of again, and bought for or sent back, when the order is over.
    if (order.ending?.isFreeing && stands !== 'cancelled') continue;
    if (stands === 'processing') return 'waiting';
    if (stands === 'paid') {
      await payments.observePayment(intentId, `ending:${orderId}`);
      return 'paid';
    }
    await store.closeIntent(orderId, intentId);
  }
  const ending: Ending = order.ending ?? { as: 'cancelled', cause: 'unknown' };
  const { as, cause } = ending;
  if (!ending.isFreeing) {
    const guard = { version: order.version };
    const fenced = await store.amend(orderId, {
      guard,
      set: { ending: { ...ending, isFreeing: true } },
      events: [],
    });
    if (fenced === undefined) return 'waiting';
    await failpoint('checkout.end:freeing');
  }
  for (const holdOwner of holdOwnersOf(order)) {
    const released = await catalog.holds.release(holdOwner, cause);
    if (!released.ok) throw new Fault('conflict', `stock of ${orderId} is sold, and the order is not paid`);
  }
  await failpoint('checkout.end:stock-freed');
  // Another process may have ended it in between, and late money may have bought it since, coupon and all.
  if ((await store.get(orderId))?.state !== 'expiring') return 'over';
  const at = nowOf(checkout);
  for (const { kind } of order.terms) await termOf(checkout, kind).giveBack(orderId, at);
  await failpoint('checkout.end:terms-freed');
  const over = await store.move(orderId, {
    transition: as === 'expired' ? 'expire' : 'cancel',
    set: { paying: undefined },
    cause,
    at,
    events: [changed(order, as, cause, at), ended(order, as, cause, at)],
  });
  if (over) await store.relay(orderId);
  return 'over';
}

/** The buyer leaves before paying. What is paid meanwhile stays paid. */
export async function cancelOrder(checkout: Checkout, order: Order): Promise<Result<Order, 'conflict'>> {
  const { orderId } = order;
  if (order.state === 'cancelled' || order.state === 'expired') return accept(order);
  const after = await endOrder(checkout, orderId, { as: 'cancelled', cause: 'cancelled-by-buyer' });
  const now = after ?? (await checkout.store.get(orderId));
  if (now?.state === 'cancelled' || now?.state === 'expired' || now?.state === 'expiring') return accept(now);
  return refuse('conflict', now?.paid ? 'it is paid' : undefined);
}

/** A hold whose stored end has come; called by the wake and by the sweep, obeys the stored instant alone. */
export async function endHold(checkout: Checkout, orderId: OrderId): Promise<void> {
  const holdEndsBy = nowOf(checkout);
  await endOrder(checkout, orderId, { as: 'expired', cause: 'hold-ended' }, { holdEndsBy });
}

const pendingMs = 60_000;
const unknownMs = 15_000;
const batchSize = 100;

/**
 * Ends holds whose time is over, finishes what is expiring, undoes what was placed and never held, and repeats tries
 * to pay of which no word came. Returns how many orders it looked at; rests while the clock is not trusted.
 */
export async function sweepHolds(checkout: Checkout): Promise<number> {
  const { store, clock } = checkout;
  if (!clock.isTrusted()) return 0;
  const now = nowOf(checkout);
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  let seen = 0;
  const each = async (orderIds: readonly OrderId[], act: (orderId: OrderId) => Promise<unknown>) => {
    for (const orderId of orderIds) {
      seen += 1;
      try {
        await act(orderId);
      } catch (fault) {
        logger.warn({ err: fault, orderId }, 'order not settled yet, will be tried again');
      }
    }
  };
  await each(await store.expiring(batchSize), (orderId) => finishEnding(checkout, orderId));
  await each(await store.holdsEnded(now, batchSize), (orderId) => endHold(checkout, orderId));
  await each(await store.pendingSince(ago(pendingMs), batchSize), (orderId) =>
    endOrder(checkout, orderId, { as: 'cancelled', cause: 'never-held' }),
  );
  await each(await store.payingUnknown(ago(unknownMs), batchSize), async (orderId) => {
    const order = await store.get(orderId);
    if (order?.paying && order.paying.intentId === undefined) await tryAgain(checkout, order);
  });
  return seen;
}
