import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StockPolicy } from '#contract/catalog.ts';
import type { Cart, PlaceOrder } from '#contract/checkout.ts';
import type { PersonId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import { openTill, type Till } from '../support/till.ts';
import { faultsOf } from '../support/till-faults.ts';

let till: Till;
let faults: ReturnType<typeof faultsOf>;
beforeAll(async () => {
  till = await openTill();
  faults = faultsOf(till);
});
afterAll(() => till[Symbol.asyncDispose]());

type Goods = { productId: ProductId; variantId: VariantId };
const usd = (amount: number) => ({ amount, currency: 'USD' as const });
const fresh = () => `key-${crypto.randomUUID()}`;

/** A vendor with a policy, and what it sells: 30.00 each. */
const stall = async (stockPolicy: StockPolicy, units = 1, cartHoldMinutes = 10) => {
  const vendorId = await till.newVendor();
  await till.setTerms(vendorId, { stockPolicy, cartHoldMinutes });
  return { vendorId, goods: await till.sell({ price: 3000, units, vendor: vendorId }) };
};
const put = (
  personId: PersonId,
  vendorId: VendorId,
  goods: Goods,
  quantity = 1,
  at: Pick<Till, 'checkout'> = till,
) => at.checkout.carts.edit(personId, vendorId, { ...goods, quantity });
const cartOf = async (personId: PersonId): Promise<Cart | undefined> =>
  (await till.checkout.carts.of(personId))[0];
const lineOf = async (personId: PersonId) => (await cartOf(personId))?.lines[0];
const wish = (goods: Goods, quantity = 1): PlaceOrder => ({
  lines: [{ ...goods, quantity }],
  quotedTotal: usd(3000 * quantity),
  isFromCart: true,
});
const placeFrom = (personId: PersonId, goods: Goods, quantity = 1, key = fresh()) =>
  till.checkout.place(personId, key, wish(goods, quantity));
const told = (personId: PersonId): Cart[] =>
  till.told
    .filter((one) => one.personId === personId && one.t === 'checkout.cart-changed')
    .map((one) => one.d as Cart);

test('[M-O12] a cart keeps what is wanted of one vendor, priced by the server, and is told in every tab at each edit', async () => {
  const { vendorId, goods } = await stall('hold-at-checkout', 5);
  const person = till.newPerson();
  await put(person, vendorId, goods, 2);
  expect(await cartOf(person)).toMatchObject({
    vendorId,
    vendorName: 'Vendor',
    stockPolicy: 'hold-at-checkout',
    lines: [{ ...goods, title: 'Teapot', quantity: 2, unit: usd(3000), priceWas: usd(3000), available: 5 }],
    goods: usd(6000),
  });
  expect(told(person).at(-1)).toEqual(await cartOf(person));
  await put(person, vendorId, goods, 1);
  const versions = told(person).map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].toSorted((one, other) => one - other));
  await put(person, vendorId, goods, 0);
  expect(await cartOf(person)).toBeUndefined();
  expect(told(person).at(-1)).toMatchObject({ lines: [] });
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 5, held: 0, sold: 0 });
});

test('[M-O12] a cart takes at most 20 lines, of its vendor, in one currency, and nothing that is not sold', async () => {
  const { vendorId } = await stall('hold-at-checkout', 5);
  const person = till.newPerson();
  for (let index = 0; index < 20; index += 1)
    await put(person, vendorId, await till.sell({ vendor: vendorId }));
  const more = await till.sell({ vendor: vendorId });
  expect(await put(person, vendorId, more)).toMatchObject({ refusal: 'cart-full' });
  expect((await cartOf(person))?.lines).toHaveLength(20);
  const other = await stall('hold-at-checkout');
  expect(await put(person, vendorId, other.goods)).toMatchObject({ refusal: 'not-found' });
  const yen = await till.sell({ vendor: other.vendorId, currency: 'JPY' as never });
  await put(person, other.vendorId, other.goods);
  expect(await put(person, other.vendorId, yen)).toMatchObject({ refusal: 'currency-mismatch' });
  await till.checkout.carts.clear(person, vendorId);
  expect((await till.checkout.carts.of(person)).map((cart) => cart.vendorId)).toEqual([other.vendorId]);
});

test('[M-O12] edits in two tabs at once lose none', async () => {
  const { vendorId } = await stall('hold-at-checkout', 5);
  const person = till.newPerson();
  const second = till.process();
  const many = await Promise.all(Array.from({ length: 8 }, () => till.sell({ vendor: vendorId })));
  await Promise.all(many.map((goods, index) => put(person, vendorId, goods, 1, index % 2 ? till : second)));
  expect((await cartOf(person))?.lines).toHaveLength(8);
});

test('[M-V1] a price change and the last unit gone are told to open carts, and the line says what was and what is', async () => {
  const { vendorId, goods } = await stall('hold-at-checkout', 1);
  const person = till.newPerson();
  await put(person, vendorId, goods);
  await till.reprice(goods.productId, 3500);
  expect(told(person).at(-1)?.lines).toMatchObject([{ unit: usd(3500), priceWas: usd(3000) }]);
  expect(await placeFrom(person, goods)).toMatchObject({ refusal: 'quote-changed' });
  await put(person, vendorId, goods);
  expect(await lineOf(person)).toMatchObject({ unit: usd(3500), priceWas: usd(3500) });

  await till.reprice(goods.productId, 3000);
  const other = await till.place(till.newPerson(), { ...wish(goods), isFromCart: false });
  const problem = () => told(person).at(-1)?.lines[0]?.problem;
  await expect.poll(problem, { timeout: 2000 }).toBe('sold-out');
  await till.checkout.cancel(other);
  await expect.poll(problem, { timeout: 2000 }).toBeUndefined();
  const seen = told(person).map(({ version }) => version);
  expect(seen).toEqual([...new Set(seen)].toSorted((one, another) => one - another));
});

test('[M-O12] what is bought out of the cart leaves it, once, and what is added meanwhile stays', async () => {
  const { vendorId, goods } = await stall('hold-at-checkout', 9);
  const scarf = await till.sell({ vendor: vendorId, price: 3000 });
  const person = till.newPerson();
  await put(person, vendorId, goods, 2);
  await put(person, vendorId, scarf);
  const placed = await placeFrom(person, goods, 2);
  expect(placed).toMatchObject({ ok: true });
  expect((await cartOf(person))?.lines).toMatchObject([scarf]);
  await put(person, vendorId, goods, 1);
  if (placed.ok) await till.checkout.pay(placed.value, await till.token());
  await till.settled();
  expect((await cartOf(person))?.lines).toHaveLength(2);
});

test('[M-O13] hold at cart: the unit is the first one’s for the stated time, then the next one’s', async () => {
  const { vendorId, goods } = await stall('hold-at-cart', 1);
  const [first, second] = [till.newPerson(), till.newPerson()];
  expect(await put(first, vendorId, goods)).toMatchObject({ ok: true });
  const until = Date.parse((await lineOf(first))?.heldUntil ?? '');
  expect(Math.round((until - till.clock.now()) / 60_000)).toBe(10);
  expect(await put(second, vendorId, goods)).toMatchObject({ refusal: 'out-of-stock' });
  expect(await cartOf(second)).toBeUndefined();
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 1, sold: 0 });

  // The same wish again makes the hold no longer.
  till.pass(300_000);
  await put(first, vendorId, goods);
  expect((await lineOf(first))?.heldUntil).toBe(new Date(until).toISOString());
  await till.checkout.sweepCarts();
  expect(await till.stockOf(goods.variantId)).toMatchObject({ held: 1 });
  till.pass(301_000);
  await till.checkout.sweepCarts();
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 1, held: 0, sold: 0 });
  expect(told(first).at(-1)?.lines[0]).toMatchObject({ quantity: 1 });
  expect(told(first).at(-1)?.lines[0]?.heldUntil).toBeUndefined();
  expect(await put(second, vendorId, goods)).toMatchObject({ ok: true });
  expect(await placeFrom(first, goods)).toMatchObject({ refusal: 'out-of-stock' });
});

test('[M-O13] hold at cart: the order takes over what the cart holds, sells it, or frees it', async () => {
  const { vendorId, goods } = await stall('hold-at-cart', 1);
  const person = till.newPerson();
  await put(person, vendorId, goods);
  const left = await placeFrom(person, goods);
  if (!left.ok) throw new Error(left.refusal);
  expect(left.value.adopted).toHaveLength(1);
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 1, sold: 0 });
  // The cart's end is not the order's.
  till.pass(240_000);
  await faults.mend();
  expect(await till.orderNow(left.value.orderId)).toMatchObject({ state: 'held' });
  await till.checkout.cancel(left.value);
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 1, held: 0, sold: 0 });

  await put(person, vendorId, goods);
  const bought = await placeFrom(person, goods);
  if (!bought.ok) throw new Error(bought.refusal);
  await till.checkout.pay(bought.value, await till.token());
  await till.settled();
  till.pass(700_000);
  await faults.mend();
  expect(await till.orderNow(bought.value.orderId)).toMatchObject({ state: 'paid' });
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 0, sold: 1 });
});

test('[M-O13] hold at cart: more and fewer hold as many, and a line taken out frees its units', async () => {
  const { vendorId, goods } = await stall('hold-at-cart', 5);
  const person = till.newPerson();
  for (const [quantity, held] of [
    [2, 2],
    [4, 4],
    [9, 4],
    [1, 1],
    [3, 3],
    [0, 0],
  ] as const) {
    const answer = await put(person, vendorId, goods, quantity);
    expect(answer.ok).toBe(quantity <= 5);
    expect(await till.stockOf(goods.variantId)).toEqual({ available: 5 - held, held, sold: 0 });
    if (held > 0)
      expect(await lineOf(person)).toMatchObject({ quantity: held, heldUntil: expect.anything() });
  }
  await put(person, vendorId, goods, 2);
  await till.checkout.carts.clear(person, vendorId);
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 5, held: 0, sold: 0 });
});

test('[M-O13] first paid, first served: both may have it in the cart, and the tap keeps it for two minutes at most', async () => {
  const { vendorId, goods } = await stall('first-paid', 1);
  const [slow, quick] = [till.newPerson(), till.newPerson()];
  expect(await put(slow, vendorId, goods)).toMatchObject({ ok: true });
  expect(await put(quick, vendorId, goods)).toMatchObject({ ok: true });
  expect(await till.stockOf(goods.variantId)).toMatchObject({ available: 1 });
  const order = await placeFrom(quick, goods);
  if (!order.ok) throw new Error(order.refusal);
  expect(order.value.holdEndsAt.getTime() - order.value.placedAt.getTime()).toBe(120_000);
  expect(await placeFrom(slow, goods)).toMatchObject({ refusal: 'out-of-stock' });
  await till.checkout.pay(order.value, await till.token());
  await till.settled();
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 0, sold: 1 });
  expect(await lineOf(slow)).toMatchObject({ problem: 'sold-out' });
});

test('[M-O13] another policy counts for carts begun after it', async () => {
  const { vendorId, goods } = await stall('first-paid', 5);
  const person = till.newPerson();
  await put(person, vendorId, goods);
  await till.setTerms(vendorId, { stockPolicy: 'hold-at-cart' });
  await put(person, vendorId, goods, 2);
  expect(await cartOf(person)).toMatchObject({ stockPolicy: 'first-paid' });
  expect(await till.stockOf(goods.variantId)).toMatchObject({ held: 0 });
  await put(person, vendorId, goods, 0);
  await put(person, vendorId, goods);
  expect(await cartOf(person)).toMatchObject({ stockPolicy: 'hold-at-cart' });
  expect(await till.stockOf(goods.variantId)).toMatchObject({ held: 1 });
});

test('[M-O13] two orders out of one cart: one takes the held unit over, the other gets none of it', async () => {
  const { vendorId, goods } = await stall('hold-at-cart', 1);
  const person = till.newPerson();
  await put(person, vendorId, goods);
  const answers = await Promise.all([1, 2, 3].map(() => placeFrom(person, goods)));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 1, sold: 0 });
  const won = answers.find(({ ok }) => ok);
  if (won?.ok) await till.checkout.pay(won.value, await till.token());
  await till.settled();
  await faults.mend();
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 0, sold: 1 });
});

test('[M-O13] an order refused for another line leaves what the cart holds with the cart', async () => {
  const { vendorId, goods } = await stall('hold-at-cart', 1);
  const person = till.newPerson();
  await put(person, vendorId, goods);
  const gone = await till.sell({ vendor: vendorId, price: 3000, units: 0 });
  const both = {
    lines: [
      { ...goods, quantity: 1 },
      { ...gone, quantity: 1 },
    ],
    quotedTotal: usd(6000),
    isFromCart: true,
  };
  expect(await till.checkout.place(person, fresh(), both)).toMatchObject({ refusal: 'out-of-stock' });
  expect(await lineOf(person)).toMatchObject({ quantity: 1, heldUntil: expect.anything() });
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 1, sold: 0 });
  expect(await placeFrom(person, goods)).toMatchObject({ ok: true });
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 0, held: 1, sold: 0 });
});

test.each([
  'checkout.cart:saved',
  'catalog:asked',
  'checkout.cart:held',
  'checkout.cart:dropped',
  'checkout.cart:freed',
])('[M-O13] [F1] a process killed at %s keeps no unit beyond the cart’s time', async (point) => {
  const { vendorId, goods } = await stall('hold-at-cart', 2);
  const person = till.newPerson();
  const victim = faults.dying(point);
  await faults.orDeath(
    (async () => {
      await put(person, vendorId, goods, 2, victim);
      await put(person, vendorId, goods, 1, victim);
      till.pass(700_000);
      await victim.checkout.sweepCarts();
    })(),
  );
  till.pass(700_000);
  await faults.mend();
  await faults.mend();
  expect(await till.stockOf(goods.variantId)).toEqual({ available: 2, held: 0, sold: 0 });
  expect(await put(till.newPerson(), vendorId, goods, 2)).toMatchObject({ ok: true });
});

test.each([
  'checkout.place:stored',
  'checkout.place:marked-in-cart',
  'checkout.place:adopted',
  'checkout.place:stock-held',
  'checkout.place:held',
])(
  '[M-O13] [F1] a process killed at %s leaves the unit to the order or to nobody, never to two',
  async (point) => {
    for (const doesReturn of [true, false]) {
      const { vendorId, goods } = await stall('hold-at-cart', 1);
      const person = till.newPerson();
      await put(person, vendorId, goods);
      const key = fresh();
      await faults.orDeath(faults.dying(point).checkout.place(person, key, wish(goods)));
      if (doesReturn) {
        const placed = await placeFrom(person, goods, 1, key);
        if (!placed.ok) throw new Error(placed.refusal);
        await till.checkout.pay(placed.value, await till.token());
        await till.settled();
      }
      till.pass(700_000);
      await faults.mend();
      await faults.mend();
      expect(await till.stockOf(goods.variantId)).toEqual(
        doesReturn ? { available: 0, held: 0, sold: 1 } : { available: 1, held: 0, sold: 0 },
      );
    }
  },
);
