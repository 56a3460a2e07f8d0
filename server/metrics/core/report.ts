import type { DropReport, Figures, LedgerCheck, MinuteReport, ProductReport } from '#contract/metrics.ts';
import type { Currency, Money } from '#contract/money.ts';

type Order = {
  paidAtMs: number;
  goods: number;
  /** Of the goods' amount, what went back. */
  refunded: number;
  discount: number;
  lines: readonly { productId: ProductReport['productId']; title: string; quantity: number; total: number }[];
  coupon: { dropId: DropReport['dropId']; discount: number } | undefined;
};
type Drop = Pick<DropReport, 'dropId' | 'title' | 'stock' | 'claims' | 'granted' | 'redeemed' | 'expired'> & {
  claimedAtMs: readonly number[];
};

/** Everything a report is computed from; instants in milliseconds, amounts in minor units of one currency. */
export type Facts = {
  currency: Currency;
  liveAtMs: number | undefined;
  endedAtMs: number | undefined;
  presence: {
    online: number;
    peak: number;
    views: number;
    watchedMs: number;
    samples: readonly { streamMs: number; online: number }[];
  };
  orders: readonly Order[];
  drops: readonly Drop[];
  danmakuStreamMs: readonly number[];
  journalledGoods: number;
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The tiles of the data screen, by the definitions of the contract. */
export function figuresOf({ currency, endedAtMs, presence, orders, drops, danmakuStreamMs }: Facts): Figures {
  const money = (amount: number): Money => ({ amount, currency });
  const isAfterEnd = ({ paidAtMs }: Order) => endedAtMs !== undefined && paidAtMs >= endedAtMs;
  const gmv = sum(orders.map(({ goods }) => goods));
  const gmvAfterEnd = sum(orders.filter(isAfterEnd).map(({ goods }) => goods));
  const refunds = sum(orders.map(({ refunded }) => refunded));
  const granted = sum(drops.map((drop) => drop.granted));
  const redeemed = sum(drops.map((drop) => drop.redeemed));
  const { online, peak, views, watchedMs } = presence;
  return {
    online,
    peak,
    views,
    averageWatchS: views === 0 ? 0 : Math.round(watchedMs / views / 100) / 10,
    danmaku: danmakuStreamMs.length,
    claims: sum(drops.map(({ claims }) => claims)),
    granted,
    redeemed,
    claimToRedeem: granted === 0 ? null : redeemed / granted,
    orders: orders.length,
    gmv: money(gmv),
    gmvLive: money(gmv - gmvAfterEnd),
    gmvAfterEnd: money(gmvAfterEnd),
    refunds: money(refunds),
    net: money(gmv - refunds),
    gmvPerThousandViews: views === 0 ? null : money(Math.round((gmv * 1000) / views)),
    discounts: money(sum(orders.map(({ discount }) => discount))),
  };
}

export function dropReports({ currency, orders, drops }: Facts): DropReport[] {
  return drops.map(({ claimedAtMs: _instants, ...drop }) => {
    const used = orders.filter(({ coupon }) => coupon?.dropId === drop.dropId);
    return {
      ...drop,
      discountCost: { amount: sum(used.map(({ coupon }) => coupon?.discount ?? 0)), currency },
      revenue: { amount: sum(used.map(({ goods }) => goods)), currency },
    };
  });
}

/** Best sellers first. */
export function productReports({ currency, orders }: Facts): ProductReport[] {
  const rows = new Map<string, ProductReport>();
  for (const order of orders)
    for (const { productId, title, quantity, total } of order.lines) {
      const row = rows.get(productId) ?? {
        productId,
        title,
        units: 0,
        orders: 0,
        gmv: { amount: 0, currency },
      };
      row.units += quantity;
      row.orders += 1;
      row.gmv = { amount: row.gmv.amount + total, currency };
      rows.set(productId, row);
    }
  return [...rows.values()].toSorted((a, b) => b.gmv.amount - a.gmv.amount || a.title.localeCompare(b.title));
}

const minuteMs = 60_000;

/** The stream minute by minute, as long as it has lasted; `nowMs` ends a live one. */
export function minuteReports(facts: Facts, nowMs: number): MinuteReport[] {
  const { currency, liveAtMs, endedAtMs, orders, drops, danmakuStreamMs, presence } = facts;
  if (liveAtMs === undefined) return [];
  const lengthMs = Math.max(0, (endedAtMs ?? nowMs) - liveAtMs);
  const minutes = Array.from({ length: Math.min(1440, Math.floor(lengthMs / minuteMs) + 1) }, (_, index) => ({
    streamMs: index * minuteMs,
    online: null as number | null,
    danmaku: 0,
    claims: 0,
    orders: 0,
    gmv: { amount: 0, currency },
  }));
  // A payment service dates in whole seconds, and so may date a payment into the second before going live.
  const minuteAt = (streamMs: number) => minutes[Math.floor(Math.max(0, streamMs) / minuteMs)];
  for (const { streamMs, online } of presence.samples) {
    const minute = minuteAt(streamMs);
    if (minute) minute.online = Math.max(minute.online ?? 0, online);
  }
  for (const streamMs of danmakuStreamMs) {
    const minute = minuteAt(streamMs);
    if (minute) minute.danmaku += 1;
  }
  for (const atMs of drops.flatMap(({ claimedAtMs }) => claimedAtMs)) {
    const minute = minuteAt(atMs - liveAtMs);
    if (minute) minute.claims += 1;
  }
  for (const { paidAtMs, goods } of orders) {
    const minute = minuteAt(paidAtMs - liveAtMs);
    if (!minute) continue;
    minute.orders += 1;
    minute.gmv = { amount: minute.gmv.amount + goods, currency };
  }
  return minutes;
}

/** Holds the report's sums against the ledgers that it was not computed from. */
export function ledgerCheck({ currency, orders, drops, journalledGoods }: Facts): LedgerCheck {
  const gmvFromOrders = sum(orders.map(({ goods }) => goods));
  const redemptionsFromRecord = sum(drops.map(({ redeemed }) => redeemed));
  const redemptionsFromOrders = orders.filter(({ coupon }) => coupon !== undefined).length;
  return {
    gmvFromOrders: { amount: gmvFromOrders, currency },
    gmvFromJournal: { amount: journalledGoods, currency },
    redemptionsFromRecord,
    redemptionsFromOrders,
    isEqual: gmvFromOrders === journalledGoods && redemptionsFromRecord === redemptionsFromOrders,
  };
}
