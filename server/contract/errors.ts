import { z } from 'zod';

/** A refusal is an expected "no": a value both sides handle, never a throw. `retryAfterMs` says when to ask again. */
export type Result<Value, Refusal extends string> =
  | { ok: true; value: Value }
  | { ok: false; refusal: Refusal; detail?: string; retryAfterMs?: number };

type Row = { status: number; retry: boolean; title: string };
const row = (status: number, title: string, retry = false): Row => ({ status, title, retry });

/** Every code a client may meet: its HTTP status, whether the same request may succeed later, and words in English. */
export const errors = {
  // The request itself.
  'invalid-request': row(422, 'The request does not have the expected shape.'),
  'malformed-body': row(400, 'The body could not be read.'),
  'body-too-large': row(413, 'The body is too large.'),
  'unsupported-media-type': row(415, 'This kind of body is not accepted here.'),
  'unknown-message': row(400, 'There is no such message.'),
  'not-found': row(404, 'There is nothing here.'),
  'method-not-allowed': row(405, 'This address does not answer to that method.'),
  'cross-site': row(403, 'This request must come from our own pages.'),
  'sign-in-required': row(401, 'Sign in first.'),
  forbidden: row(403, 'You may not do this.'),
  'too-many-requests': row(429, 'Too many requests: wait a little.', true),
  'key-reused': row(409, 'This idempotency key was used for another request.'),
  'stale-version': row(412, 'It changed meanwhile: load it again.'),
  conflict: row(409, 'That does not fit the present state.'),
  internal: row(500, 'Something broke on our side. Nothing was lost.', true),
  unavailable: row(503, 'A part is down: try again shortly.', true),
  'not-known-yet': row(503, 'The outcome is not known yet: ask again with the same key.', true),
  // Identity.
  'handle-taken': row(409, 'This handle is taken.'),
  'wrong-credentials': row(401, 'Handle or password is wrong.'),
  'password-too-common': row(422, 'This password is too easy to guess.'),
  'slowed-down': row(429, 'Too many attempts: wait before the next.', true),
  'link-used': row(410, 'This link was used or has run out.'),
  'demo-disabled': row(403, 'Demo sign-ins are off here.'),
  // Catalog.
  'price-below-floor': row(409, 'The price is below the floor price.'),
  'stock-below-held': row(409, 'Stock cannot fall below what is held.'),
  'out-of-stock': row(409, 'Not enough in stock.'),
  'product-retired': row(409, 'This product is no longer sold.'),
  'picture-unreadable': row(422, 'This picture cannot be read.'),
  // Rooms.
  'wrong-stream-state': row(409, 'The stream is not in a state that allows this.'),
  'not-in-showcase': row(409, 'This product is not in the showcase.'),
  'currency-mismatch': row(409, 'A stream sells in one currency.'),
  'vendor-not-linked': row(409, 'This vendor has not approved being linked to this channel.'),
  'room-closed': row(410, 'This room is closed.'),
  // Danmaku.
  'text-empty': row(422, 'There is nothing to say in it.'),
  'text-too-long': row(422, 'At most 100 characters.'),
  'sent-too-fast': row(429, 'Too fast: wait a moment.', true),
  // Drops.
  'drop-open-already': row(409, 'Another drop is open in this room.'),
  'drop-closed': row(409, 'This drop is closed.'),
  'drop-not-open': row(409, 'This drop is not open.'),
  'drop-not-ready': row(409, 'This drop cannot be released yet.'),
  'sold-out': row(409, 'All coupons of this drop are gone.'),
  'already-granted': row(409, 'You have a coupon of this drop already.'),
  'not-eligible': row(409, 'The conditions of this drop are not met.'),
  'not-your-drop': row(409, 'These goods are not of this room.'),
  // Checkout and payments.
  'coupon-not-yours': row(409, 'This coupon is not yours.'),
  'coupon-other-goods': row(409, 'This coupon is for other goods.'),
  'coupon-below-minimum': row(409, 'The minimum spend of this coupon is not reached.'),
  'coupon-spent': row(409, 'This coupon is in use or used.'),
  'coupon-expired': row(409, 'This coupon has run out.'),
  'one-vendor-per-order': row(409, 'One order buys from one vendor.'),
  'quote-changed': row(409, 'The total changed: look at it once more.'),
  'total-too-small': row(409, 'That is less than can be paid by card.'),
  'hold-ended': row(409, 'The hold has run out.'),
  'order-not-payable': row(409, 'This order cannot be paid in its present state.'),
  'card-declined': row(402, 'The card was declined. Nothing was charged.'),
  'payer-cap': row(409, 'This card has used as many coupons of this drop as it may.'),
  'payment-service-down': row(503, 'The payment service does not answer: try again.', true),
  'address-required': row(409, 'This vendor needs an address to send to.'),
  'not-shipped-there': row(409, 'This vendor does not send there.'),
  'cart-full': row(409, 'There is no room for more in this cart.'),
  'address-book-full': row(409, 'There is no room for more addresses.'),
  'not-refundable': row(409, 'There is nothing to refund on this order.'),
  'refund-too-large': row(409, 'That is more than is left of what was paid.'),
  'more-than-bought': row(409, 'That is more units than were bought and not returned.'),
  'order-not-paid': row(409, 'This order is not paid, or is done already.'),
  'vendor-not-payable': row(409, 'This vendor cannot be paid yet.'),
  'bad-signature': row(400, 'The signature does not fit the body.'),
  // Media.
  'not-the-host': row(403, 'Only the host of this room may publish.'),
  'media-unavailable': row(503, 'Video is being brought back: try again.', true),
  'media-unknown': row(404, 'There is no such transport, producer or consumer in your session.'),
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof errors;
export const ErrorCode = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]);

/** RFC 9457 problem details; `type` ends in the code, `requestId` finds the request in the logs. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: ErrorCode,
  detail: z.string().optional(),
  requestId: z.string().optional(),
  /** What is wrong where: JSON paths of the request. */
  faults: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** Seconds to wait before another try. */
  retryAfterS: z.int().optional(),
});
export type Problem = z.infer<typeof Problem>;

export const accept = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });
export const refuse = <const Refusal extends string>(
  refusal: Refusal,
  detail?: string,
): { ok: false; refusal: Refusal; detail?: string } =>
  detail === undefined ? { ok: false, refusal } : { ok: false, refusal, detail };
export const refuseUntil = <const Refusal extends string>(
  refusal: Refusal,
  retryAfterMs: number,
): { ok: false; refusal: Refusal; retryAfterMs: number } => ({ ok: false, refusal, retryAfterMs });
