import { AddressBookStore } from '../../features/addresses/addresses.svelte.ts';
import { CartStore } from '../../features/cart/cart.svelte.ts';
import { CheckoutController } from '../../features/checkout/checkout.svelte.ts';
import type { Session } from '../../live/session.svelte.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';

/** What buying in a room is made of. */
export type Counter = {
  cart: CartStore;
  addresses: AddressBookStore;
  checkout: CheckoutController;
  /** Somebody else holds this browser now: cart and addresses are theirs. */
  meet(): void;
  close(): void;
};

/** Opens cart, address book and checkout for one room. What was left unpaid goes back into the cart it came from. */
export function openCounter(session: Session, socket: LiveSocket): Counter {
  const cart = new CartStore(session, socket);
  const addresses = new AddressBookStore();
  const checkout = new CheckoutController(session, socket, addresses, ({ lines, streamId }, { vendorId }) => {
    for (const { quantity, ...line } of lines) void cart.set(vendorId, { ...line, streamId }, quantity);
  });
  return {
    cart,
    addresses,
    checkout,
    meet() {
      cart.reset();
      addresses.reset();
      void cart.load();
    },
    close() {
      cart.stop();
      checkout.stop();
    },
  };
}
