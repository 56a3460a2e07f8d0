import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { DeskProduct } from '#contract/catalog.ts';
import { DropDeskView, DropsSnapshot } from '#contract/drops.ts';
import type { StreamId } from '#contract/ids.ts';
import { password } from '../support/cast.ts';
import { enterRoom } from '../support/drop-room.ts';
import { eventually } from '../support/installation.ts';
import { shop } from '../support/shop.ts';
import { openShow, payInPanel, type Seat, type Show } from '../support/show.ts';

let show: Show;
beforeAll(async () => {
  show = await openShow();
}, 90_000);
afterAll(() => show?.[Symbol.asyncDispose](), 30_000);

/** A stream on air with a pinned teapot and an open drop on it. */
async function onAir(): Promise<{ streamId: StreamId; teapot: DeskProduct; drop: DropDeskView }> {
  const { aki, hana } = show;
  const teapot = await shop.addProduct(aki.person, aki.vendorId, { list: 4000, floor: 3000, stock: 10 });
  const streamId = await show.schedule(teapot);
  await hana.send('POST', `/streams/${streamId}/go-live`, undefined, z.unknown());
  const pin = { productId: teapot.productId, key: `pin-${streamId}` };
  await hana.send('PUT', `/streams/${streamId}/pinned`, pin, z.unknown());
  const { dropId } = await hana.send(
    'POST',
    `/streams/${streamId}/drops`,
    {
      title: 'Teapot coupon',
      coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'USD' } },
      minimumSpend: { amount: 3000, currency: 'USD' },
      productIds: [teapot.productId],
      stock: 5,
      claimWindowMs: 600_000,
      validity: { kind: 'after-grant', minutes: 15 },
    },
    DropDeskView,
  );
  const decision = { decision: 'approved' };
  await aki.person.send('PUT', `/drops/${dropId}/approvals/${aki.vendorId}`, decision, z.unknown());
  return {
    streamId,
    teapot,
    drop: await hana.send('POST', `/drops/${dropId}/release`, undefined, DropDeskView),
  };
}

const card = ({ page }: Seat) => page.getByTestId('drop-card');

test('[M-P3] follow, danmaku, likes and claims ask a guest to sign in beside the room, and go on at the same moment', async (context) => {
  show.clearAfter(context, 'guest-signs-in');
  const { streamId } = await onAir();
  await show.viewer('mei');
  const seat = await show.seat(await show.house.visit(), `/r/${streamId}`);
  const { page } = seat;
  await page.evaluate('window.isSamePage = true');
  const asks = [
    page.getByRole('button', { name: 'Follow', exact: true }),
    page.getByRole('button', { name: /^Like/ }),
    page.getByRole('button', { name: 'Sign in to talk' }),
    card(seat).getByRole('button', { name: 'Sign in' }),
  ];
  const name = page.getByRole('textbox', { name: 'Name' });
  for (const control of asks) {
    await control.click();
    await name.waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await name.waitFor({ state: 'detached' });
  }
  await card(seat).getByRole('button', { name: 'Sign in' }).click();
  await name.fill('mei');
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('textbox', { name: 'Password' }).press('Enter');
  await name.waitFor({ state: 'detached' });
  expect(new URL(page.url()).pathname).toBe(`/r/${streamId}`);
  expect(await page.evaluate('window.isSamePage')).toBe(true);
  await page.getByRole('textbox', { name: 'Say something' }).waitFor();
  await card(seat).getByRole('button', { name: 'Claim' }).click();
  await card(seat).and(page.locator('[data-state=yours]')).waitFor();
  expect(seat.slips).toEqual([]);
});

test('[M-P3] [S0.11] a guest buys in the panel and opens the order by its link, on another device too', async (context) => {
  show.clearAfter(context, 'guest-buys');
  const { streamId } = await onAir();
  const seat = await show.seat(await show.house.visit(), `/r/${streamId}`);
  const { page } = seat;
  await page.getByTestId('pinned').getByRole('button', { name: 'Buy for $40.00' }).click();
  await payInPanel(seat, '$40.00');
  await page.getByRole('link', { name: 'See my order' }).click();
  await page.getByTestId('order-state').getByText('Paid').waitFor();
  const link = new URL(page.url());
  const elsewhere = await show.seat(await show.house.visit(), `${link.pathname}${link.search}`);
  await elsewhere.page.getByTestId('order-state').getByText('Paid').waitFor();
  const without = await show.seat(await show.house.visit(), link.pathname);
  await without.page.getByRole('heading', { name: 'This order cannot be shown' }).waitFor();
  expect(await without.page.getByTestId('order-state').count()).toBe(0);
});

test('[S0.1] following in one browser adds one in another, and survives a reload', async (context) => {
  show.clearAfter(context, 'follow');
  const { streamId } = await onAir();
  const [a, b] = [
    await show.seat(await show.viewer('ren'), `/r/${streamId}`),
    await show.seat(await show.viewer('sol'), `/r/${streamId}`),
  ];
  const countAt = async ({ page }: Seat) =>
    Number(
      /\d+/.exec(
        (await page
          .getByText(/\d+ followers?/)
          .first()
          .textContent()) ?? '',
      )?.[0],
    );
  const before = await countAt(b);
  await a.page.getByRole('button', { name: 'Follow', exact: true }).click();
  await eventually(async () => (await countAt(a)) === before + 1, 'the count changes in place');
  for (const { page } of [a, b]) await page.reload();
  await a.page.getByRole('button', { name: 'Following', pressed: true }).waitFor();
  expect(await countAt(b)).toBe(before + 1);
});

test('[S3.12] on a device whose clock is an hour wrong the card and the wallet count down right within 1 s', async (context) => {
  show.clearAfter(context, 'wrong-clock');
  const { streamId, drop } = await onAir();
  const person = await show.viewer('uma');
  const seat = await show.seat(person, `/r/${streamId}`, { clockOff: 3_600_000 });
  const secondsIn = (text: string | null) => {
    const [minutes = 'NaN', seconds = 'NaN'] = (text ?? '').trim().split(':');
    return Number(minutes) * 60 + Number(seconds);
  };
  const leftOf = (endsAt: string | undefined) => (Date.parse(endsAt ?? '') - Date.now()) / 1000;
  expect(Number(await seat.page.evaluate('Date.now()')) - Date.now()).toBeGreaterThan(3_500_000);
  const onCard = secondsIn(await card(seat).getByRole('timer').textContent());
  expect(Math.abs(onCard - leftOf(drop.closesAt))).toBeLessThan(2);

  await card(seat).getByRole('button', { name: 'Claim' }).click();
  await card(seat).and(seat.page.locator('[data-state=yours]')).waitFor();
  const { socket, drops } = await enterRoom(person, streamId);
  await socket[Symbol.asyncDispose]();
  await seat.page.goto(`${show.house.address}/coupons`);
  const words = await seat.page
    .getByTestId('to-use')
    .getByText(/\d+:\d\d left/)
    .textContent();
  const inWallet = secondsIn(/\d+:\d\d/.exec(words ?? '')?.[0] ?? '');
  expect(Math.abs(inWallet - leftOf(DropsSnapshot.parse(drops).grant?.validUntil))).toBeLessThan(2);
});
