import { createHash } from 'node:crypto';
import type { StockPolicy } from '#contract/catalog.ts';
import type { PlaceOrder } from '#contract/checkout.ts';
import { accept, ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { OrderId, type PersonId } from '#contract/ids.ts';
import { holdEndsQueue } from '#contract/internal/checkout.ts';
import { logger } from '../platform/logger.ts';
import { adoptFromCart, giveBackToCart } from './cart-orders.ts';
import { endOrder } from './ending.ts';
import { changed } from './events.ts';
import { type Checkout, holdOwnersOf, nowOf, ownHoldOf, termOf } from './parts.ts';
import { priceAsk } from './quote.ts';
import type { Order } from './store.ts';

const over: readonly Order['state'][] = ['cancelled', 'expired', 'refunded'];
const patienceMs = 1500;
const pauseMs = 30;

/** The order a person's key names: the same key again is the same order. */
function orderIdOf(personId: PersonId, key: string): OrderId {
  const digest = createHash('sha256').update(`${personId} ${key}`).digest('base64url');
  return OrderId.parse(`ord_${digest.slice(0, 32)}`);
}

/**
 * Places an order: priced anew and held, or refused with nothing taken. The same person and key get the same order or
 * the same refusal, however often and in however many tabs it is asked; the key for another order is `key-reused`.
 */
export async function placeOrder(
  checkout: Checkout,
  personId: PersonId,
  key: string,
  ask: PlaceOrder,
  { capture = 'now' }: { capture?: Order['capture'] } = {},
): Promise<Result<Order, ErrorCode>> {
  const { store, payments, failpoint } = checkout;
  const orderId = orderIdOf(personId, key);
  const askDigest = digestOf(ask);
  const known = await store.get(orderId);
  if (known) return goOn(checkout, known, askDigest);

  const priced = await priceAsk(checkout, personId, ask);
  if (!priced.ok) return priced;
  const { selling, ...goods } = priced.value;
  const { totals, vendorId } = goods;
  if (ask.delivery === undefined && selling.needsDelivery) return refuse('address-required');
  if (!selling.isTotalFinal) return refuse('address-required', ask.delivery ? 'region' : undefined);
  const { quotedTotal } = ask;
  if (totals.total.amount !== quotedTotal.amount || totals.total.currency !== quotedTotal.currency)
    return refuse('quote-changed', `the total is ${totals.total.amount} ${totals.total.currency}`);
  if (!(await payments.isPayable(vendorId))) return refuse('vendor-not-payable');

  const isFromCart = ask.isFromCart ?? false;
  const cart = isFromCart ? await checkout.carts.get(personId, vendorId) : undefined;
  const stockPolicy = cart?.stockPolicy ?? selling.stockPolicy;
  const placedAt = nowOf(checkout);
  const order: Order = {
    ...goods,
    orderId,
    personId,
    state: 'pending',
    version: 1,
    askDigest,
    email: ask.email,
    delivery: ask.delivery,
    placedAt,
    holdEndsAt: new Date(placedAt.getTime() + holdMsOf(checkout, stockPolicy)),
    holdOwner: orderId,
    adopted: [],
    isFromCart,
    capture,
    attempts: 0,
    paying: undefined,
    openIntents: [],
    refusedIntents: [],
    ending: undefined,
    paid: undefined,
    invoiceNumber: undefined,
    tracking: undefined,
    refunds: [],
    dispute: undefined,
    lastFailure: undefined,
    refusal: undefined,
    history: [{ at: placedAt, state: 'pending', cause: 'placed' }],
  };
  const isNew = await store.insert(order);
  await failpoint('checkout.place:stored');
  if (isNew) return hold(checkout, order);
  const other = await store.get(orderId);
  return other ? goOn(checkout, other, askDigest) : refuse('not-known-yet');
}

const firstPaidMs = 120_000;

/** First paid, first served: the units are kept for as long as paying takes, and no longer. */
const holdMsOf = ({ config }: Checkout, policy: StockPolicy): number =>
  policy === 'first-paid' ? Math.min(config.holdMs, firstPaidMs) : config.holdMs;

/** A key that has its order already: what was left half done is finished, what was answered is answered again. */
async function goOn(checkout: Checkout, order: Order, askDigest: string): Promise<Result<Order, ErrorCode>> {
  if (order.askDigest !== askDigest) return refuse('key-reused');
  const now = await whenHeld(checkout, order);
  if (now.state === 'pending') return hold(checkout, now);
  const refusal = ErrorCode.safeParse(now.refusal);
  return refusal.success ? refuse(refusal.data) : accept(now);
}

/** Gives whoever placed the order a moment to finish: two who hold for one order get in each other's way. */
async function whenHeld({ store, wait }: Checkout, order: Order): Promise<Order> {
  let now = order;
  for (let waited = 0; now.state === 'pending' && waited < patienceMs; waited += pauseMs) {
    await wait(pauseMs);
    now = (await store.get(order.orderId)) ?? now;
  }
  return now;
}

/** Stock, then terms, then `held`; undone in the other order when one of them is refused. */
async function hold(checkout: Checkout, placed: Order): Promise<Result<Order, ErrorCode>> {
  const { store, catalog, queues, failpoint } = checkout;
  const order = await adoptFromCart(checkout, placed);
  if (order === undefined) return settled(checkout, placed);
  const { orderId, personId, holdOwner, holdEndsAt } = order;
  const lines = ownHoldOf(order);
  if (lines.length > 0) {
    const stock = await catalog.holds.hold({ holdOwner, lines, endsAt: holdEndsAt });
    if (!stock.ok) return undo(checkout, order, stock.refusal);
  }
  await failpoint('checkout.place:stock-held');
  const now = nowOf(checkout);
  for (const { kind, ref } of order.terms) {
    const reserved = await termOf(checkout, kind).reserve({ orderId, ref, personId, now });
    if (!reserved.ok) return undo(checkout, order, reserved.refusal);
  }
  await failpoint('checkout.place:terms-reserved');
  const at = nowOf(checkout);
  const held = await store.move(orderId, {
    transition: 'hold',
    cause: 'held',
    at,
    events: [changed(order, 'held', 'held', at)],
    set: {},
  });
  if (held === undefined) return settled(checkout, order);
  await failpoint('checkout.place:held');
  const delayMs = holdEndsAt.getTime() - at.getTime();
  await queues.wake(holdEndsQueue, { orderId }, { key: orderId, delayMs });
  await store.relay(orderId);
  logger.info({ orderId, streamId: order.streamId, vendorId: order.vendorId }, 'order held');
  return accept(held);
}

/** A refused order ends as cancelled, with everything given back, and keeps its refusal for the next asking. */
async function undo(checkout: Checkout, order: Order, refusal: ErrorCode): Promise<Result<Order, ErrorCode>> {
  await giveBackToCart(checkout, order);
  const ended = await endOrder(checkout, order.orderId, { as: 'cancelled', cause: refusal }, {}, refusal);
  return ended === undefined ? settled(checkout, order) : refuse(refusal);
}

/** Another process moved the order first: its word counts, and what this one took goes back if the order is over. */
async function settled(checkout: Checkout, { orderId }: Order): Promise<Result<Order, ErrorCode>> {
  const order = await checkout.store.get(orderId);
  if (order === undefined) return refuse('not-known-yet');
  const isOver = over.includes(order.state);
  if (isOver) {
    const at = nowOf(checkout);
    for (const { kind } of order.terms) await termOf(checkout, kind).giveBack(orderId, at);
    for (const holdOwner of holdOwnersOf(order))
      await checkout.catalog.holds.release(holdOwner, 'order-over');
  }
  const refusal = ErrorCode.safeParse(order.refusal);
  if (refusal.success) return refuse(refusal.data);
  return isOver && order.paid === undefined ? refuse('hold-ended') : accept(order);
}

const digestOf = (ask: PlaceOrder): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        ask.lines,
        ask.streamId,
        ask.coupon,
        ask.quotedTotal,
        ask.email,
        ask.delivery,
        ask.destination,
        ask.isFromCart,
      ]),
    )
    .digest('base64url');
