import type { ErrorCode } from '#contract/errors.ts';
import type { Money } from '#contract/money.ts';
import { m } from '../paraglide/messages.js';
import { getLocale } from '../paraglide/runtime.js';
import { moneyText } from '../ui/money-text.ts';
import { codeOf } from './api.ts';

/** An amount in the reader's language. */
export const money = (amount: Money): string => moneyText(amount, getLocale());

/** A clock time with seconds, in the viewer's zone. */
export const timeOfDay = (instant: string | number): string =>
  new Intl.DateTimeFormat(getLocale(), { timeStyle: 'medium' }).format(new Date(instant));

/** A date with a time, in the viewer's zone. */
export const dateAndTime = (instant: string | number): string =>
  new Intl.DateTimeFormat(getLocale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));

/** A day near now as people say it, with a time: "Today 21:30", "Thu 20:00"; else the date. `now` is server time. */
export function dayAndTime(instant: string, now: number): string {
  const at = new Date(instant);
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at.getTime()) - midnight(now)) / 86_400_000);
  if (days < 0 || days > 6) return dateAndTime(instant);
  const time = new Intl.DateTimeFormat(getLocale(), { timeStyle: 'short' }).format(at);
  const day =
    days < 2
      ? new Intl.RelativeTimeFormat(getLocale(), { numeric: 'auto' }).format(days, 'day')
      : new Intl.DateTimeFormat(getLocale(), { weekday: 'short' }).format(at);
  return `${day.charAt(0).toLocaleUpperCase(getLocale())}${day.slice(1)} ${time}`;
}

/** What each code of the error table says to a person: the outcome, and the next step. The one table of the web. */
const refusalWords: Record<ErrorCode, () => string> = {
  'invalid-request': m.error_invalid_request,
  'malformed-body': m.error_invalid_request,
  'body-too-large': m.error_body_too_large,
  'unsupported-media-type': m.error_unsupported_media_type,
  'unknown-message': m.error_internal,
  'not-found': m.error_not_found,
  'method-not-allowed': m.error_internal,
  'cross-site': m.error_cross_site,
  'sign-in-required': m.error_sign_in_required,
  forbidden: m.error_forbidden,
  'too-many-requests': m.error_too_many_requests,
  'key-reused': m.error_conflict,
  'stale-version': m.error_stale_version,
  conflict: m.error_conflict,
  internal: m.error_internal,
  unavailable: m.error_unavailable,
  'not-known-yet': m.error_not_known_yet,
  'handle-taken': m.error_handle_taken,
  'wrong-credentials': m.error_wrong_credentials,
  'slowed-down': m.error_slowed_down,
  'link-used': m.error_link_used,
  'demo-disabled': m.error_demo_disabled,
  'password-too-common': m.error_password_too_common,
  'price-below-floor': m.error_price_below_floor,
  'stock-below-held': m.error_stock_below_held,
  'out-of-stock': m.error_out_of_stock,
  'product-retired': m.error_product_retired,
  'picture-unreadable': m.error_picture_unreadable,
  'wrong-stream-state': m.error_wrong_stream_state,
  'not-in-showcase': m.error_not_in_showcase,
  'currency-mismatch': m.error_currency_mismatch,
  'vendor-not-linked': m.error_vendor_not_linked,
  'room-closed': m.error_room_closed,
  'text-empty': m.error_text_empty,
  'text-too-long': m.error_text_too_long,
  'sent-too-fast': m.error_sent_too_fast,
  'drop-open-already': m.error_drop_open_already,
  'drop-closed': m.error_drop_closed,
  'drop-not-open': m.error_drop_closed,
  'drop-not-ready': m.error_drop_not_ready,
  'sold-out': m.error_sold_out,
  'already-granted': m.error_already_granted,
  'not-eligible': m.error_not_eligible,
  'not-your-drop': m.error_not_your_drop,
  'coupon-not-yours': m.error_coupon_not_yours,
  'coupon-other-goods': m.error_coupon_other_goods,
  'coupon-below-minimum': m.error_coupon_below_minimum,
  'coupon-spent': m.error_coupon_spent,
  'coupon-expired': m.error_coupon_expired,
  'quote-changed': m.error_quote_changed,
  'hold-ended': m.error_hold_ended,
  'order-not-payable': m.error_order_not_payable,
  'card-declined': m.error_card_declined,
  'payer-cap': m.error_payer_cap,
  'payment-service-down': m.error_payment_service_down,
  'address-required': m.error_address_required,
  'not-shipped-there': m.error_not_shipped_there,
  'cart-full': m.error_cart_full,
  'address-book-full': m.error_address_book_full,
  'not-refundable': m.error_not_refundable,
  'total-too-small': m.error_total_too_small,
  'refund-too-large': m.error_refund_too_large,
  'more-than-bought': m.error_more_than_bought,
  'order-not-paid': m.error_order_not_paid,
  'vendor-not-payable': m.error_vendor_not_payable,
  'one-vendor-per-order': m.error_one_vendor_per_order,
  'bad-signature': m.error_internal,
  'not-the-host': m.error_not_the_host,
  'media-unavailable': m.error_media_unavailable,
  'media-unknown': m.error_media_unavailable,
};

/** Words for a refusal of the API or the socket; a code that is new to this page says that something broke. */
export function wordsFor(refusal: string): string {
  return Object.hasOwn(refusalWords, refusal) ? refusalWords[refusal as ErrorCode]() : m.error_internal();
}

/** Words for whatever a call threw. */
export const wordsForFault = (fault: unknown): string => wordsFor(codeOf(fault));
