import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { z } from 'zod';
import { DeskProduct, SellingTermsView } from '#contract/catalog.ts';
import { OrderView } from '#contract/checkout.ts';
import type { StreamId } from '#contract/ids.ts';
import type { Person } from '../support/cast.ts';
import { eventually } from '../support/installation.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';
import { fillCard, openShow, payInPanel, pictureOf, type Seat, type Show } from '../support/show.ts';

const holdSeconds = 20;
const widths = [
  { name: 'desk', width: 1440, height: 900 },
  { name: 'phone', width: 390, height: 844 },
] as const;
type Width = (typeof widths)[number];
const usd = (amount: number) => ({ amount, currency: 'USD' as const });

let show: Show;
let streamId: StreamId;
let teapot: DeskProduct;
let tin: DeskProduct;
let scarves: Record<Width['name'], DeskProduct>;
let kettle: DeskProduct;
let coat: DeskProduct;

beforeAll(async () => {
  show = await openShow({ HOLD_SECONDS: `${holdSeconds}` });
  const { aki, bo, hana } = show;
  await setTerms(aki, { dispatchDays: 2, legalName: 'Aki Teaware GmbH', conditions: 'Returns in 14 days' });
  await setTerms(bo, {
    needsDelivery: true,
    stockPolicy: 'first-paid',
    shipping: [{ kind: 'flat', rate: usd(500) }],
    tax: { kind: 'table', zones: [{ countries: ['DE'], basisPoints: 1000 }], isIncluded: false },
  });
  teapot = await shop.addProduct(aki.person, aki.vendorId, { list: 4000, floor: 3000, stock: 20 });
  tin = await shop.addProduct(aki.person, aki.vendorId, { title: 'Tea tin', list: 1200, floor: 900 });
  tin = await aki.person.send(
    'POST',
    `/vendors/${aki.vendorId}/products/${tin.productId}/variants`,
    { title: '200 g', listPrice: usd(2500), floorPrice: usd(2000), stock: 5 },
    DeskProduct,
  );
  const scarf = (title: string) =>
    shop.addProduct(bo.person, bo.vendorId, { title, list: 2500, floor: 1800 });
  scarves = { desk: await scarf('Red scarf'), phone: await scarf('Blue scarf') };
  kettle = await shop.addProduct(aki.person, aki.vendorId, { title: 'Kettle', list: 3000, floor: 2000 });
  coat = await shop.addProduct(bo.person, bo.vendorId, { title: 'Coat', list: 9000, floor: 8000, stock: 1 });
  streamId = await show.schedule(teapot, tin, scarves.desk, scarves.phone, kettle, coat);
  const { page } = await show.seat(hana, `/studio/${streamId}`);
  await page.getByRole('button', { name: 'Go live' }).click();
  await page.getByTestId('link').and(page.locator('[data-state=live]')).waitFor();
  const pin = { productId: teapot.productId, key: `pin-${streamId}` };
  await hana.send('PUT', `/streams/${streamId}/pinned`, pin, z.unknown());
}, 120_000);
afterAll(() => show?.[Symbol.asyncDispose](), 30_000);

async function setTerms({ person, vendorId }: Show['aki'], more: object): Promise<void> {
  const path = `/vendors/${vendorId}/selling-terms`;
  const { version, ...terms } = await person.get(path, SellingTermsView);
  const reply = await person.call('PUT', path, { ...terms, ...more }, { 'if-match': `"${version}"` });
  expect(reply.status).toBe(200);
}

async function setPrice({ person, vendorId }: Show['aki'], product: DeskProduct, to: number): Promise<void> {
  const path = `/vendors/${vendorId}/products/${product.productId}`;
  const { items } = await person.get(
    `/vendors/${vendorId}/products`,
    z.object({ items: z.array(DeskProduct) }),
  );
  const version = items.find(({ productId }) => productId === product.productId)?.version;
  const reply = await person.call('PATCH', path, { listPrice: usd(to) }, { 'if-match': `"${version}"` });
  expect(reply.status).toBe(200);
}

// Notes the longest time that the picture stood still.
const watchPicture = `{
  const video = document.querySelector('video');
  let [last, since] = [video.currentTime, performance.now()];
  window.stoodStill = 0;
  setInterval(() => {
    if (video.currentTime > last) [last, since] = [video.currentTime, performance.now()];
    window.stoodStill = Math.max(window.stoodStill, performance.now() - since);
  }, 100);
}`;

/** A person in the room at a width, with the picture moving. */
async function enter(context: TestContext, person: Person, { name, ...size }: Width): Promise<Seat> {
  const seat = await show.seat(person, `/r/${streamId}`);
  const { page } = seat;
  context.onTestFinished(async () => {
    if (context.task.result?.state === 'fail') {
      mkdirSync('.cache/journeys', { recursive: true });
      await page.screenshot({ path: `.cache/journeys/checkout-${person.handle}-${name}.png` });
    }
    await page.context().close();
  });
  await page.setViewportSize(size);
  await page.getByTestId('pinned').waitFor();
  await eventually(async () => (await pictureOf(seat)).time > 0, `${person.handle} has a picture`);
  await page.evaluate(watchPicture);
  return seat;
}

async function expectPlaying({ page, slips }: Seat): Promise<void> {
  expect(await page.evaluate('window.stoodStill')).toBeLessThan(2000);
  expect(slips).toEqual([]);
}

/** The same at both widths at once, each by a person of its own. */
const atBothWidths = (
  context: TestContext,
  name: string,
  journey: (seat: Seat, width: Width) => Promise<void>,
): Promise<unknown> =>
  Promise.all(
    widths.map(async (width) => {
      const seat = await enter(context, await show.viewer(`${name}-${width.name}`), width);
      await journey(seat, width);
      await expectPlaying(seat);
    }),
  );

const panelOf = ({ page }: Seat) => page.getByTestId('checkout');
const panelIs = (seat: Seat, face: string, timeout = 15_000) =>
  panelOf(seat)
    .and(seat.page.locator(`[data-state=${face}]`))
    .waitFor({ timeout });
const buyPinned = ({ page }: Seat) =>
  page.getByTestId('pinned').getByRole('button', { name: /^Buy/ }).click();
const bank = ({ page }: Seat) => page.locator('dialog[data-stripe-sim] iframe').contentFrame();
const pressPay = (seat: Seat, name: string) => panelOf(seat).getByRole('button', { name }).click();

async function faults({ page }: Seat): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join()}`);
}

async function available(): Promise<number> {
  const { items } = await show.aki.person.get(
    `/vendors/${show.aki.vendorId}/products`,
    z.object({ items: z.array(DeskProduct) }),
  );
  const product = items.find(({ productId }) => productId === teapot.productId);
  return product?.variants[0]?.stock.available ?? 0;
}

test('[M-O6] [S0.11] [S0.15] at both widths a product is bought in two taps beside the moving picture, to a receipt', async (context) => {
  await atBothWidths(context, 'buy', async (seat) => {
    await buyPinned(seat);
    await panelOf(seat).getByTestId('hold').waitFor();
    await panelOf(seat).getByTestId('seller').locator('summary').click();
    await panelOf(seat).getByText('Aki Teaware GmbH').waitFor();
    await payInPanel(seat, '$40.00');
    const receipt = panelOf(seat);
    await receipt.getByText('Aki Teaware, within 2 days').waitFor();
    await receipt.getByText('ending 4242').waitFor();
    const file = seat.page.waitForEvent('download');
    await receipt.getByRole('button', { name: 'Receipt' }).click();
    expect((await file).suggestedFilename()).toMatch(/^receipt-\d+\.html$/);
    expect(await faults(seat)).toEqual([]);
  });
});

test('[S0.14] [M-O6] a bank’s no says why, that nothing was charged and what is still held, and another card pays the same order', async (context) => {
  await atBothWidths(context, 'retry', async (seat) => {
    await buyPinned(seat);
    await fillCard(seat, '4000000000009995');
    await pressPay(seat, 'Pay $40.00');
    const note = panelOf(seat).getByTestId('note');
    await note.getByText('Your bank said no').waitFor();
    expect(await note.textContent()).toMatch(/not enough money.*Nothing was charged.*still held for 0:\d\d/s);
    await panelOf(seat).getByText('Card ending 9995').waitFor();
    await panelOf(seat).getByRole('button', { name: 'Change' }).click();
    await fillCard(seat);
    await pressPay(seat, 'Try again $40.00');
    await panelIs(seat, 'paid');
    const { items } = await seat.person.get('/orders', z.object({ items: z.array(OrderView) }));
    expect(items.map(({ state }) => state)).toEqual(['paid']);
  });
});

test('[S0.14] [M-O6] who is asked by the bank and fails stays unpaid and held; who passes has paid', async (context) => {
  await atBothWidths(context, 'bank', async (seat) => {
    await buyPinned(seat);
    await fillCard(seat, '4000002760003184');
    await pressPay(seat, 'Pay $40.00');
    await panelIs(seat, 'authenticating');
    await bank(seat).getByRole('button', { name: 'Fail' }).click();
    await panelIs(seat, 'held');
    await panelOf(seat).getByText('It did not confirm that it is you.').waitFor();
    await pressPay(seat, 'Try again $40.00');
    await bank(seat).getByRole('button', { name: 'Complete' }).click();
    await panelIs(seat, 'paid');
  });
});

test('[S0.16] [M-O6] a hold that runs out takes Pay away with the last second, gives the goods back, and can be started again', async (context) => {
  const before = await available();
  await atBothWidths(context, 'late', async (seat) => {
    await buyPinned(seat);
    await fillCard(seat);
    await panelIs(seat, 'ended', (holdSeconds + 10) * 1000);
    expect(await panelOf(seat).getByRole('button', { name: /^Pay/ }).count()).toBe(0);
    expect(await panelOf(seat).getByTestId('note').textContent()).toMatch(
      /The hold ran out.*Nothing was charged/s,
    );
    await eventually(async () => (await available()) === before, 'both units are back on the shelf');
    await panelOf(seat)
      .getByRole('button', { name: `Start again · ${before} available` })
      .waitFor();
  });
  const seat = await enter(context, await show.viewer('again'), widths[0]);
  await buyPinned(seat);
  await panelOf(seat).getByRole('button', { name: 'Back' }).click();
  await eventually(async () => (await available()) === before, 'who goes back gives the unit back');
});

test('[M-O12] what is put in the cart in one tab stands in the other and survives a reload', async (context) => {
  await atBothWidths(context, 'cart', async (seat, { name }) => {
    const { page } = seat;
    const other = await page.context().newPage();
    await other.goto(`${show.house.address}/r/${streamId}`);
    await other.getByTestId('pinned').waitFor();
    if (name === 'phone') await page.getByTestId('bag').click();
    await page.getByRole('button', { name: 'Add Tea tin to the cart' }).click();
    const chooser = page.getByTestId('chooser');
    await chooser.getByRole('radio', { name: /Standard/ }).press('ArrowRight');
    await chooser.getByText('Buy for $25.00').waitFor();
    await chooser.getByRole('button', { name: 'Add' }).click();
    await page.getByTestId('cart-count').getByText('1').waitFor();
    await other.getByTestId('cart-count').getByText('1').waitFor();
    await page.getByTestId('pinned').getByRole('button', { name: 'Add Teapot to the cart' }).click();
    await other.getByTestId('cart-count').getByText('2').waitFor();
    await other.close();
    await page.reload();
    await page.getByTestId('cart-count').getByText('2').waitFor();
    await eventually(async () => (await pictureOf(seat)).time > 0, 'the picture is back');
    await page.evaluate(watchPicture);
    if (name === 'phone') await page.getByTestId('bag').click();
    else await page.getByRole('button', { name: 'Open the cart' }).click();
    const cart = page.getByTestId('cart');
    await cart.getByText('Tea tin, 200 g').waitFor();
    await cart.getByText('Goods are held for you from check-out on.').waitFor();
    await cart.getByRole('button', { name: 'One more' }).first().click();
    await cart.getByRole('button', { name: /^Check out \$(90|105)\.00/ }).waitFor();
    expect(await faults(seat)).toEqual([]);
    await cart.getByRole('button', { name: 'One less' }).first().click();
    await cart.getByRole('button', { name: 'Check out $65.00' }).waitFor();
  });
});

test('[M-O12] a price that changes in the cart is told there, and told again before Pay', async (context) => {
  const seat = await enter(context, await show.viewer('cart-price'), widths[1]);
  const { page } = seat;
  await page.getByTestId('bag').click();
  await page.getByRole('button', { name: 'Add Kettle to the cart' }).click();
  await page.getByTestId('cart-count').getByText('1').waitFor();
  await page.getByTestId('bag').click();
  const cart = page.getByTestId('cart');
  await cart.getByRole('button', { name: 'Check out $30.00' }).waitFor();
  await setPrice(show.aki, kettle, 3100);
  await cart.getByText('was $30.00').waitFor();
  await cart.getByRole('button', { name: 'Check out $31.00' }).click();
  await panelOf(seat).getByText('It was $30.00, now it is $31.00.').waitFor();
  await payInPanel(seat, '$31.00');
  await panelOf(seat).getByRole('button', { name: 'Close' }).click();
  await cart.getByText('The cart is empty').waitFor();
  await expectPlaying(seat);
});

test('[S0.13] [M-O13] goods that are sent ask where to, are priced for it, and take nothing before Pay where first paid is first served', async (context) => {
  await atBothWidths(context, 'send', async (seat, { name }) => {
    const { page } = seat;
    const scarf = scarves[name];
    if (name === 'phone') await page.getByTestId('bag').click();
    await page.getByRole('button', { name: new RegExp(`^${scarf.title}`) }).click();
    const form = page.getByTestId('address-form');
    await form.getByRole('button', { name: 'Send it here' }).click();
    expect(await form.getByText('Fill this in.').count()).toBeGreaterThan(2);
    await form.getByLabel('Name').fill('Mia Sun');
    await form.getByLabel('Country').selectOption({ label: 'Germany' });
    await form.getByLabel('Street and number').fill('1 Tea Lane');
    await form.getByLabel('Postcode').fill('10115');
    await form.getByLabel('Town or city').fill('Berlin');
    await form.getByLabel('Use it by default').check();
    expect(await faults(seat)).toEqual([]);
    await form.getByRole('button', { name: 'Send it here' }).click();
    const total = (goods: number) => `$${(((goods + 500) * 1.1) / 100).toFixed(2)}`;
    await panelOf(seat)
      .getByRole('button', { name: `Pay ${total(2500)}` })
      .waitFor();
    await panelOf(seat).getByText('First paid, first served').waitFor();
    expect((await seat.person.get('/orders', z.object({ items: z.array(OrderView) }))).items).toEqual([]);
    await fillCard(seat, '4000002760003184');
    await setPrice(show.bo, scarf, 2600);
    await pressPay(seat, `Pay ${total(2500)}`);
    await panelOf(seat)
      .getByText(`It was ${total(2500)}, now it is ${total(2600)}.`)
      .waitFor();
    await pressPay(seat, `Pay ${total(2600)}`);
    await bank(seat).getByRole('button', { name: 'Complete' }).click();
    await panelIs(seat, 'paid');
    const { items } = await seat.person.get('/orders', z.object({ items: z.array(OrderView) }));
    expect(items[0]).toMatchObject({ delivery: { name: 'Mia Sun', country: 'DE' } });
  });
});

test('[M-O13] [S0.16] where first paid is first served, who pays second is told that it is taken, and may start again once it is back', async (context) => {
  const delivery = { name: 'Mia', street: '1 Lane', city: 'Berlin', postcode: '10115', country: 'DE' };
  const person = await show.viewer('second');
  await person.send('POST', '/addresses', { ...delivery, isDefault: true }, z.unknown());
  const seat = await enter(context, person, widths[0]);
  await seat.page.getByRole('button', { name: /^Coat/ }).click();
  await panelOf(seat).getByTestId('destination').getByText('1 Lane, 10115 Berlin, Germany').waitFor();
  await fillCard(seat);
  const first = await show.viewer('first');
  const [variant] = coat.variants;
  const { orderId } = await first.send(
    'POST',
    '/orders',
    {
      lines: [{ productId: coat.productId, variantId: variant?.variantId, quantity: 1 }],
      ...{ streamId, quotedTotal: usd(10_450), delivery },
    },
    OrderView,
  );
  await pressPay(seat, 'Pay $104.50');
  await panelIs(seat, 'sold-out');
  expect(await panelOf(seat).getByTestId('note').textContent()).toMatch(/Just taken.*Nothing was charged/s);
  await first.send('POST', `/orders/${orderId}/cancel`, undefined, z.unknown());
  await panelOf(seat).getByRole('button', { name: 'Start again · 1 available' }).click();
  await panelOf(seat).getByRole('button', { name: 'Pay $104.50' }).waitFor();
  await expectPlaying(seat);
});

test('[M-O10] [M-O12] [M-V3] the order page shows what was paid, the invoice, the parcel, and a refund within 2 s without a reload', async (context) => {
  const { aki } = show;
  const person = await show.viewer('refund');
  const seat = await enter(context, person, widths[1]);
  const { orderId } = await purse.place(person, { product: teapot, streamId, total: 4000 });
  await purse.pay(person, orderId);
  await eventually(async () => (await purse.order(person, orderId)).state === 'paid', 'it is paid');
  const { page } = seat;
  await page.goto(`${show.house.address}/orders/${orderId}`);
  await page.getByTestId('invoice-number').waitFor();
  const sale = `/vendors/${aki.vendorId}/orders/${orderId}`;
  const refund = async (amount: number) => {
    const wanted = { amount: usd(amount), units: 'keep', reason: 'Chipped lid' };
    await aki.person.send('POST', `${sale}/refunds`, wanted, z.unknown());
    return performance.now();
  };
  const part = await refund(1500);
  await page.getByTestId('refunds').getByText('$15.00 of $40.00 refunded').waitFor();
  expect(performance.now() - part).toBeLessThan(2000);
  await page.getByTestId('refunds').getByText('Chipped lid').waitFor();
  await page.getByTestId('order-state').getByText('Partly refunded').waitFor();
  await aki.person.send('POST', `${sale}/fulfil`, { tracking: 'DHL 123' }, z.unknown());
  await page.getByTestId('tracking').getByText('DHL 123').waitFor();
  await refund(2500);
  await page.getByTestId('order-state').getByText('Refunded', { exact: true }).waitFor();
  expect(await faults(seat)).toEqual([]);
  await page.goto(`${show.house.address}/orders`);
  await page.getByTestId('orders').getByText('Refunded').waitFor();
});
