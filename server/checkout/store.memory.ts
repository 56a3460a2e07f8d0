import type { DeskOrderFilter, OrderState } from '#contract/checkout.ts';
import type { OrderId, VendorId } from '#contract/ids.ts';
import type { OutboxEvent } from '../platform/outbox.ts';
import { may, transitions } from './core/transitions.ts';
import type { After, InvoiceSeries, Move, Order, OrderStore } from './store.ts';

const running: OrderState[] = ['held', 'paying', 'authorised'];
const over: OrderState[] = ['expired', 'cancelled', 'refunded'];

/** Orders of one process, for tests without a record. `deliver` gets each event, and again when it throws. */
export function memoryOrderStore(
  deliver: (event: OutboxEvent) => Promise<void> = async () => {},
): OrderStore {
  const orders = new Map<OrderId, Order>();
  const outboxes = new Map<OrderId, OutboxEvent[]>();
  const some = (fits: (order: Order) => boolean, limit = Number.POSITIVE_INFINITY): Order[] =>
    [...orders.values()]
      .filter(fits)
      .slice(0, limit)
      .map((order) => structuredClone(order));
  const page = (fits: (order: Order) => boolean, after: After | undefined, limit: number): Order[] =>
    some((order) => fits(order) && (after === undefined || comes(order, after) > 0))
      .toSorted(comes)
      .slice(0, limit);
  const ids = (found: Order[]): OrderId[] => found.map(({ orderId }) => orderId);

  return {
    async insert(order) {
      if (orders.has(order.orderId)) return false;
      orders.set(order.orderId, structuredClone(order));
      return true;
    },
    get: async (orderId) => structuredClone(orders.get(orderId)),
    async move(orderId, move) {
      const order = orders.get(orderId);
      if (order === undefined || !may(move.transition, order.state) || !fits(order, move.guard))
        return undefined;
      const state = transitions[move.transition].to;
      Object.assign(order, structuredClone(move.set ?? {}), { state, version: order.version + 1 });
      order.history.push({ at: move.at, state, cause: move.cause });
      outboxes.set(orderId, [...(outboxes.get(orderId) ?? []), ...move.events]);
      return structuredClone(order);
    },
    async amend(orderId, { guard, set, events }) {
      const order = orders.get(orderId);
      if (order === undefined) return undefined;
      if ('version' in guard ? order.version !== guard.version : order.state !== guard.state)
        return undefined;
      Object.assign(order, structuredClone(set), { version: order.version + 1 });
      outboxes.set(orderId, [...(outboxes.get(orderId) ?? []), ...events]);
      return structuredClone(order);
    },
    async number(orderId, invoiceNumber) {
      const order = orders.get(orderId);
      if (order === undefined || order.invoiceNumber !== undefined) return;
      order.invoiceNumber = invoiceNumber;
      order.version += 1;
    },
    async noteIntent(orderId, attempt, intentId) {
      const order = orders.get(orderId);
      if (order === undefined) return;
      order.openIntents = [...new Set([...order.openIntents, intentId])];
      if (order.paying?.attempt === attempt) order.paying.intentId = intentId;
    },
    async closeIntent(orderId, intentId) {
      const order = orders.get(orderId);
      if (order) order.openIntents = order.openIntents.filter((open) => open !== intentId);
    },
    async refuseIntent(orderId, intentId) {
      const order = orders.get(orderId);
      if (order === undefined || !over.includes(order.state)) return false;
      order.refusedIntents = [...new Set([...order.refusedIntents, intentId])];
      return true;
    },
    async relay(orderId) {
      for (const event of outboxes.get(orderId) ?? []) {
        await deliver(event);
        const left = outboxes.get(orderId) ?? [];
        outboxes.set(
          orderId,
          left.filter(({ id }) => id !== event.id),
        );
      }
    },

    ofPerson: async (personId, after, limit) =>
      page((order) => order.personId === personId && hasBeen(order, 'held'), after, limit),
    ofVendor: async (vendorId, filter, after, limit) =>
      page(
        (order) => order.vendorId === vendorId && hasBeen(order, 'paid') && isListed(order, filter),
        after,
        limit,
      ),
    ofStream: async (streamId) =>
      some((order) => order.streamId === streamId).toSorted((one, other) => -comes(one, other)),

    holdsEnded: async (now, limit) =>
      ids(some(({ state, holdEndsAt }) => running.includes(state) && holdEndsAt <= now, limit)),
    pendingSince: async (before, limit) =>
      ids(some(({ state, placedAt }) => state === 'pending' && placedAt < before, limit)),
    expiring: async (limit) => ids(some(({ state }) => state === 'expiring', limit)),
    payingUnknown: async (before, limit) =>
      ids(
        some(
          ({ state, paying }) =>
            state === 'paying' &&
            paying !== undefined &&
            paying.since < before &&
            paying.intentId === undefined,
          limit,
        ),
      ),
    refundsAsked: async (before, limit) =>
      ids(
        some(
          ({ refunds }) => refunds.some(({ state, at }) => state === 'asked' && at < before.getTime()),
          limit,
        ),
      ),
  };
}

/** Invoice series of one process. */
export function memoryInvoiceSeries(): InvoiceSeries {
  const series = new Map<VendorId, { number: number; orderId: OrderId }>();
  return {
    last: async (vendorId) => structuredClone(series.get(vendorId)),
    async give(vendorId, last, orderId) {
      if ((series.get(vendorId)?.number ?? 0) !== last) return false;
      series.set(vendorId, { number: last + 1, orderId });
      return true;
    },
  };
}

function isListed({ state, refunds, dispute }: Order, filter: DeskOrderFilter): boolean {
  switch (filter.state) {
    case undefined:
      return true;
    case 'to-send':
      return state === 'paid';
    case 'sent':
      return state === 'fulfilled';
    case 'refunded':
      return refunds.some((refund) => refund.state !== 'failed');
    case 'disputed':
      return dispute !== undefined;
  }
}

const hasBeen = ({ history }: Order, state: OrderState): boolean =>
  history.some((step) => step.state === state);

/** Newest first: positive when `one` comes after `other`. */
function comes(one: After, other: After): number {
  const later = other.placedAt.getTime() - one.placedAt.getTime();
  if (later !== 0) return later;
  return one.orderId < other.orderId ? 1 : -1;
}

function fits(
  order: Order,
  { version, attempt, intentId, holdEndsAfter, holdEndsBy, isNotRefused }: Move['guard'] = {},
): boolean {
  return (
    (version === undefined || order.version === version) &&
    (attempt === undefined || order.attempts === attempt) &&
    (intentId === undefined || order.paying?.intentId === intentId) &&
    (holdEndsAfter === undefined || order.holdEndsAt > holdEndsAfter) &&
    (holdEndsBy === undefined || order.holdEndsAt <= holdEndsBy) &&
    (isNotRefused === undefined || !order.refusedIntents.includes(isNotRefused))
  );
}
