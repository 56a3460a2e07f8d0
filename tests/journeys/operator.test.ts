import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { paymentEventQueue } from '#contract/internal/payments.ts';
import { DeskStream } from '#contract/rooms.ts';
import { openWorker } from '#server/platform/queue.ts';
import { closeRedis, openPatientRedis } from '#server/platform/redis.ts';
import { openPage } from '../support/browsers.ts';
import { openHouse, type TestHouse } from '../support/house.ts';
import { eventually } from '../support/installation.ts';
import { purse } from '../support/purse.ts';
import { shop } from '../support/shop.ts';

const paysLate = '4000000000006660';
const phone = { width: 390, height: 844 };

let house: TestHouse;
const closing = new AsyncDisposableStack();
beforeAll(async () => {
  house = closing.use(await openHouse());
  // Whoever handles webhooks, and nobody who looks for missed ones: what is paid was paid by the event.
  const connection = closing.adopt(openPatientRedis(house.config.redisUrl, 'operator-test'), closeRedis);
  const { payments } = house.slices;
  closing.use(openWorker(connection, paymentEventQueue, ({ eventId }) => payments.handleEvent(eventId)));
}, 30_000);
afterAll(() => closing.disposeAsync(), 30_000);

test('[M-O7] an operator loses an event and replays it, and the order is paid by it', async () => {
  const { slices, address, stripe } = house;
  const operator = await house.visit('olga');
  await slices.identity.roles.grant(operator.accountId, { role: 'operator' });
  const [vendor, host, buyer] = [
    await house.visit('aki'),
    await house.visit('hana'),
    await house.visit('lou'),
  ];
  const vendorId = await shop.openVendor(vendor);
  await purse.connect(vendor, vendorId, (accountId) => stripe.control.finishOnboarding(accountId));
  const channelId = await shop.openChannel(host);
  await shop.approve(vendor, vendorId, channelId);
  const product = await shop.addProduct(vendor, vendorId, { title: 'Teapot', list: 4000 });
  const { streamId } = await shop.schedule(host, channelId);
  await host.send('PUT', `/streams/${streamId}/showcase/${product.productId}`, undefined, z.unknown());
  await host.send('POST', `/streams/${streamId}/go-live`, undefined, DeskStream);
  await eventually(() => purse.isPayable(vendor, vendorId), 'the vendor can be paid');

  await using opened = await openPage(address);
  const { page } = opened;
  const [name = '', value = ''] = operator.cookie.split('=');
  await page.context().addCookies([{ name, value, url: address }]);
  await page.goto(address);
  await page.getByRole('link', { name: 'Simulator' }).click();
  await page.getByRole('heading', { name: 'Simulator' }).waitFor();

  // The two events that say "paid" will not come.
  await page.getByLabel('Event type').fill('*.succeeded');
  await page.getByLabel('How often').fill('2');
  await page.getByRole('button', { name: 'Arm', exact: true }).click();
  const armed = page.locator('[data-fault=webhook-lost]');
  await armed.getByText('2 to come').waitFor();
  const { orderId } = await purse.place(buyer, { product, streamId, total: 4000 });
  await purse.pay(buyer, orderId, paysLate);

  await page.getByLabel('Search').fill(orderId);
  const lost = page.locator('[data-about="payment_intent.succeeded"]');
  await lost.and(page.locator('[data-status=lost]')).waitFor({ timeout: 15_000 });
  await armed.waitFor({ state: 'detached' });
  expect((await purse.order(buyer, orderId)).state).toBe('paying');

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join()}`)).toEqual([]);
  await page.setViewportSize(phone);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width);
  await page.setViewportSize({ width: 1440, height: 900 });

  await lost.getByRole('button', { name: /^Replay/ }).click();
  await lost.and(page.locator('[data-status=taken]')).waitFor();
  await eventually(
    async () => (await purse.order(buyer, orderId)).state === 'paid',
    'the order is paid',
    5000,
  );

  // The payment itself: disputed, and the dispute won.
  await page.getByRole('tab', { name: 'Payments' }).click();
  const payment = page.locator(`[data-about="${orderId}"]`);
  await payment.getByText('$40.00').waitFor();
  await payment.getByRole('button', { name: /^Dispute/ }).click();
  await payment.and(page.locator('[data-status=disputed]')).waitFor();
  await payment.getByRole('button', { name: /^Win/ }).click();
  await page.getByRole('tab', { name: 'Disputes' }).click();
  await page.getByLabel('Search').fill('');
  await page.locator('[data-status=won]').getByText('$40.00').waitFor();
}, 60_000);
