import { randomUUID } from 'node:crypto';
import type { Cart, CartEdit, CartLine } from '#contract/checkout.ts';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import type { PersonId, ProductId, VendorId } from '#contract/ids.ts';
import { catalogEvents } from '#contract/internal/catalog.ts';
import { Price } from '#contract/money.ts';
import type { Product } from '../catalog/index.ts';
import { Fault } from '../platform/fault.ts';
import { changeCart, holdForCart, sweepCartHolds } from './cart-holds.ts';
import {
  type CartEntry,
  type CartRecord,
  cartLines,
  emptied,
  heldOf,
  heldUntil,
  setLine,
} from './core/cart.ts';
import { type Checkout, nowOf } from './parts.ts';

const rounds = 30;

/**
 * Sets how many of a variant are in the person's cart at a vendor. The cart keeps the stock policy it was begun under;
 * where it holds stock, what cannot be held is refused and the line stays as long as what is.
 */
export async function editCart(
  checkout: Checkout,
  personId: PersonId,
  vendorId: VendorId,
  edit: CartEdit,
): Promise<Result<Cart, ErrorCode>> {
  const { carts, catalog, rooms, failpoint } = checkout;
  const { productId, variantId, quantity, streamId } = edit;
  const [product] = await catalog.products.many([productId]);
  const variant = product?.variants.find((one) => one.variantId === variantId);
  if (product?.vendorId !== vendorId || variant === undefined) return refuse('not-found');
  if (quantity > 0 && (product.isRetired || variant.isRetired)) return refuse('product-retired');
  if (streamId !== undefined && quantity > 0) {
    const stream = await rooms.streams.get(streamId);
    if (stream === undefined) return refuse('not-found');
    if (stream.currency !== variant.listPrice.currency) return refuse('currency-mismatch');
    if (!(await rooms.showcase.has(streamId, productId))) return refuse('not-in-showcase');
  }
  for (let round = 0; round < rounds; round += 1) {
    const now = nowOf(checkout).getTime();
    const cart = await begun(checkout, personId, vendorId, now);
    const others = cart.lines.filter((line) => line.variantId !== variantId);
    if (quantity > 0 && others.length >= cartLines) return refuse('cart-full');
    if (others.some(({ priceWas }) => priceWas.currency !== variant.listPrice.currency))
      return refuse('currency-mismatch');
    const wanted = { productId, variantId, quantity, priceWas: variant.listPrice };
    const holdOwner = `cart:${randomUUID()}`;
    const next = setLine({ ...cart, ...(streamId !== undefined && { streamId }) }, wanted, {
      now,
      holdOwner,
    });
    if (cart.version === 0 && quantity === 0) return accept(await cartViewOf(checkout, cart));
    if (!(await carts.save(next))) continue;
    await failpoint('checkout.cart:saved');
    const held = await holdForCart(checkout, { ...next, version: next.version + 1 });
    const after = (await carts.get(personId, vendorId)) ?? next;
    const view = await tellCart(checkout, after);
    return held.ok ? accept(view) : held;
  }
  throw new Fault('conflict', 'the cart kept changing');
}

/** The cart as it is; one without lines begins anew, under the vendor's policy of now. */
async function begun(
  { carts, catalog }: Checkout,
  personId: PersonId,
  vendorId: VendorId,
  now: number,
): Promise<CartRecord> {
  const cart = await carts.get(personId, vendorId);
  if (cart && cart.lines.length > 0) return cart;
  const { stockPolicy, cartHoldMinutes } = await catalog.sellingTerms.of(vendorId);
  const blank = { personId, vendorId, streamId: undefined, lines: [], holds: [], ordered: [], version: 0 };
  return { ...blank, ...cart, stockPolicy, holdMinutes: cartHoldMinutes, changedAt: now };
}

/** Empties a cart, and frees what it holds. */
export async function clearCart(checkout: Checkout, personId: PersonId, vendorId: VendorId): Promise<void> {
  const cart = await changeCart(checkout, personId, vendorId, (now) =>
    now.lines.length === 0 ? undefined : emptied(now, nowOf(checkout).getTime()),
  );
  if (cart === undefined) return;
  await holdForCart(checkout, cart);
  await tellCart(checkout, (await checkout.carts.get(personId, vendorId)) ?? cart);
}

/** The person's carts with lines, the last changed first. */
export async function cartsOf(checkout: Checkout, personId: PersonId): Promise<Cart[]> {
  const carts = await checkout.carts.ofPerson(personId);
  return Promise.all(carts.map((cart) => cartViewOf(checkout, cart)));
}

/** Shows the cart to its owner in every tab. */
export async function tellCart(checkout: Checkout, cart: CartRecord): Promise<Cart> {
  const view = await cartViewOf(checkout, cart);
  await checkout.live.tellPerson(cart.personId, 'checkout.cart-changed', view);
  return view;
}

/** A worker's part: frees what carts no longer hold, and tells their owners. Returns how many it changed. */
export async function sweepCarts(checkout: Checkout): Promise<number> {
  const swept = await sweepCartHolds(checkout);
  for (const cart of swept) await tellCart(checkout, cart);
  return swept.length;
}

const toldAtOnce = 1000;

/** Hears of products: another price, a retirement, and running short are told to every cart that has them. */
export function listenForCarts(checkout: Checkout): void {
  const { outbox, carts, catalog } = checkout;
  const tell = async (
    productId: ProductId,
    change: (cart: CartRecord, product: Product) => CartRecord | undefined,
  ): Promise<void> => {
    const open = await carts.withProduct(productId, toldAtOnce);
    if (open.length === 0) return;
    const [product] = await catalog.products.many([productId]);
    if (product === undefined) return;
    for (const { personId, vendorId, version } of open) {
      const after = await changeCart(checkout, personId, vendorId, (cart) => change(cart, product));
      if (after && after.version !== version) await tellCart(checkout, after);
    }
  };
  outbox.subscribe(catalogEvents.productChanged, 'checkout.carts', ({ productId }) =>
    tell(productId, (cart) => ({ ...cart })),
  );
  outbox.subscribe(catalogEvents.stockChanged, 'checkout.carts', ({ productId }) =>
    tell(productId, (cart, product) => {
      const now = nowOf(checkout).getTime();
      const lines = cart.lines.map((line) => {
        const isShort = line.productId === productId && isShortOf(cart, line, product, now);
        return line.productId === productId && line.isShort !== isShort ? { ...line, isShort } : line;
      });
      return lines.some((line, index) => line !== cart.lines[index]) ? { ...cart, lines } : undefined;
    }),
  );
}

function isShortOf(cart: CartRecord, line: CartEntry, { variants }: Product, now: number): boolean {
  const stock = variants.find(({ variantId }) => variantId === line.variantId)?.stock;
  return (stock?.available ?? 0) + heldOf(cart, line.variantId, now) < line.quantity;
}

async function cartViewOf(checkout: Checkout, cart: CartRecord): Promise<Cart> {
  const { catalog, rooms, identity } = checkout;
  const { vendorId, streamId, stockPolicy, version } = cart;
  const now = nowOf(checkout).getTime();
  const products = await catalog.products.many([...new Set(cart.lines.map(({ productId }) => productId))]);
  const [vendor] = await identity.vendors.many([vendorId]);
  const lines: CartLine[] = [];
  for (const line of cart.lines) {
    const product = products.find(({ productId }) => productId === line.productId);
    const isShown = streamId === undefined || (await rooms.showcase.has(streamId, line.productId));
    lines.push(lineViewOf(cart, line, product, isShown, now));
  }
  const [first] = lines;
  const goods = Price.safeParse({
    amount: lines.reduce((sum, { unit, quantity }) => sum + unit.amount * quantity, 0),
    currency: first?.unit.currency,
  });
  return {
    vendorId,
    vendorName: vendor?.name ?? '',
    streamId,
    stockPolicy,
    lines,
    ...(goods.success && { goods: goods.data }),
    version,
  };
}

function lineViewOf(
  cart: CartRecord,
  line: CartEntry,
  product: Product | undefined,
  isShown: boolean,
  now: number,
): CartLine {
  const { productId, variantId, quantity, priceWas } = line;
  const variant = product?.variants.find((one) => one.variantId === variantId);
  const until = heldUntil(cart, line, now);
  const available = (variant?.stock.available ?? 0) + heldOf(cart, variantId, now);
  const isGone = product === undefined || variant === undefined || product.isRetired || variant.isRetired;
  const problemOf = (): CartLine['problem'] => {
    if (isGone) return 'retired';
    if (!isShown) return 'not-in-showcase';
    if (until !== undefined || available >= quantity) return undefined;
    return available === 0 ? 'sold-out' : 'not-enough';
  };
  return {
    productId,
    variantId,
    title: product?.title ?? '',
    variantTitle: variant?.title,
    pictureId: product?.pictureId,
    quantity,
    unit: variant?.listPrice ?? priceWas,
    priceWas,
    available,
    heldUntil: until === undefined ? undefined : new Date(until).toISOString(),
    problem: problemOf(),
  };
}
