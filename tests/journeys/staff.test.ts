import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Wallet } from '#contract/drops.ts';
import { mediaLive } from '#contract/media.ts';
import { StreamReport } from '#contract/metrics.ts';
import { DeskStream } from '#contract/rooms.ts';
import { freePort } from '../../scripts/setup/free-port.ts';
import { openPage } from '../support/browsers.ts';
import { Person } from '../support/cast.ts';
import { eventually, openInstallation } from '../support/installation.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';
import { openShow, type Seat, type Show } from '../support/show.ts';

const phone = { width: 390, height: 844 };
const soon = { timeout: 10_000 };
const desktop = { width: 1440, height: 900 };

let show: Show;
beforeAll(async () => {
  // Where a vendor comes back to from the payment page is told by the installation's own address.
  const port = await freePort(0);
  show = await openShow({ PORT: `${port}`, PUBLIC_URL: `http://localhost:${port}` });
}, 90_000);
afterAll(() => show?.[Symbol.asyncDispose](), 30_000);

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

async function onAirLayers(host: Person, streamId: string): Promise<number> {
  const { producers } = await host.get(
    `/streams/${streamId}/on-air`,
    mediaLive.fromClient['media.stats'].value,
  );
  const video = producers.find(({ kind }) => kind === 'video');
  return (video?.layers ?? []).filter(({ byteCount }) => byteCount > 0).length;
}

test('[S0.17] a new vendor goes from sign-up to a product on offer, and visits no other site', async (context) => {
  show.clearAfter(context, 'new-vendor');
  const { hana, channelId, house } = show;
  const seat = await show.seat(new Person(house.address), '/');
  const { page } = seat;
  const origins = new Set<string>();
  page.on('framenavigated', (frame) => origins.add(new URL(frame.url()).origin));
  const streamId = await show.schedule();

  await page.getByRole('link', { name: 'Sign in' }).first().click();
  await page.getByRole('button', { name: 'No account yet? Make one' }).click();
  await page.getByLabel('Name').fill('cleo');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Make an account' }).click();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Vendor desk' }).click();
  await page.getByLabel('Shop name').fill('Cleo Candles');
  await page.getByRole('button', { name: 'Create shop' }).click();

  await page.getByRole('button', { name: 'Connect payouts' }).click();
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await eventually(async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'First steps' }).waitFor();
    return (await page.locator('[data-done=true]').count()) === 1;
  }, 'the first step is done');

  await page.getByRole('button', { name: 'Add a product' }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Add product' }).click();
  await sheet.getByText('Give the product a title.').waitFor();
  await sheet.getByLabel('Title').fill('Beeswax candle');
  await sheet.getByLabel('List price').fill('18.50');
  await sheet.getByLabel('Floor').fill('20');
  await sheet.getByLabel('Units in stock').fill('12');
  await sheet.getByText('Lower the floor').waitFor();
  await sheet.getByLabel('Floor').fill('12');
  await sheet.getByRole('button', { name: 'Add product' }).click();
  await sheet.waitFor({ state: 'detached' });
  await page.getByTestId('ledger').getByText('Stock in 12').waitFor();

  await page.getByRole('button', { name: 'Link to a host' }).click();
  await page.getByRole('button', { name: 'Link to Hana live' }).click();
  await page.getByTestId('links').getByText('Hana live').waitFor();
  expect(await faults(seat)).toEqual([]);
  expect([...origins]).toEqual([house.address]);

  // The host finds it, and a viewer can buy it.
  const { items } = await hana.get(
    `/channels/${channelId}/products`,
    z.object({ items: z.array(z.object({ productId: z.string(), title: z.string() })) }),
  );
  const candle = items.find(({ title }) => title === 'Beeswax candle');
  await hana.send('PUT', `/streams/${streamId}/showcase/${candle?.productId}`, undefined, DeskStream);
  await page.goto(`${house.address}/r/${streamId}`);
  await page.getByText('Beeswax candle').first().waitFor();
  await page.getByText('$18.50').first().waitFor();
}, 90_000);

test('a product is edited at the version that was seen, and stock changes stand in its ledger', async (context) => {
  show.clearAfter(context, 'edit-product');
  const { person, vendorId } = show.aki;
  const product = await shop.addProduct(person, vendorId, {
    title: 'Gaiwan',
    list: 3000,
    floor: 2000,
    stock: 4,
  });
  const seat = await show.seat(person, `/vendor/${vendorId}`);
  const { page } = seat;
  await page.getByRole('button', { name: 'Edit Gaiwan' }).click();
  const sheet = page.getByRole('dialog');

  // Somebody else changes it meanwhile: nothing of theirs is overwritten.
  const path = `/vendors/${vendorId}/products/${product.productId}`;
  const { headers } = await person.call('GET', path);
  await person.call('PATCH', path, { title: 'Gaiwan, white' }, { 'if-match': headers.get('etag') ?? '' });
  await sheet.getByLabel('List price').fill('31');
  await sheet.getByRole('button', { name: 'Save' }).click();
  await sheet.getByText('It changed meanwhile.').waitFor();
  await sheet.getByRole('button', { name: 'Load it again' }).click();
  await expect.poll(() => sheet.getByLabel('Title').inputValue(), soon).toBe('Gaiwan, white');
  // What was typed stays.
  expect(await sheet.getByLabel('List price').inputValue()).toBe('31');
  await sheet.getByLabel('What happened').selectOption('write-off');
  await sheet.getByLabel('Units', { exact: true }).fill('1');
  await sheet.getByLabel('Reason').fill('Chipped in the store');
  await sheet.getByRole('button', { name: 'Change stock' }).click();
  await sheet.getByText('Stock is changed.').waitFor();
  await sheet
    .getByRole('button', { name: 'Load it again' })
    .or(sheet.getByRole('button', { name: 'Save' }))
    .click();
  await sheet.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: /Gaiwan, white/ });
  await row.getByText('$31.00').waitFor();
  await row.getByText('3 available').waitFor();
  await page.getByTestId('ledger').getByText('Chipped in the store').waitFor();
  await page.getByText('2 entries explain all 3 units').waitFor();
  expect(await faults(seat)).toEqual([]);
});

test('[M-R1] [S3.1] [S3.6] a host goes live from the browser, pins, and prepares, has approved and releases a drop', async (context) => {
  show.clearAfter(context, 'host');
  const { hana, aki } = show;
  await shop.addProduct(aki.person, aki.vendorId, { title: 'Bowl', list: 4000, floor: 3000 });
  const seat = await show.seat(hana, '/studio');
  const { page } = seat;
  await page.getByRole('button', { name: 'Schedule a stream' }).click();
  await page.getByLabel('Title').fill('An evening of bowls');
  await page.getByRole('button', { name: 'Schedule', exact: true }).click();
  const stream = page.getByRole('listitem').filter({ hasText: 'An evening of bowls' });
  await stream.getByRole('button', { name: 'Edit An evening of bowls' }).waitFor();
  expect(await faults(seat)).toEqual([]);
  await stream.getByRole('link', { name: 'Control room' }).click();
  await page.getByRole('button', { name: 'Go live' }).waitFor();
  const streamId = page.url().split('/').at(-1) ?? '';

  // Before air: a product into the showcase, a countdown called off.
  await page.getByRole('button', { name: 'Add product' }).click();
  await page.getByRole('button', { name: 'Add Bowl' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Pin Bowl' }).waitFor();
  const go = page.getByRole('button', { name: 'Go live' });
  await go.click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await go.waitFor();
  expect((await hana.get(`/streams/${streamId}`, z.object({ state: z.string() }))).state).toBe('scheduled');
  expect(await faults(seat)).toEqual([]);

  await go.click();
  const link = page.getByTestId('link').and(page.locator('[data-state=live]'));
  await link.waitFor({ timeout: 20_000 });
  await eventually(async () => (await onAirLayers(hana, streamId)) === 3, 'three layers arrive', 60_000);

  // One press pins; another takes it down; undo brings it back.
  const viewer = await show.seat(await show.viewer('lou'), `/r/${streamId}`);
  await page.getByRole('button', { name: 'Pin Bowl' }).click();
  await viewer.page.getByTestId('pinned').getByText('Bowl').waitFor();
  await page.locator('body').press('u');
  await page.getByRole('button', { name: 'Pin Bowl' }).waitFor();
  await page.locator('body').press('z');
  await page.getByRole('button', { name: 'Unpin Bowl' }).waitFor();

  // The worst case stands in large figures before anybody is asked.
  await page.getByLabel('Name viewers see').fill('Bowl drop');
  await page.getByLabel('Amount off').fill('10');
  await page.getByRole('checkbox', { name: 'Bowl' }).check();
  await page.getByLabel('Coupons', { exact: true }).fill('3');
  await page.getByTestId('worst-case').getByText('$30.00').waitFor();
  await page.getByRole('button', { name: 'Ask for approval' }).click();
  await page.getByText('Waits for the vendor’s approval').waitFor();
  expect(await page.getByRole('button', { name: 'Release Bowl drop' }).count()).toBe(0);

  const desk = await show.seat(aki.person, `/vendor/${aki.vendorId}`);
  const ask = desk.page.getByRole('article').filter({ hasText: 'Bowl drop' });
  await ask.getByTestId('worst-case').getByText('$30.00').waitFor();
  await ask.getByRole('button', { name: 'Approve $30.00' }).click();
  await page.getByRole('button', { name: 'Release Bowl drop' }).click();
  await viewer.page.getByTestId('drop-card').and(viewer.page.locator('[data-state=open]')).waitFor();
  await viewer.page.getByRole('button', { name: 'Claim' }).click();
  await page.getByTestId('granted').getByText('of 3').waitFor();
  await expect.poll(() => page.getByTestId('granted').textContent(), soon).toMatch(/^\s*1\s+of 3/);

  // A reloaded page is on air again by itself.
  await page.reload();
  await link.waitFor({ timeout: 20_000 });
  await eventually(
    async () => (await onAirLayers(hana, streamId)) === 3,
    'three layers arrive again',
    60_000,
  );
  expect(await faults(seat)).toEqual([]);

  await page.getByRole('button', { name: 'Close Bowl drop' }).click();
  await page.getByText('Closed by hand').waitFor();
  await page.getByRole('button', { name: 'End stream' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The pinned product').waitFor();
  await dialog.getByRole('button', { name: 'End stream' }).click();
  await page.getByRole('heading', { name: 'This stream has ended' }).waitFor();
}, 180_000);

test('[M-A3] an analyst reads figures that equal the ledger, and no name; others read nothing', async (context) => {
  show.clearAfter(context, 'analyst');
  const { hana, aki, ana } = show;
  const cup = await shop.addProduct(aki.person, aki.vendorId, { title: 'Cup', list: 4000, floor: 3000 });
  const streamId = await show.schedule(cup);
  await hana.send('POST', `/streams/${streamId}/go-live`, undefined, DeskStream);
  const buyer = await show.viewer('quentin');
  const form = {
    title: 'Cup drop',
    coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'USD' } },
    minimumSpend: { amount: 0, currency: 'USD' },
    productIds: [cup.productId],
    stock: 2,
    claimWindowMs: 600_000,
    validity: { kind: 'after-grant', minutes: 15 },
  };
  const { dropId } = await hana.send(
    'POST',
    `/streams/${streamId}/drops`,
    form,
    z.object({ dropId: z.string() }),
  );
  const decision = { decision: 'approved' };
  await aki.person.send('PUT', `/drops/${dropId}/approvals/${aki.vendorId}`, decision, z.unknown());
  await hana.send('POST', `/drops/${dropId}/release`, undefined, z.unknown());
  await buyer.send('POST', `/drops/${dropId}/claims`, undefined, z.unknown());
  const [grant] = (await buyer.get('/wallet', Wallet)).grants;
  const wish = { product: cup, streamId, total: 3000, coupon: grant?.grantId ?? '' };
  const { orderId } = await purse.place(buyer, wish);
  await purse.pay(buyer, orderId);
  await eventually(async () => (await purse.order(buyer, orderId)).state === 'paid', 'the order is paid');

  const seat = await show.seat(ana, '/analyst');
  const { page } = seat;
  await page
    .getByRole('row')
    .filter({ hasText: '$30.00' })
    .getByRole('link', { name: 'Tea evening' })
    .click();
  await page.getByTestId('ledger-check').getByText('Equals the ledger').waitFor();
  const report = await ana.get(`/reports/streams/${streamId}`, StreamReport);
  expect(report.ledger).toMatchObject({ gmvFromOrders: { amount: 3000 }, isEqual: true });
  expect(report.ledger.gmvFromJournal).toEqual(report.ledger.gmvFromOrders);
  const figure = (name: string) => page.locator(`[data-figure=${name}]`).getByTestId('value').textContent();
  expect(await Promise.all(['gmv', 'orders', 'claimToRedeem'].map(figure))).toEqual(['$30.00', '1', '100%']);
  const main = page.getByRole('main');
  await main
    .getByRole('row', { name: /Cup drop/ })
    .getByText('$10.00')
    .waitFor();

  // The definition is one tap away, with the parts that sum to the figure.
  await page.getByRole('button', { name: /^GMV \$30\.00/ }).click();
  await page.getByText('Item amounts of this stream’s paid orders').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Table' }).click();
  await page.getByTestId('minutes').getByText('$30.00').waitFor();
  expect(await main.textContent()).not.toContain('quentin');
  expect(await faults(seat)).toEqual([]);

  const nosy = await show.seat(buyer, `/analyst/${streamId}`);
  await nosy.page.getByText('Reports are for analysts').waitFor();
});

test('[M-P7] the health page names a part that stopped, and tells when it is back', async () => {
  await using installation = await openInstallation();
  await using opened = await openPage(`${installation.address}/health`);
  const { page } = opened;
  const title = (wanted: RegExp) => expect.poll(() => page.title(), { timeout: 30_000 }).toMatch(wanted);
  await title(/^Health/);
  // The first look may come before a process has said that it lives: all parts stand there, and none is down.
  const parts = async () =>
    page
      .locator('[data-part]:not([data-state=down])')
      .evaluateAll((rows) => rows.map(({ dataset }) => dataset.part).join());
  await expect
    .poll(parts, { timeout: 30_000 })
    .toMatch(/media .*mongodb.*payment service.*queue .*redis.*server .*workers /);
  const down = await installation.putDown('workers');
  await title(/^1 part is down/);
  const [worst] = await page.locator('[data-part]').all();
  expect(await worst?.getAttribute('data-part')).toMatch(/^workers/);
  await worst?.getByText('Down').waitFor();
  await down[Symbol.asyncDispose]();
  await title(/^Health/);
}, 150_000);
