import { tellCart } from './cart.ts';
import { changeCart } from './cart-holds.ts';
import { adopt, withoutOrder } from './core/cart.ts';
import { type Checkout, nowOf } from './parts.ts';
import type { Order } from './store.ts';

/**
 * Takes over for an order what the buyer's cart holds of its lines: marked in the cart first, so that no sweep frees
 * it and no other order takes it, then written on the order. Undefined: the order is pending no more.
 */
export async function adoptFromCart(checkout: Checkout, order: Order): Promise<Order | undefined> {
  const { store, failpoint } = checkout;
  const { orderId, personId, vendorId } = order;
  if (!order.isFromCart) return order;
  const cart = await changeCart(checkout, personId, vendorId, (now) => {
    const next = adopt(now, order, nowOf(checkout).getTime());
    return next.holds.some((hold, index) => hold !== now.holds[index]) ? next : undefined;
  });
  await failpoint('checkout.place:marked-in-cart');
  const adopted = (cart?.holds ?? [])
    .filter((hold) => hold.orderId === orderId && hold.state === 'held')
    .map(({ holdOwner, variantId, quantity }) => ({ holdOwner, variantId, quantity }));
  if (adopted.length === 0 && order.adopted.length === 0) return order;
  const amended = await store.amend(orderId, { guard: { state: 'pending' }, set: { adopted }, events: [] });
  await failpoint('checkout.place:adopted');
  if (amended === undefined) await unmark(checkout, order);
  return amended;
}

/** An order that came to nothing gives back what it took over: first it lets go, then the cart has it again. */
export async function giveBackToCart(checkout: Checkout, order: Order): Promise<void> {
  if (order.adopted.length === 0) return;
  const letGo = { guard: { state: 'pending' as const }, set: { adopted: [] }, events: [] };
  if ((await checkout.store.amend(order.orderId, letGo)) === undefined) return;
  await checkout.failpoint('checkout.place:let-go');
  await unmark(checkout, order);
}

/** Marks stay with an order that lists them: it sees to them. */
async function unmark(checkout: Checkout, { orderId, personId, vendorId }: Order): Promise<void> {
  const order = await checkout.store.get(orderId);
  const isTaken = (holdOwner: string) => order?.adopted.some((one) => one.holdOwner === holdOwner);
  await changeCart(checkout, personId, vendorId, (cart) => ({
    ...cart,
    holds: cart.holds.map((hold) =>
      hold.orderId === orderId && !isTaken(hold.holdOwner) ? { ...hold, orderId: undefined } : hold,
    ),
  }));
}

/** The lines of an order that is held leave the cart it was placed from. Once, however often it is told. */
export async function leaveCart(checkout: Checkout, order: Order): Promise<void> {
  const { personId, vendorId } = order;
  const before = await checkout.carts.get(personId, vendorId);
  const after = await changeCart(checkout, personId, vendorId, (cart) =>
    withoutOrder(cart, order, nowOf(checkout).getTime()),
  );
  if (after && after.version !== before?.version) await tellCart(checkout, after);
}
