import type { StockPolicy } from '#contract/catalog.ts';
import type { OrderId, PersonId, ProductId, StreamId, VariantId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';

/** What a person wants of a vendor, and what is kept of it. */
export type CartEntry = {
  productId: ProductId;
  variantId: VariantId;
  quantity: number;
  /** The price when the person last set the line. */
  priceWas: Money;
  /** Told that fewer are left than it wants. */
  isShort: boolean;
};

/**
 * Stock held for a cart under a name of its own. `asking` may or may not have it, `dropped` is about to be released.
 * One with an order is that order's to sell or to free.
 */
export type CartHold = {
  holdOwner: string;
  variantId: VariantId;
  quantity: number;
  state: 'asking' | 'held' | 'dropped';
  orderId: OrderId | undefined;
  since: number;
  endsAt: number;
};

/** One person's cart at one vendor, instants in milliseconds; `version` guards every write, and 0 is not stored yet. */
export type CartRecord = {
  personId: PersonId;
  vendorId: VendorId;
  streamId: StreamId | undefined;
  /** As the vendor sold when the cart was begun. */
  stockPolicy: StockPolicy;
  holdMinutes: number;
  lines: CartEntry[];
  holds: CartHold[];
  /** Orders whose lines have left the cart, the latest ones. */
  ordered: OrderId[];
  version: number;
  changedAt: number;
};

/** The most lines of a cart. */
export const cartLines = 20;
const orderedKept = 20;

/** Holds that a cart may still sell from. */
export const liveHolds = (
  { holds }: Pick<CartRecord, 'holds'>,
  variantId: VariantId,
  now: number,
): CartHold[] =>
  holds.filter(
    (hold) =>
      hold.variantId === variantId &&
      hold.state !== 'dropped' &&
      hold.orderId === undefined &&
      hold.endsAt > now,
  );

const sum = (holds: readonly { quantity: number }[]): number =>
  holds.reduce((total, { quantity }) => total + quantity, 0);

/** Until when every unit of a line is held; undefined: not all of them are. */
export function heldUntil(cart: CartRecord, line: CartEntry, now: number): number | undefined {
  const held = liveHolds(cart, line.variantId, now).filter(({ state }) => state === 'held');
  if (sum(held) < line.quantity) return undefined;
  return Math.min(...held.map(({ endsAt }) => endsAt));
}

/** Units of a variant that the cart holds. */
export const heldOf = (cart: CartRecord, variantId: VariantId, now: number): number =>
  sum(liveHolds(cart, variantId, now).filter(({ state }) => state === 'held'));

/**
 * Sets how many of a variant are wanted. Where the cart holds stock, more asks for the difference, until when the line's
 * units are held already; fewer gives the line's up and asks anew. `holdOwner` names what is asked.
 */
export function setLine(
  cart: CartRecord,
  wanted: Omit<CartEntry, 'isShort'>,
  { now, holdOwner }: { now: number; holdOwner: string },
): CartRecord {
  const { variantId, quantity } = wanted;
  const line: CartEntry = { ...wanted, isShort: false };
  const isThere = cart.lines.some((one) => one.variantId === variantId);
  const lines =
    quantity === 0
      ? cart.lines.filter((one) => one.variantId !== variantId)
      : isThere
        ? cart.lines.map((one) => (one.variantId === variantId ? line : one))
        : [...cart.lines, line];
  const live = liveHolds(cart, variantId, now);
  const have = sum(live);
  const next = { ...cart, lines, changedAt: now };
  if (quantity < have) next.holds = dropped(cart.holds, live);
  const isHeldNow = cart.stockPolicy === 'hold-at-cart' && quantity > 0 && quantity !== have;
  if (!isHeldNow) return next;
  const endsAt = live[0]?.endsAt ?? now + cart.holdMinutes * 60_000;
  const asked = quantity > have ? quantity - have : quantity;
  const hold = { holdOwner, variantId, quantity: asked, orderId: undefined, since: now, endsAt };
  return { ...next, holds: [...next.holds, { ...hold, state: 'asking' }] };
}

/** Nothing wanted, and nothing kept. */
export const emptied = (cart: CartRecord, now: number): CartRecord => ({
  ...cart,
  lines: [],
  holds: dropped(
    cart.holds,
    cart.holds.filter(({ orderId }) => orderId === undefined),
  ),
  changedAt: now,
});

/** What was asked could not be had: the line wants as many as are held, or is gone. */
export function notHeld(cart: CartRecord, holdOwner: string, now: number): CartRecord {
  const gone = cart.holds.find((one) => one.holdOwner === holdOwner);
  if (gone === undefined) return cart;
  const holds = cart.holds.filter((one) => one !== gone);
  const have = sum(liveHolds({ holds }, gone.variantId, now));
  return {
    ...cart,
    holds,
    lines: cart.lines.flatMap((line) => {
      if (line.variantId !== gone.variantId) return [line];
      return have === 0 ? [] : [{ ...line, quantity: Math.min(line.quantity, have) }];
    }),
  };
}

/** Marks what the cart holds of these lines as the order's; what another order has stays with it. */
export function adopt(
  cart: CartRecord,
  { orderId, lines }: { orderId: OrderId; lines: readonly { variantId: VariantId; quantity: number }[] },
  now: number,
): CartRecord {
  const taken = lines.flatMap(({ variantId, quantity }) => {
    const held = liveHolds(cart, variantId, now).filter(({ state }) => state === 'held');
    return sum(held) <= quantity ? held : [];
  });
  return {
    ...cart,
    holds: cart.holds.map((hold) => (taken.includes(hold) ? { ...hold, orderId } : hold)),
  };
}

/** An order's lines leave the cart, once, with what it took over. */
export function withoutOrder(
  cart: CartRecord,
  { orderId, lines }: { orderId: OrderId; lines: readonly { variantId: VariantId; quantity: number }[] },
  now: number,
): CartRecord {
  if (cart.ordered.includes(orderId)) return cart;
  const kept = cart.lines.flatMap((line) => {
    const bought = lines.find(({ variantId }) => variantId === line.variantId)?.quantity ?? 0;
    return line.quantity > bought ? [{ ...line, quantity: line.quantity - bought }] : [];
  });
  const held = cart.holds.filter((hold) => hold.orderId !== orderId);
  const stale = held.filter(
    ({ variantId, orderId: other }) =>
      other === undefined && !kept.some((line) => line.variantId === variantId),
  );
  return {
    ...cart,
    lines: kept,
    holds: dropped(held, stale),
    ordered: [...cart.ordered, orderId].slice(-orderedKept),
    changedAt: now,
  };
}

const dropped = (holds: readonly CartHold[], gone: readonly CartHold[]): CartHold[] =>
  holds.map((hold) => (gone.includes(hold) ? { ...hold, state: 'dropped' } : hold));
