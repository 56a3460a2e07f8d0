import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AccountId, OrderId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import {
  adopt,
  type CartRecord,
  emptied,
  heldUntil,
  liveHolds,
  notHeld,
  setLine,
  withoutOrder,
} from './cart.ts';

const variantId = VariantId.parse('var_1');
const productId = ProductId.parse('prd_1');
const priceWas = { amount: 3000, currency: 'USD' as const };
const empty: CartRecord = {
  personId: AccountId.parse('acc_1'),
  vendorId: VendorId.parse('vnd_1'),
  streamId: undefined,
  stockPolicy: 'hold-at-cart',
  holdMinutes: 10,
  lines: [],
  holds: [],
  ordered: [],
  version: 0,
  changedAt: 0,
};
let owners = 0;
const put = (cart: CartRecord, quantity: number, now = 0): CartRecord => {
  owners += 1;
  const next = setLine(
    cart,
    { productId, variantId, quantity, priceWas },
    { now, holdOwner: `cart:${owners}` },
  );
  // The catalogue had it all.
  return {
    ...next,
    holds: next.holds.map((one) => (one.state === 'asking' ? { ...one, state: 'held' } : one)),
  };
};
const held = (cart: CartRecord, now = 0): number =>
  liveHolds(cart, variantId, now).reduce((sum, { quantity }) => sum + quantity, 0);
const order = (quantity: number, name = 'ord_1') => ({
  orderId: OrderId.parse(name),
  lines: [{ variantId, quantity }],
});

test('[M-O13] whatever is put after whatever, what is held is what is wanted, and never beyond the first hold’s end', () => {
  const edits = fc.array(fc.record({ quantity: fc.nat(9), wait: fc.nat(90_000) }), { maxLength: 20 });
  fc.assert(
    fc.property(edits, (all) => {
      let cart = empty;
      let now = 0;
      let end = 0;
      for (const { quantity, wait } of all) {
        now += wait;
        if (held(cart, now) === 0) end = now + 600_000;
        cart = put(cart, quantity, now);
        expect(held(cart, now)).toBe(quantity);
        const [line] = cart.lines;
        if (line) expect(heldUntil(cart, line, now)).toBe(end);
        else expect(quantity).toBe(0);
      }
    }),
  );
});

test('[M-O13] a cart of another policy holds nothing', () => {
  for (const stockPolicy of ['hold-at-checkout', 'first-paid'] as const)
    expect(put({ ...empty, stockPolicy }, 3)).toMatchObject({ holds: [], lines: [{ quantity: 3 }] });
});

test('[M-O13] what could not be had shortens the line to what is held, or takes it out', () => {
  const two = put(empty, 2);
  const asked = setLine(
    two,
    { productId, variantId, quantity: 5, priceWas },
    { now: 0, holdOwner: 'cart:more' },
  );
  expect(notHeld(asked, 'cart:more', 0)).toMatchObject({
    lines: [{ quantity: 2 }],
    holds: [{ quantity: 2 }],
  });
  const first = setLine(
    empty,
    { productId, variantId, quantity: 5, priceWas },
    { now: 0, holdOwner: 'cart:x' },
  );
  expect(notHeld(first, 'cart:x', 0)).toMatchObject({ lines: [], holds: [] });
});

test('[M-O13] an order takes over live holds whole, and no other order takes them again', () => {
  const cart = put(empty, 2);
  const taken = adopt(cart, order(2), 0);
  expect(taken.holds).toMatchObject([{ orderId: 'ord_1' }]);
  expect(held(taken)).toBe(0);
  expect(adopt(taken, order(2, 'ord_2'), 0).holds).toEqual(taken.holds);
  expect(adopt(cart, order(1), 0).holds).toEqual(cart.holds);
  expect(adopt(cart, order(2), 600_000).holds).toEqual(cart.holds);
  expect(adopt(emptied(cart, 0), order(2), 0).holds).toMatchObject([
    { state: 'dropped', orderId: undefined },
  ]);
  // Emptying the cart leaves to the order what is the order's.
  expect(emptied(taken, 0).holds).toEqual(taken.holds);
});

test('[M-O12] an order’s lines leave once, with what it took, and more of the same stays', () => {
  const cart = adopt(put(empty, 2), order(2), 0);
  const left = withoutOrder(cart, order(2), 0);
  expect(left).toMatchObject({ lines: [], holds: [], ordered: ['ord_1'] });
  const again = put(left, 3);
  expect(withoutOrder(again, order(2), 0)).toBe(again);
  expect(withoutOrder({ ...put(empty, 5), stockPolicy: 'first-paid' }, order(2), 0)).toMatchObject({
    lines: [{ quantity: 3 }],
  });
  // What is held of a line that is gone is given up.
  expect(withoutOrder(put(empty, 2), order(2), 0)).toMatchObject({
    lines: [],
    holds: [{ state: 'dropped' }],
  });
});
