import type { OrderState } from '#contract/checkout.ts';
import type { OrderId } from '#contract/ids.ts';
import type { OutboxEvent } from '../platform/outbox.ts';
import { may, transitions } from './core/transitions.ts';
import type { After, Move, Order, OrderStore } from './store.ts';

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
    ofVendor: async (vendorId, after, limit) =>
      page((order) => order.vendorId === vendorId && hasBeen(order, 'paid'), after, limit),
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
  };
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
  { attempt, intentId, holdEndsAfter, holdEndsBy, isNotRefused }: Move['guard'] = {},
): boolean {
  return (
    (attempt === undefined || order.attempts === attempt) &&
    (intentId === undefined || order.paying?.intentId === intentId) &&
    (holdEndsAfter === undefined || order.holdEndsAt > holdEndsAfter) &&
    (holdEndsBy === undefined || order.holdEndsAt <= holdEndsBy) &&
    (isNotRefused === undefined || !order.refusedIntents.includes(isNotRefused))
  );
}
