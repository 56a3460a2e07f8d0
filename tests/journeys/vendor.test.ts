import { AxeBuilder } from '@axe-core/playwright';
import type { Route } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DeskProduct, pageOf, SellingTermsView, StockEntry } from '#contract/catalog.ts';
import { type Delivery, DeskOrder, type OrderView, PlacedOrder, Quote } from '#contract/checkout.ts';
import type { StreamId, VariantId } from '#contract/ids.ts';
import type { Person } from '../support/cast.ts';
import { eventually } from '../support/installation.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';
import { openShow, type Seat, type Show } from '../support/show.ts';

const phone = { width: 390, height: 844 };
const desktop = { width: 1440, height: 900 };

let show: Show;
beforeAll(async () => {
  show = await openShow();
}, 90_000);
afterAll(() => show?.[Symbol.asyncDispose](), 30_000);

const delivery: Delivery = {
  name: 'Wei Li',
  street: '1 Lake Road',
  city: 'Oakland',
  region: 'CA',
  postcode: '94607',
  country: 'US',
};

/** What axe finds on a page, and whether it runs wider than a phone. */
async function faults({ page, slips }: Seat): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
  await page.setViewportSize(phone);
  const width = z.number().parse(await page.evaluate('document.documentElement.scrollWidth'));
  await page.setViewportSize(desktop);
  if (width > phone.width) found.push(`${width} px wide on a phone`);
  return [...found, ...slips.map(({ message }) => message)];
}

/** Quotes, places and pays an order as the panel does. */
async function buy(
  buyer: Person,
  product: DeskProduct,
  { streamId, variantId, quantity }: { streamId: StreamId; variantId: VariantId; quantity: number },
): Promise<OrderView> {
  const { country, region } = delivery;
  const lines = [{ productId: product.productId, variantId, quantity }];
  const ask = { lines, streamId, destination: { country, region } };
  const quote = await buyer.send('POST', '/quotes', ask, Quote);
  const order = await buyer.send(
    'POST',
    '/orders',
    { ...ask, delivery, quotedTotal: quote.totals.total },
    PlacedOrder,
    crypto.randomUUID(),
  );
  await purse.pay(buyer, order.orderId);
  await eventually(async () => (await purse.order(buyer, order.orderId)).state === 'paid', 'it is paid');
  return purse.order(buyer, order.orderId);
}

const inTwoSeconds = { timeout: 2000 };

test('[M-V1] [M-V3] [M-O10] a vendor adds a variant and asks for shipping and tax; an order of it is sent and one unit refunded in part, and the buyer sees both in 2 s', async (context) => {
  show.clearAfter(context, 'vendor-sells');
  const { aki, hana } = show;
  const { person, vendorId } = aki;
  const teapot = await shop.addProduct(person, vendorId, { title: 'Celadon teapot', stock: 3 });
  const seat = await show.seat(person, `/vendor/${vendorId}`);
  const { page } = seat;
  const sheet = page.getByRole('dialog');

  // A variant, and a fact about the product.
  await page.getByRole('button', { name: 'Edit Celadon teapot' }).click();
  await sheet.getByRole('button', { name: 'Add a variant' }).click();
  const form = sheet.getByRole('form', { name: 'Add a variant' });
  await form.getByLabel('What sets it apart').fill('900 ml');
  await form.getByLabel('Its price (USD)').fill('40');
  await form.getByLabel('Its floor (USD)').fill('45');
  await form.getByLabel('Its units').fill('5');
  await form.getByRole('button', { name: 'Add a variant' }).click();
  await form.getByText('Lower the floor').waitFor();
  await form.getByLabel('Its floor (USD)').fill('25');
  await form.getByRole('button', { name: 'Add a variant' }).click();
  const variants = sheet.getByTestId('variants');
  await variants.getByText('900 ml').waitFor();
  await sheet.getByRole('button', { name: 'Add an attribute' }).click();
  await sheet.getByLabel('Name of attribute 1').fill('Material');
  await sheet.getByLabel('Value of attribute 1').fill('Stoneware');
  expect(await faults(seat)).toEqual([]);
  await sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await sheet.waitFor({ state: 'detached' });
  const path = `/vendors/${vendorId}/products/${teapot.productId}`;
  const made = await person.get(path, DeskProduct);
  expect(made.attributes).toEqual([{ name: 'Material', value: 'Stoneware' }]);
  const large = made.variants.find(({ title }) => title === '900 ml');
  expect(large).toMatchObject({ listPrice: { amount: 4000 }, floorPrice: { amount: 2500 } });
  const variantId = large?.variantId ?? expect.fail('no variant');

  // Terms: leaving with something unsaved asks first.
  await page.getByRole('button', { name: 'Selling terms' }).click();
  await page.getByLabel('Legal name').fill('Aki Teaware GmbH');
  await page.getByLabel('An order needs an address').check();
  await page.getByRole('button', { name: 'Ask for shipping' }).click();
  await page.getByLabel('Rate (USD)').fill('five');
  await page.getByRole('radiogroup', { name: 'Tax' }).getByLabel('One rate').check();
  await page.getByLabel('On top of the price').check();
  await page.getByLabel('Rate (%)').fill('10');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Type an amount like 4.50.').waitFor();
  await page.getByLabel('Rate (USD)').fill('5');
  const ways = [
    page.getByRole('button', { name: 'Orders', exact: true }),
    page.getByRole('link', { name: 'On air', exact: true }),
  ];
  for (const way of ways) {
    await way.click();
    await sheet.getByRole('button', { name: 'Stay here' }).click();
    await page.getByRole('heading', { name: 'Selling terms' }).waitFor();
  }
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('All is saved.').waitFor();
  await page.getByLabel('Country', { exact: true }).fill('us');
  await page.getByRole('button', { name: 'Show the total' }).click();
  await page.getByTestId('preview').getByText('$49.50').waitFor();
  expect(await faults(seat)).toEqual([]);

  // A viewer buys two.
  const streamId = await show.schedule(made);
  await hana.send('POST', `/streams/${streamId}/go-live`, undefined, z.unknown());
  const wei = await show.viewer('wei');
  const { orderId, totals } = await buy(wei, made, { streamId, variantId, quantity: 2 });
  expect([totals.goods, totals.shipping, totals.tax, totals.total].map(({ amount }) => amount)).toEqual([
    8000, 500, 850, 9350,
  ]);

  // It is sent, and the buyer's page says so.
  const buyer = await show.seat(wei, `/orders/${orderId}`);
  await buyer.page.getByTestId('order-state').getByText('Paid').waitFor();
  await page.getByRole('button', { name: /^Orders/ }).click();
  await page.getByRole('tab', { name: /^To send/ }).click();
  const row = page.locator(`[data-order=${orderId}]`);
  await row.click();
  await sheet.getByText('1 Lake Road').waitFor();
  await sheet.getByLabel('Tracking').fill('DHL 4711');
  await sheet.getByRole('button', { name: 'Mark sent' }).click();
  await buyer.page.getByTestId('order-state').getByText('Sent').waitFor(inTwoSeconds);
  await sheet.getByTestId('order-state').getByText('Sent').waitFor();
  await sheet.getByText('Sent with: DHL 4711').waitFor();

  // One unit comes back; a part of its price goes back.
  const stock = async () =>
    (await person.get(path, DeskProduct)).variants.find((one) => one.variantId === variantId)?.stock;
  expect(await stock()).toMatchObject({ available: 3, sold: 2 });
  await sheet.getByRole('button', { name: 'Refund', exact: true }).click();
  await sheet.getByLabel('An amount').check();
  await sheet.getByLabel('Amount (USD)').fill('93.51');
  await sheet.getByText('At most $93.50 is left').waitFor();
  await sheet.getByLabel('Amount (USD)').fill('15');
  await sheet.getByRole('button', { name: 'Refund $15.00' }).click();
  await sheet.getByText('Choose at least one unit.').waitFor();
  await sheet.getByText('Say why: the buyer reads it.').waitFor();
  await sheet.getByLabel('Units of Celadon teapot, 900 ml').selectOption('1');
  await sheet.getByLabel('Reason').fill('A chipped lid');
  await sheet.getByTestId('refund-share').getByText('$15.00').waitFor();
  expect(await faults(seat)).toEqual([]);
  await sheet.getByRole('button', { name: 'Refund $15.00' }).click();
  await buyer.page.getByText('A chipped lid').waitFor(inTwoSeconds);
  await buyer.page.getByText('$15.00').first().waitFor();
  await buyer.page.getByText('DHL 4711').waitFor();
  const refunds = sheet.getByTestId('refunds');
  await refunds.getByText('Refunded').waitFor();
  await refunds.getByText('900 ml × 1 · Back on the shelf').waitFor();
  await eventually(async () => (await stock())?.available === 4, 'the unit is back on the shelf');
  expect(await stock()).toMatchObject({ available: 4, sold: 1 });
  const ledger = await person.get(`${path}/stock-ledger?variantId=${variantId}`, pageOf(StockEntry));
  expect(ledger.items.at(-1)).toMatchObject({ cause: 'return', quantity: 1, available: 4, sold: 1 });
  const sale = await person.get(`/vendors/${vendorId}/orders/${orderId}`, DeskOrder);
  expect(sale).toMatchObject({
    state: 'fulfilled',
    refunded: { amount: 1500 },
    refundable: { amount: 7850 },
  });
  expect(sale.refunds).toHaveLength(1);
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Refunded' }).click();
  await row.getByText('$15.00 back').waitFor();
  expect([...seat.slips, ...buyer.slips]).toEqual([]);
}, 120_000);

test('[M-V3] [M-O10] by keyboard alone a part is refunded, its answer is lost, and pressed again it stays one refund; then the rest; what is impossible is explained', async (context) => {
  show.clearAfter(context, 'vendor-refunds');
  const { bo, hana, house } = show;
  const scarf = await shop.addProduct(bo.person, bo.vendorId, { title: 'Scarf', list: 2000, floor: 1500 });
  const streamId = await show.schedule(scarf);
  await hana.send('POST', `/streams/${streamId}/go-live`, undefined, z.unknown());
  const seat = await show.seat(bo.person, `/vendor/${bo.vendorId}`);
  const { page } = seat;
  const sheet = page.getByRole('dialog');
  await page.getByRole('button', { name: /^Orders/ }).press('Enter');
  await page.getByText('No orders yet').waitFor();
  const variantId = scarf.variants[0]?.variantId ?? expect.fail('no variant');
  const mei = await show.viewer('mei');
  const { orderId } = await buy(mei, scarf, { streamId, variantId, quantity: 1 });
  const buyer = await show.seat(mei, `/orders/${orderId}`);
  await buyer.page.getByTestId('order-state').getByText('Paid').waitFor();

  // The sale came by itself.
  await page.locator(`[data-order=${orderId}]`).waitFor(inTwoSeconds);
  await page.getByRole('tab', { name: 'All' }).press('ArrowRight');
  await page.getByRole('tab', { name: /^To send/, selected: true }).waitFor();
  await page.locator('body').press('j');
  await page.keyboard.press('Enter');
  await sheet.getByRole('button', { name: 'Refund', exact: true }).press('Enter');
  await sheet.getByLabel('An amount').press('Space');
  await sheet.getByLabel('Stay with the buyer').press('Space');
  await sheet.getByLabel('Amount (USD)').press('5');
  await sheet.getByLabel('Reason').press('L');
  await page.keyboard.type('ate');
  const loseAnswer = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route('**/refunds', loseAnswer, { times: 1 });
  await page.keyboard.press('Enter');
  await sheet.getByText('it is the same refund').waitFor();
  await sheet.getByTestId('refunds').getByText('Late').waitFor();
  await sheet.getByRole('button', { name: 'Refund $5.00' }).press('Enter');
  await sheet.getByRole('button', { name: 'Refund', exact: true }).press('Enter');
  const path = `/vendors/${bo.vendorId}/orders/${orderId}`;
  expect((await bo.person.get(path, DeskOrder)).refunds).toMatchObject([{ amount: { amount: 500 } }]);

  // All that is left: nothing more is offered then.
  await sheet.getByLabel('All that is left, $15.00').press('Space');
  await sheet.getByLabel('Written off').press('Space');
  await sheet.getByLabel('Reason').press('M');
  await page.keyboard.type('oth holes');
  await page.keyboard.press('Enter');
  await buyer.page.getByTestId('order-state').getByText('Refunded', { exact: true }).waitFor(inTwoSeconds);
  await sheet.getByTestId('order-state').getByText('Refunded').waitFor();
  await sheet.getByText('Nothing to refund: all that was paid is back').waitFor();
  expect(await sheet.getByRole('button', { name: 'Mark sent' }).count()).toBe(0);
  expect((await bo.person.get(path, DeskOrder)).refunds[1]).toMatchObject({
    amount: { amount: 1500 },
    units: 'write-off',
    reason: 'Moth holes',
  });
  expect(await faults(seat)).toEqual([]);

  // A bank that asks money back stops refunds, and the sheet that is open says so.
  await page.keyboard.press('Escape');
  const other = await buy(await show.viewer('noa'), scarf, { streamId, variantId, quantity: 1 });
  await page.locator(`[data-order=${other.orderId}]`).press('Enter');
  await sheet.getByRole('button', { name: 'Refund', exact: true }).waitFor();
  const charge = house.stripe.control
    .objects()
    .charges.find((one) => JSON.stringify(one).includes(other.orderId));
  house.stripe.control.dispute(charge?.id ?? '');
  await sheet.getByTestId('dispute').getByText('asks $20.00 back').waitFor();
  await sheet
    .getByTestId('dispute')
    .getByText(/^Evidence counts until /)
    .waitFor();
  await sheet.getByText('No refund while the bank decides').waitFor();
  expect(await sheet.getByRole('button', { name: 'Refund', exact: true }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Disputed' }).click();
  await page.locator(`[data-order=${other.orderId}]`).getByText('Disputed').waitFor();
  expect([...seat.slips, ...buyer.slips]).toEqual([]);
}, 120_000);

test('[M-V1] [M-V2] terms that somebody else saved meanwhile are not written over unseen; payouts say how far they are', async (context) => {
  show.clearAfter(context, 'vendor-terms');
  const cleo = await show.viewer('cleo');
  const vendorId = await shop.openVendor(cleo, 'Cleo Candles');
  const seat = await show.seat(cleo, `/vendor/${vendorId}`);
  const { page } = seat;
  await page.getByRole('button', { name: 'Selling terms' }).click();
  await page.getByLabel('Conditions').fill('Returns within 30 days.');
  const path = `/vendors/${vendorId}/selling-terms`;
  const { version, ...terms } = await cleo.get(path, SellingTermsView);
  const theirs = { ...terms, legalName: 'Cleo Ltd', conditions: 'No returns.' };
  await cleo.call('PUT', path, theirs, { 'if-match': `"${version}"` });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Somebody saved other terms meanwhile.').waitFor();
  expect(await page.getByLabel('Conditions').inputValue()).toBe('Returns within 30 days.');
  expect((await cleo.get(path, SellingTermsView)).conditions).toBe('No returns.');
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await page.getByText('Save to put them in place of theirs.').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('All is saved.').waitFor();
  expect((await cleo.get(path, SellingTermsView)).conditions).toBe('Returns within 30 days.');

  const state = page.getByTestId('payout-state');
  const payouts = async (wanted: string) => {
    await page.reload();
    await page.getByRole('button', { name: 'Payouts', exact: true }).click();
    await state.getByText(wanted).waitFor();
  };
  await payouts('Payouts not connected');
  let accountId = '';
  await purse.connect(cleo, vendorId, (made) => {
    accountId = made;
  });
  await payouts('Payouts incomplete');
  await page.getByText('A bank account').waitFor();
  await page.getByRole('button', { name: 'Continue at the payment service' }).waitFor();
  // The simulator's review takes no time: this is the service's word while a real one lasts.
  const review = { state: 'in-review', isPayable: false, missing: [] };
  await page.route('**/payout', (route) => route.fulfill({ json: review }), { times: 1 });
  await payouts('Payouts in review');
  show.house.stripe.control.finishOnboarding(accountId);
  await eventually(() => purse.isPayable(cleo, vendorId), 'the shop can be paid');
  await payouts('Payouts connected');
  expect(await page.getByText('Still missing').count()).toBe(0);
  expect(await faults(seat)).toEqual([]);
}, 60_000);

test('[M-V1] each variant has its own price, stock and ledger; one is retired after saying what stays', async (context) => {
  show.clearAfter(context, 'vendor-variants');
  const { person, vendorId } = show.bo;
  const hat = await shop.addProduct(person, vendorId, {
    title: 'Felt hat',
    list: 3000,
    floor: 2000,
    stock: 4,
  });
  const path = `/vendors/${vendorId}/products/${hat.productId}`;
  const price = (amount: number) => ({ amount, currency: 'USD' });
  const large = { title: 'Large', listPrice: price(3500), floorPrice: price(2500), stock: 6 };
  await person.send('POST', `${path}/variants`, large, DeskProduct, crypto.randomUUID());
  const seat = await show.seat(person, `/vendor/${vendorId}`);
  const { page } = seat;
  const sheet = page.getByRole('dialog');
  const row = page.getByRole('row', { name: /Felt hat/ });
  await row.getByText('$30.00 – $35.00').waitFor();
  await row.getByText('10 available').waitFor();

  // Somebody else changes the product while a variant is edited: it is read anew, and what was typed stays.
  await page.getByRole('button', { name: 'Edit Felt hat' }).click();
  await sheet.getByRole('button', { name: 'Edit variant First variant' }).click();
  const form = sheet.getByRole('form', { name: 'Edit variant' });
  await form.getByLabel('What sets it apart').fill('Small');
  await form.getByLabel('Its price (USD)').fill('29');
  const { headers } = await person.call('GET', path);
  await person.call('PATCH', path, { title: 'Felt hat, grey' }, { 'if-match': headers.get('etag') ?? '' });
  await form.getByRole('button', { name: 'Save variant' }).click();
  await form.getByText('The product changed meanwhile').waitFor();
  expect(await sheet.getByLabel('Title').inputValue()).toBe('Felt hat, grey');
  await form.getByRole('button', { name: 'Save variant' }).click();
  await sheet.getByText('Small is saved.').waitFor();

  // Units of the chosen variant move, and of no other.
  await sheet.getByLabel('Variant', { exact: true }).selectOption('Large');
  await sheet.getByLabel('Units', { exact: true }).fill('3');
  await sheet.getByLabel('Reason').fill('A second delivery');
  await sheet.getByRole('button', { name: 'Change stock' }).click();
  await sheet.getByText('Stock is changed.').waitFor();
  await sheet.getByTestId('variants').getByText('9 available').waitFor();

  // Retiring asks first.
  await sheet.getByRole('button', { name: 'Retire variant Small' }).click();
  await sheet.getByText('0 sold stay sold, 4 stay in the ledger').waitFor();
  await sheet.getByRole('button', { name: 'Retire Small', exact: true }).click();
  await sheet.getByText('Small is retired.').waitFor();
  // What is sold stands first.
  expect((await person.get(path, DeskProduct)).variants).toMatchObject([
    { title: 'Large', listPrice: price(3500), stock: { available: 9 }, isRetired: false },
    { title: 'Small', listPrice: price(2900), stock: { available: 4 }, isRetired: true },
  ]);
  await page.keyboard.press('Escape');
  await row.getByText('$35.00', { exact: true }).waitFor();
  await row.getByRole('button').first().click();
  const ledger = page.getByTestId('ledger');
  await ledger.getByText('A second delivery').waitFor();
  await page.getByText('2 entries explain all 9 units').waitFor();
  await page.getByLabel('Variant', { exact: true }).selectOption('Small');
  await ledger.getByText('Stock in 4').waitFor();
  expect(await faults(seat)).toEqual([]);
}, 60_000);
