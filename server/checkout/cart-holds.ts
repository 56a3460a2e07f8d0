import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import type { PersonId, VendorId } from '#contract/ids.ts';
import { Fault } from '../platform/fault.ts';
import { logger } from '../platform/logger.ts';
import { type CartHold, type CartRecord, notHeld } from './core/cart.ts';
import { type Checkout, nowOf } from './parts.ts';

const rounds = 30;

/** Changes a cart as it is by then; `undefined` leaves it. Answers the cart after it, undefined when there is none. */
export async function changeCart(
  { carts }: Pick<Checkout, 'carts'>,
  personId: PersonId,
  vendorId: VendorId,
  change: (cart: CartRecord) => CartRecord | undefined,
): Promise<CartRecord | undefined> {
  for (let round = 0; round < rounds; round += 1) {
    const cart = await carts.get(personId, vendorId);
    const next = cart && change(cart);
    if (cart === undefined || next === undefined || next === cart) return cart;
    if (await carts.save(next)) return { ...next, version: next.version + 1 };
  }
  throw new Fault('conflict', 'the cart kept changing');
}

const forget = (checkout: Checkout, { personId, vendorId }: CartRecord, holdOwner: string) =>
  changeCart(checkout, personId, vendorId, (cart) => ({
    ...cart,
    holds: cart.holds.filter((one) => one.holdOwner !== holdOwner),
  }));

/** Frees what the cart has dropped. Whoever may still be about to ask for it under its name finds the hold over. */
async function freeDropped(checkout: Checkout, cart: CartRecord): Promise<void> {
  const { catalog, failpoint } = checkout;
  for (const hold of cart.holds.filter(({ state }) => state === 'dropped')) {
    await catalog.holds.release(hold.holdOwner, 'left-the-cart');
    await failpoint('checkout.cart:freed');
    await forget(checkout, cart, hold.holdOwner);
  }
}

/**
 * Makes a saved cart true: what it dropped is freed, what it asks for is held. Refused: it could not be had, and the
 * line is as long as what is held.
 */
export async function holdForCart(checkout: Checkout, cart: CartRecord): Promise<Result<void, ErrorCode>> {
  const { catalog, failpoint } = checkout;
  const { personId, vendorId } = cart;
  await freeDropped(checkout, cart);
  let refusal: ErrorCode | undefined;
  for (const hold of cart.holds.filter(({ state }) => state === 'asking')) {
    const { holdOwner } = hold;
    const taken = await catalog.holds.hold(askOf(hold));
    await failpoint('checkout.cart:held');
    if (!taken.ok) refusal = taken.refusal;
    const isAsked = (one: CartHold) => one.holdOwner === holdOwner && one.state === 'asking';
    const after = await changeCart(checkout, personId, vendorId, (now) => {
      if (!now.holds.some(isAsked)) return undefined;
      if (!taken.ok) return notHeld(now, holdOwner, nowOf(checkout).getTime());
      return { ...now, holds: now.holds.map((one) => (isAsked(one) ? { ...one, state: 'held' } : one)) };
    });
    const isKept = after?.holds.some((one) => one.holdOwner === holdOwner && one.state === 'held');
    if (taken.ok && !isKept) await catalog.holds.release(holdOwner, 'left-the-cart');
  }
  return refusal === undefined ? accept(undefined) : refuse(refusal);
}

const askOf = ({ holdOwner, variantId, quantity, endsAt }: CartHold) => ({
  holdOwner,
  lines: [{ variantId, quantity }],
  endsAt: new Date(endsAt),
});

const askingMs = 30_000;

/**
 * Frees what carts no longer hold: holds whose stored end has come, dropped ones, and ones that a dead process asked
 * for. What an order took over is the order's: the cart only forgets it, unless the order ended without it. Answers
 * the carts it changed.
 */
export async function sweepCartHolds(checkout: Checkout): Promise<CartRecord[]> {
  const { carts, clock } = checkout;
  if (!clock.isTrusted()) return [];
  const now = nowOf(checkout).getTime();
  const askedBefore = now - askingMs;
  const swept: CartRecord[] = [];
  for (const cart of await carts.toSweep(now, askedBefore, 100)) {
    try {
      const after = await sweepCart(checkout, cart, now, askedBefore);
      if (after && after.version !== cart.version) swept.push(after);
    } catch (fault) {
      logger.warn({ err: fault, vendorId: cart.vendorId }, 'cart not swept yet, will be tried again');
    }
  }
  return swept;
}

async function sweepCart(checkout: Checkout, cart: CartRecord, now: number, askedBefore: number) {
  const { personId, vendorId } = cart;
  const owners = new Map<string, 'order' | 'nobody'>();
  for (const { holdOwner, orderId, endsAt } of cart.holds) {
    if (orderId === undefined || endsAt > now) continue;
    const order = await checkout.store.get(orderId);
    if (order?.state === 'pending') continue;
    const isTaken = order?.adopted.some((one) => one.holdOwner === holdOwner) ?? false;
    owners.set(holdOwner, isTaken ? 'order' : 'nobody');
  }
  const isOver = ({ holdOwner, orderId, state, since, endsAt }: CartHold): boolean => {
    if (orderId !== undefined) return owners.get(holdOwner) === 'nobody';
    return endsAt <= now || (state === 'asking' && since < askedBefore);
  };
  const after = await changeCart(checkout, personId, vendorId, (fresh) => {
    const kept = fresh.holds.filter(({ holdOwner }) => owners.get(holdOwner) !== 'order');
    const holds = kept.map((hold): CartHold => {
      if (hold.state === 'dropped' || !isOver(hold)) return hold;
      return { ...hold, orderId: undefined, state: 'dropped' };
    });
    const isChanged = kept.length < fresh.holds.length || holds.some((hold, index) => hold !== kept[index]);
    return isChanged ? { ...fresh, holds } : undefined;
  });
  if (after === undefined) return undefined;
  await checkout.failpoint('checkout.cart:dropped');
  await freeDropped(checkout, after);
  return checkout.carts.get(personId, vendorId);
}
