import { z } from 'zod';
import { Address, AddressBook, AddressEdit, Cart, CartEdit, Carts } from '#contract/checkout.ts';
import { accept, refuse } from '#contract/errors.ts';
import { AddressId, VendorId } from '#contract/ids.ts';
import { personOf } from '../gateway/ports.ts';
import { type Route, route } from '../gateway/route.ts';
import { addressBook } from './addresses.ts';
import { cartsOf, clearCart, editCart } from './cart.ts';
import type { Checkout } from './parts.ts';

const OfVendor = z.object({ vendorId: VendorId });
const OfAddress = z.object({ addressId: AddressId });

/** A person's carts, over HTTP. */
export const cartRoutes = (checkout: Checkout): Route[] => [
  route({
    method: 'get',
    path: '/carts',
    action: 'cart.read-own',
    summary: 'My carts, one a vendor, with the prices and stock of now',
    reply: Carts,
    handle: async ({ actor }) => {
      const personId = personOf(actor);
      if (personId === undefined) return refuse('sign-in-required');
      return accept({ items: await cartsOf(checkout, personId) });
    },
  }),
  route({
    method: 'put',
    path: '/carts/:vendorId/lines',
    action: 'cart.edit-own',
    summary: 'Sets how many of a variant are in the cart; zero takes the line out',
    params: OfVendor,
    body: CartEdit,
    reply: Cart,
    handle: async ({ actor, params: { vendorId }, body }) => {
      const personId = personOf(actor);
      return personId === undefined
        ? refuse('sign-in-required')
        : editCart(checkout, personId, vendorId, body);
    },
  }),
  route({
    method: 'delete',
    path: '/carts/:vendorId',
    action: 'cart.edit-own',
    summary: 'Empties a cart',
    params: OfVendor,
    handle: async ({ actor, params: { vendorId } }) => {
      const personId = personOf(actor);
      if (personId === undefined) return refuse('sign-in-required');
      await clearCart(checkout, personId, vendorId);
      return accept(undefined);
    },
  }),
];

/** A person's address book, over HTTP. */
export function addressRoutes(checkout: Checkout): Route[] {
  const book = addressBook(checkout);
  return [
    route({
      method: 'get',
      path: '/addresses',
      action: 'address.edit-own',
      summary: 'My addresses, the default one first',
      reply: AddressBook,
      handle: async ({ actor }) => {
        const personId = personOf(actor);
        if (personId === undefined) return refuse('sign-in-required');
        return accept({ items: await book.list(personId) });
      },
    }),
    route({
      method: 'post',
      path: '/addresses',
      action: 'address.edit-own',
      summary: 'One more address',
      body: AddressEdit,
      reply: Address,
      status: 201,
      idempotent: true,
      handle: async ({ actor, body, idempotencyKey }) => {
        const personId = personOf(actor);
        return personId === undefined
          ? refuse('sign-in-required')
          : book.add(personId, idempotencyKey ?? '', body);
      },
    }),
    route({
      method: 'put',
      path: '/addresses/:addressId',
      action: 'address.edit-own',
      summary: 'Puts another address in the place of one of mine',
      params: OfAddress,
      body: AddressEdit,
      reply: Address,
      handle: async ({ actor, params: { addressId }, body }) => {
        const personId = personOf(actor);
        return personId === undefined ? refuse('sign-in-required') : book.replace(personId, addressId, body);
      },
    }),
    route({
      method: 'delete',
      path: '/addresses/:addressId',
      action: 'address.edit-own',
      summary: 'Takes an address of mine out of the book',
      params: OfAddress,
      handle: async ({ actor, params: { addressId } }) => {
        const personId = personOf(actor);
        return personId === undefined ? refuse('sign-in-required') : book.remove(personId, addressId);
      },
    }),
  ];
}
