import type { StreamId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { CheckoutFace, OrderFact } from '../checkout/index.ts';
import { type Drops, dropIdOfGrant } from '../drops/index.ts';
import type { Identity } from '../identity/index.ts';
import type { Rooms, Stream } from '../rooms/index.ts';
import type { Ledgers, PaidOrderFact, StreamFact } from './ports.ts';

/** The slices that keep the ledgers, as far as reports read them; danmaku and journal by shape alone. */
type Keepers = {
  identity: Pick<Identity, 'channels'>;
  rooms: Pick<Rooms, 'streams' | 'online' | 'samples'>;
  checkout: Pick<CheckoutFace, 'orders'>;
  drops: Pick<Drops, 'facts'>;
  danmaku: { moments(streamId: StreamId): Promise<readonly number[]> };
  journal: {
    entriesOf(causePrefix: string): Promise<{ legs: readonly { account: string; amount: Money }[] }[]>;
  };
};

/** Money that came and may have gone back since: GMV counts before refunds. */
const paidStates = new Set(['paid', 'fulfilled', 'refunded']);

/** Reads every ledger where it is kept. */
export function joinLedgers({ identity, rooms, checkout, drops, danmaku, journal }: Keepers): Ledgers {
  return {
    streams: async () => (await rooms.streams.list()).map(factOf),
    async stream(streamId) {
      const stream = await rooms.streams.get(streamId);
      return stream && factOf(stream);
    },
    channelTitle: async (channelId) => (await identity.channels.get(channelId))?.title ?? '',
    async presence(streamId) {
      const [audience, samples] = await Promise.all([rooms.online(streamId), rooms.samples(streamId)]);
      return { ...audience, samples };
    },
    paidOrders: async (streamId) => (await checkout.orders.byStream(streamId)).flatMap(paidOrderOf),
    async journalledPaid(orderIds) {
      const sums = orderIds.map(async (orderId) => {
        const entries = await journal.entriesOf(`sale:${orderId}`);
        const legs = entries
          .flatMap((entry) => entry.legs)
          .filter(({ account }) => account === `order:${orderId}`);
        return legs.reduce((sum, { amount }) => sum + amount.amount, 0);
      });
      return (await Promise.all(sums)).reduce((a, b) => a + b, 0);
    },
    drops: (streamId) => drops.facts(streamId),
    danmaku: (streamId) => danmaku.moments(streamId),
  };
}

const instant = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));

const factOf = ({ streamId, channelId, title, state, currency, liveAt, endedAt }: Stream): StreamFact => ({
  ...{ streamId, channelId, title, state, currency },
  liveAt: instant(liveAt),
  endedAt: instant(endedAt),
});

function paidOrderOf(order: OrderFact): PaidOrderFact[] {
  if (order.paidAt === undefined || !paidStates.has(order.state)) return [];
  const { currency } = order.total;
  const goods = order.goods.amount - order.discount.amount;
  return [
    {
      orderId: order.orderId,
      paidAt: order.paidAt,
      discount: order.discount,
      goods: { amount: goods, currency },
      refunded: { amount: Math.min(goods, order.refunded.amount), currency },
      extras: { amount: order.total.amount - goods, currency },
      lines: order.lines,
      coupon:
        order.termRef === undefined || order.state === 'refunded'
          ? undefined
          : { dropId: dropIdOfGrant(order.termRef), discount: order.discount },
    },
  ];
}
