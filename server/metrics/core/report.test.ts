import { expect, test } from 'vitest';
import { DropId, ProductId } from '#contract/ids.ts';
import { dropReports, type Facts, figuresOf, ledgerCheck, minuteReports, productReports } from './report.ts';

const teapot = ProductId.parse('prd_teapot');
const drop = DropId.parse('drop_tea');
const order = (paidAtMs: number, goods: number, discount: number, refunded = 0) => ({
  paidAtMs,
  goods,
  refunded,
  discount,
  lines: [{ productId: teapot, title: 'Teapot', quantity: 1, total: goods }],
  coupon: discount > 0 ? { dropId: drop, discount } : undefined,
});

/** The phase-1 evening: six orders, four of them with a coupon of 10.00, one of those after the end. */
const evening: Facts = {
  currency: 'USD',
  liveAtMs: 0,
  endedAtMs: 600_000,
  presence: {
    online: 0,
    peak: 20,
    views: 20,
    watchedMs: 20 * 90_000,
    samples: [{ streamMs: 65_000, online: 20 }],
  },
  orders: [
    order(100_000, 3000, 1000),
    order(110_000, 3000, 1000),
    order(120_000, 3000, 1000),
    order(200_000, 2000, 0),
    order(210_000, 2000, 0, 2000),
    order(700_000, 3000, 1000),
  ],
  drops: [
    {
      dropId: drop,
      title: 'Teapot',
      stock: 5,
      claims: 19,
      granted: 5,
      redeemed: 4,
      expired: 1,
      claimedAtMs: Array.from({ length: 19 }, () => 90_000),
    },
  ],
  danmakuStreamMs: [1000, 61_000, 62_000],
  journalledGoods: 16_000,
};

test('[M-A2] the figures of the known evening are those of the walk-through', () => {
  const figures = figuresOf(evening);
  expect(figures).toMatchObject({
    views: 20,
    averageWatchS: 90,
    orders: 6,
    gmv: { amount: 16_000 },
    gmvLive: { amount: 13_000 },
    gmvAfterEnd: { amount: 3000 },
    refunds: { amount: 2000 },
    net: { amount: 14_000 },
    gmvPerThousandViews: { amount: 800_000 },
    claims: 19,
    granted: 5,
    redeemed: 4,
    claimToRedeem: 0.8,
    discounts: { amount: 4000 },
  });
});

test('[S3.23] a drop is reported with its cost and revenue, and equals the orders that used it', () => {
  expect(dropReports(evening)).toMatchObject([
    {
      stock: 5,
      claims: 19,
      granted: 5,
      redeemed: 4,
      expired: 1,
      discountCost: { amount: 4000 },
      revenue: { amount: 12_000 },
    },
  ]);
  expect(ledgerCheck(evening).isEqual).toBe(true);
});

test('a cent that the journal does not have, or a redemption without an order, is told', () => {
  expect(ledgerCheck({ ...evening, journalledGoods: 15_999 }).isEqual).toBe(false);
  expect(ledgerCheck({ ...evening, orders: evening.orders.slice(1), journalledGoods: 13_000 }).isEqual).toBe(
    false,
  );
});

test('minutes stand at stream time and sum to the totals within the stream', () => {
  const minutes = minuteReports(evening, 0);
  expect(minutes).toHaveLength(11);
  expect(minutes[1]).toMatchObject({ online: 20, danmaku: 2, claims: 19, orders: 2, gmv: { amount: 6000 } });
  expect(minutes.reduce((total, { gmv }) => total + gmv.amount, 0)).toBe(13_000);
});

test('a payment that is dated into the second before going live counts in the first minute', () => {
  const [first] = minuteReports({ ...evening, orders: [order(-400, 3000, 1000)] }, 0);
  expect(first).toMatchObject({ orders: 1, gmv: { amount: 3000 } });
});

test('before the first view there is no figure per thousand views, and products are ranked by their sum', () => {
  const quiet = figuresOf({ ...evening, presence: { ...evening.presence, views: 0 }, drops: [] });
  expect([quiet.gmvPerThousandViews, quiet.claimToRedeem, quiet.averageWatchS]).toEqual([null, null, 0]);
  expect(productReports(evening)).toEqual([
    { productId: teapot, title: 'Teapot', units: 6, orders: 6, gmv: { amount: 16_000, currency: 'USD' } },
  ]);
});
