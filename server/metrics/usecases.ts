import type { StreamId } from '#contract/ids.ts';
import type { StreamReport, StreamReportRow } from '#contract/metrics.ts';
import type { Clock } from '../platform/clock.ts';
import {
  dropReports,
  type Facts,
  figuresOf,
  ledgerCheck,
  minuteReports,
  productReports,
} from './core/report.ts';
import type { Ledgers, StreamFact } from './ports.ts';

/** Reports of streams, newest first; those that never went live are left out. */
export async function listReports(ledgers: Ledgers): Promise<StreamReportRow[]> {
  const streams = (await ledgers.streams()).filter(({ liveAt }) => liveAt !== undefined);
  const newestFirst = streams.toSorted((a, b) => Number(b.liveAt) - Number(a.liveAt));
  return Promise.all(
    newestFirst.map(async (stream) => rowOf(ledgers, stream, await factsOf(ledgers, stream))),
  );
}

/** One stream's report, recomputed from the ledgers at each reading; undefined where there is no such stream. */
export async function readReport(
  ledgers: Ledgers,
  clock: Clock,
  streamId: StreamId,
): Promise<StreamReport | undefined> {
  const stream = await ledgers.stream(streamId);
  if (stream === undefined) return undefined;
  const facts = await factsOf(ledgers, stream);
  return {
    ...(await rowOf(ledgers, stream, facts)),
    drops: dropReports(facts),
    products: productReports(facts),
    minutes: minuteReports(facts, clock.now()),
    ledger: ledgerCheck(facts),
  };
}

async function rowOf(ledgers: Ledgers, stream: StreamFact, facts: Facts): Promise<StreamReportRow> {
  return {
    streamId: stream.streamId,
    title: stream.title,
    channelTitle: await ledgers.channelTitle(stream.channelId),
    state: stream.state,
    currency: stream.currency,
    liveAt: stream.liveAt?.toISOString() ?? null,
    endedAt: stream.endedAt?.toISOString() ?? null,
    figures: figuresOf(facts),
  };
}

async function factsOf(
  ledgers: Ledgers,
  { streamId, currency, liveAt, endedAt }: StreamFact,
): Promise<Facts> {
  const [presence, orders, drops, danmaku] = await Promise.all([
    ledgers.presence(streamId),
    ledgers.paidOrders(streamId),
    ledgers.drops(streamId),
    ledgers.danmaku(streamId),
  ]);
  return {
    currency,
    liveAtMs: liveAt?.getTime(),
    endedAtMs: endedAt?.getTime(),
    presence,
    orders: orders.map((order) => ({
      paidAtMs: order.paidAt.getTime(),
      goods: order.goods.amount,
      refunded: order.refunded.amount,
      discount: order.discount.amount,
      lines: order.lines.map((line) => ({ ...line, total: line.total.amount })),
      coupon: order.coupon && { dropId: order.coupon.dropId, discount: order.coupon.discount.amount },
    })),
    drops: drops.map(({ claimedAt, ...drop }) => ({
      ...drop,
      claimedAtMs: claimedAt.map((at) => at.getTime()),
    })),
    danmakuStreamMs: danmaku,
    journalledGoods:
      (await ledgers.journalledPaid(orders.map(({ orderId }) => orderId))) -
      orders.reduce((sum, { extras }) => sum + extras.amount, 0),
  };
}
