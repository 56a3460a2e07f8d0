import { createHmac, timingSafeEqual } from 'node:crypto';
import type { OrderId } from '#contract/ids.ts';

/** The key of an order's link: whoever has it may read the order, signed in or not. */
export const linkKey = (secret: string, orderId: OrderId): string =>
  createHmac('sha256', secret).update(`order-link:${orderId}`).digest('base64url');

/** Whether a link's key was signed by us for this order. */
export function fitsLink(secret: string, orderId: OrderId, key: string): boolean {
  const expected = Buffer.from(linkKey(secret, orderId));
  const given = Buffer.from(key);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
