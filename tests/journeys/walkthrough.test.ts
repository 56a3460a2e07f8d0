import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DeskOrder, OrderView } from '#contract/checkout.ts';
import { ClaimAnswer, DropDeskView, Wallet } from '#contract/drops.ts';
import type { StreamId } from '#contract/ids.ts';
import { HealthView } from '#contract/operations.ts';
import { StreamView } from '#contract/rooms.ts';
import type { LiveClient } from '../../scripts/clients/live-client.ts';
import type { Person } from '../support/cast.ts';
import { openSocket } from '../support/house.ts';
import { eventually } from '../support/installation.ts';
import { later } from '../support/later.ts';
import { purse, type Wish } from '../support/purse.ts';
import { shop } from '../support/shop.ts';
import { claimTogether, openShow, payInPanel, pictureOf, type Seat, type Show } from '../support/show.ts';
import { readReport } from './walkthrough/report.ts';
import { talk } from './walkthrough/talk.ts';

let show: Show;
beforeAll(async () => {
  show = await openShow();
}, 90_000);
afterAll(() => show?.[Symbol.asyncDispose](), 30_000);

const Layers = z.object({
  producers: z.array(
    z.object({ kind: z.string(), layers: z.array(z.object({ bitrate: z.number(), byteCount: z.number() })) }),
  ),
});

/** Runs one step of the walk-through; what goes wrong in it says where. */
async function step<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (fault) {
    throw new Error(`step ${name}: ${fault instanceof Error ? fault.message : fault}`, { cause: fault });
  }
}

/** The picture moves and its bytes arrive. */
async function isMoving(seat: Seat): Promise<void> {
  await eventually(async () => (await pictureOf(seat)).width > 0, `${seat.name} has a picture`, 30_000);
  const before = await pictureOf(seat);
  await eventually(async () => {
    const now = await pictureOf(seat);
    return now.time > before.time + 0.5 && now.bytes > before.bytes;
  }, `the picture of ${seat.name} moves`);
}

async function enter(person: Person, streamId: StreamId): Promise<LiveClient> {
  const socket = await openSocket(person);
  expect((await socket.ask('room.enter', { streamId })).ok).toBe(true);
  return socket;
}

test('[S0.4] [M-R1] [S0.17] [S0.1] [M-O1] [M-C1] [S3.6] [S3.7] [S3.8] [S3.9] [S3.14] [S3.20] [S3.21] [S0.11] [S0.15] [M-O10] a show from the first sign-up to the report, with four browsers and twenty viewers', {
  timeout: 240_000,
}, async (context) => {
  show.clearAfter(context, 'walkthrough');
  const { aki, bo, hana, house } = show;

  // 1: everything is well, vendors enter their goods, Hana schedules the stream and builds the showcase.
  const { streamId, teapot, scarf } = await step('1', async () => {
    const teapot = await shop.addProduct(aki.person, aki.vendorId, { list: 4000, floor: 3000, stock: 10 });
    const scarf = await shop.addProduct(bo.person, bo.vendorId, {
      title: 'Scarf',
      list: 2500,
      floor: 1800,
      stock: 20,
    });
    const health = await hana.get('/health', HealthView);
    expect(health.state).toBe('well');
    expect(health.parts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['process', 'store', 'payment']),
    );
    return { streamId: await show.schedule(teapot, scarf), teapot, scarf };
  });

  // 2, thin: Hana prepares a drop of five coupons of 10.00, Aki approves.
  const { dropId } = await step('2', async () => {
    const drop = await hana.send(
      'POST',
      `/streams/${streamId}/drops`,
      {
        title: 'Teapot coupon',
        coupon: { kind: 'fixed', amountOff: { amount: 1000, currency: 'USD' } },
        minimumSpend: { amount: 3000, currency: 'USD' },
        productIds: [teapot.productId],
        stock: 5,
        claimWindowMs: 120_000,
        validity: { kind: 'after-grant', minutes: 15 },
      },
      DropDeskView,
    );
    expect(drop.worstCase.amount).toBe(5000);
    const decision = { decision: 'approved' };
    await aki.person.send('PUT', `/drops/${drop.dropId}/approvals/${aki.vendorId}`, decision, z.unknown());
    return drop;
  });

  // 3: Hana goes live from the browser; V1 to V20 enter, the first three in browsers; V1 to V15 follow Aki.
  const control = await show.seat(hana, `/studio/${streamId}`);
  const { viewers, guest, seats, sockets } = await step('3', async () => {
    await control.page.getByRole('button', { name: 'Go live' }).click();
    await control.page.getByTestId('link').and(control.page.locator('[data-state=live]')).waitFor();
    const viewers: Person[] = [];
    for (let at = 1; at <= 19; at += 1) viewers.push(await show.viewer(`v${at}`));
    const guest = await house.visit();
    await guest.call('POST', '/guest-sessions');
    const seats = await Promise.all(viewers.slice(0, 3).map((one) => show.seat(one, `/r/${streamId}`)));
    const sockets = await Promise.all([...viewers.slice(3), guest].map((one) => enter(one, streamId)));
    for (const follower of viewers.slice(0, 15))
      await follower.send('PUT', `/follows/${aki.vendorId}`, undefined, z.unknown());
    const vendor = z.object({ followers: z.number() });
    expect((await guest.get(`/vendors/${aki.vendorId}`, vendor)).followers).toBe(15);

    await eventually(
      async () => {
        const { producers } = await hana.get(`/streams/${streamId}/on-air`, Layers);
        const video = producers.find(({ kind }) => kind === 'video')?.layers ?? [];
        return video.length === 3 && video.every(({ bitrate, byteCount }) => bitrate > 0 && byteCount > 0);
      },
      'three layers arrive at the router',
      30_000,
    );
    for (const seat of seats) await isMoving(seat);
    await eventually(async () => {
      const { online } = await house.slices.rooms.online(streamId);
      const shown = await seats[0]?.page.getByTestId('online').textContent();
      return online >= 20 && Number(/\d+/.exec(shown ?? '')?.[0]) === online;
    }, 'who is online stands on the screen');
    return { viewers, guest, seats, sockets };
  });
  const [first, second, third] = seats;
  const [v1, v2] = viewers;
  if (!first || !second || !third || !v1 || !v2) throw new Error('the first three did not come');

  await step('4', () => talk({ streamId, control, seats: [first, second, third], sockets }));

  // 5: Hana pins the teapot and releases the drop; V1 to V19 claim, the guest is asked to sign in.
  const winner = await step('5', async () => {
    await control.page.getByRole('button', { name: 'Pin Teapot' }).click();
    for (const { page } of seats) await page.getByTestId('pinned').getByText('Teapot').first().waitFor();
    await control.page.getByRole('button', { name: 'Release Teapot coupon' }).click();
    for (const { page } of seats)
      await page.getByTestId('drop-card').and(page.locator('[data-state=open]')).waitFor({ timeout: 2000 });

    // Whoever comes later has the card on entry, over a picture that moves again.
    await third.page.reload();
    await third.page.getByTestId('drop-card').and(third.page.locator('[data-state=open]')).waitFor();
    await isMoving(third);

    const claim = (person: Person) =>
      person.send('POST', `/drops/${dropId}/claims`, undefined, ClaimAnswer, randomUUID());
    for (const person of viewers.slice(3, 7)) expect((await claim(person)).outcome).toBe('granted');
    expect(
      (await guest.call('POST', `/drops/${dropId}/claims`, undefined, { 'idempotency-key': randomUUID() }))
        .status,
    ).toBe(401);
    for (const { page } of [first, second])
      await page.getByTestId('drop-card').getByText('1 of 5').filter({ visible: true }).first().waitFor();

    // Two viewers press for the last coupon.
    const pressed = await claimTogether([first, second]);
    const outcomeOf = async ({ page }: Seat) => {
      const over = page.getByTestId('drop-card').and(page.locator('[data-state=yours], [data-state=gone]'));
      return over.getAttribute('data-state');
    };
    const outcomes = await Promise.all([first, second].map(outcomeOf));
    expect(outcomes.toSorted()).toEqual(['gone', 'yours']);
    // Whose card was gone before the press asks as the rest do.
    const late = [v1, v2].filter((_, at) => !pressed[at]);
    const others = await Promise.all([...late, ...viewers.slice(2, 3), ...viewers.slice(7)].map(claim));
    expect(others.map(({ outcome }) => outcome)).toEqual(others.map(() => 'sold-out'));

    const wallets = () => Promise.all(viewers.map((one) => one.get('/wallet', Wallet)));
    await eventually(async () => {
      const all = await wallets();
      return (
        all.flatMap(({ grants }) => grants).length === 5 &&
        all.flatMap((one) => one.losingClaims).length === 14
      );
    }, 'five have a coupon, fourteen the receipt of a claim that came late');
    return outcomes[0] === 'yours' ? first : second;
  });

  // 6: W1 pays price less coupon beside the playing video, W2 and W3 over the API; V20 tries W1's coupon; W4 opens the
  // payment and leaves, W5 never uses the coupon.
  const w1 = winner.person;
  const [w2, w3, w4, w5, v8] = viewers.slice(3);
  if (!w2 || !w3 || !w4 || !w5 || !v8) throw new Error('the winners did not come');
  const couponOf = async (one: Person) => (await one.get('/wallet', Wallet)).grants[0];
  const wish = async (one: Person) => ({
    ...{ product: teapot, streamId, total: 3000 },
    coupon: (await couponOf(one))?.grantId ?? '',
  });
  const buy = async (one: Person, wanted: Wish, card?: string) => {
    const { orderId } = await purse.place(one, wanted);
    await purse.pay(one, orderId, card);
    await eventually(async () => (await purse.order(one, orderId)).state === 'paid', `${orderId} is paid`);
    return orderId;
  };
  await step('6', async () => {
    const { page, person } = winner;
    const before = await pictureOf(winner);
    const started = performance.now();
    await page.getByTestId('drop-card').getByRole('button', { name: 'Use it now' }).click();
    const panel = page.getByTestId('checkout');
    await expect.poll(() => panel.getByTestId('total').textContent(), { timeout: 5000 }).toContain('30.00');
    await payInPanel(winner, '$30.00');
    expect(await panel.getByTestId('paid-amount').textContent()).toContain('30.00');
    const after = await pictureOf(winner);
    const seconds = (performance.now() - started) / 1000;
    expect(after.time - before.time).toBeGreaterThan(seconds / 2);
    expect(after.bytes).toBeGreaterThan(before.bytes);

    const mine = await person.get('/orders', z.object({ items: z.array(OrderView) }));
    expect(mine.items).toMatchObject([{ state: 'paid', totals: { total: { amount: 3000 } } }]);
    await expect(purse.place(guest, await wish(w1))).rejects.toThrow(/coupon-not-yours/);
    await expect(purse.place(w1, await wish(w1))).rejects.toThrow(/coupon-spent/);
    for (const [one, card] of [
      [w2, '5555555555554444'],
      [w3, '378282246310005'],
    ] as const) {
      const { orderId } = await purse.place(one, await wish(one));
      // The card that W1 paid with has had its coupon of this drop.
      await expect(purse.pay(one, orderId)).rejects.toThrow(/payer-cap/);
      await purse.pay(one, orderId, card);
      await eventually(async () => (await purse.order(one, orderId)).state === 'paid', `${orderId} is paid`);
    }

    const left = await purse.place(w4, await wish(w4));
    expect(await couponOf(w4)).toMatchObject({ state: 'reserved' });
    await using afterTheHold = await later(house.config, 6 * 60_000);
    await afterTheHold.checkout.sweepHolds();
    await eventually(
      async () => (await purse.order(w4, left.orderId)).state === 'expired',
      'the hold has ended',
    );
    expect(await couponOf(w4)).toMatchObject({ state: 'granted' });
  });

  // 7, thin: there are no offers yet, V8 buys the scarf at its list price.
  const scarfOrder = await step('7', () => buy(v8, { product: scarf, streamId, total: 2500 }));

  // 6, the money: every webhook comes three times, and each sale counts once.
  await step('6, three times', async () => {
    const entries = () => house.slices.payments.journal.entriesOf('');
    const transfers = () => house.slices.payments.journal.entriesOf('transfer:');
    await eventually(async () => (await transfers()).length === 4, 'Aki and Bo have what is theirs');
    await house.stripe.webhooksSettled();
    const told = house.stripe.events();
    const before = await entries();
    for (const { event } of told) await house.stripe.replayEvent(event.id, 2);
    await house.stripe.webhooksSettled();
    await eventually(
      async () => (await house.slices.payments.sweepInbox()) === 0,
      'nothing is left unhandled',
    );
    expect(await entries()).toEqual(before);
    const variant = (await house.slices.catalog.products.get(teapot.productId))?.variants[0];
    expect(variant?.stock).toMatchObject({ available: 7, held: 0, sold: 3 });
  });

  // 10: Hana ends the stream; afterwards W4 pays with the grant, V8 returns the scarf and Bo refunds it, W5's coupon runs
  // out after one reminder.
  await step('10', async () => {
    await control.page.getByRole('button', { name: 'End stream' }).click();
    await control.page.getByRole('dialog').getByRole('button', { name: 'End stream' }).click();
    await eventually(
      async () => (await hana.get(`/streams/${streamId}`, StreamView)).state === 'ended',
      'the stream has ended',
    );
    await buy(w4, await wish(w4), '6011111111111117');

    const { page } = await show.seat(v8, `/orders/${scarfOrder}`);
    const { page: desk } = await show.seat(bo.person, `/vendor`);
    await desk.getByRole('button', { name: /^Orders/ }).click();
    await desk.getByText('Scarf').first().click();
    await desk.getByTestId('order-state').waitFor();
    await bo.person.send(
      'POST',
      `/vendors/${bo.vendorId}/orders/${scarfOrder}/refunds`,
      { units: 'restock', reason: 'Too warm' },
      DeskOrder,
      randomUUID(),
    );
    for (const screen of [page, desk])
      await screen
        .getByTestId('order-state')
        .getByText('Refunded', { exact: true })
        .waitFor({ timeout: 2000 });
    await eventually(async () => {
      const variant = (await house.slices.catalog.products.get(scarf.productId))?.variants[0];
      return variant?.stock.available === 20 && variant.stock.sold === 0;
    }, 'the scarf is back on the shelf');

    const socket = await enter(w5, streamId);
    for (const minutes of [11, 12]) {
      await using nearTheEnd = await later(house.config, minutes * 60_000);
      await nearTheEnd.drops.sweep();
    }
    await socket.until(() => socket.heard('drops.grant-ending').length > 0);
    await using afterTheEnd = await later(house.config, 16 * 60_000);
    await afterTheEnd.drops.sweep();
    expect(socket.heard('drops.grant-ending')).toHaveLength(1);
    await eventually(async () => (await couponOf(w5))?.state === 'expired', 'the coupon of W5 has run out');
    await socket[Symbol.asyncDispose]();
  });

  await step('12', () => readReport(show, { streamId, viewers }));

  for (const socket of sockets) await socket[Symbol.asyncDispose]();
  expect([control, ...seats].flatMap(({ slips }) => slips)).toEqual([]);
});
