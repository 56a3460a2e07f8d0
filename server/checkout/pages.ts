import { OrderId } from '#contract/ids.ts';
import type { After, Order } from './store.ts';

/** Where the page after these orders begins. */
export const nextOf = (orders: readonly Order[], limit: number): { next?: string } => {
  const last = orders.at(-1);
  return last && orders.length === limit ? { next: `${last.placedAt.getTime()}.${last.orderId}` } : {};
};

/** Where a page begins; a cursor that is none begins at the start. */
export function afterOf(cursor: string | undefined): After | undefined {
  const [, at, id] = /^(\d{1,15})[.](ord_.+)$/.exec(cursor ?? '') ?? [];
  const orderId = OrderId.safeParse(id);
  return at !== undefined && orderId.success
    ? { placedAt: new Date(Number(at)), orderId: orderId.data }
    : undefined;
}
