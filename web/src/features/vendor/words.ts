import type { StockCause } from '#contract/catalog.ts';
import type { OrderState } from '#contract/checkout.ts';
import type { DropDeskView } from '#contract/drops.ts';
import type { PayoutState } from '#contract/payments.ts';
import { m } from '../../paraglide/messages.js';

type Words = { words: () => string; tone: '' | 'ok' | 'held' | 'info' | 'danger' };

/** Why units moved, with the tone of its badge. */
export const stockCauses: Record<StockCause, Words> = {
  opening: { words: m.stock_cause_opening, tone: 'info' },
  restock: { words: m.stock_cause_restock, tone: 'info' },
  'write-off': { words: m.stock_cause_write_off, tone: 'danger' },
  'write-off-undone': { words: m.stock_cause_undone, tone: '' },
  hold: { words: m.stock_cause_hold, tone: 'held' },
  'hold-undone': { words: m.stock_cause_undone, tone: '' },
  release: { words: m.stock_cause_release, tone: '' },
  sale: { words: m.stock_cause_sale, tone: 'ok' },
  return: { words: m.stock_cause_return, tone: '' },
  'return-write-off': { words: m.stock_cause_return_write_off, tone: '' },
};

/** An order's state as the vendor reads it. */
export const orderStates: Record<OrderState, Words> = {
  pending: { words: m.desk_order_pending, tone: '' },
  held: { words: m.desk_order_held, tone: 'held' },
  paying: { words: m.desk_order_paying, tone: 'held' },
  authorised: { words: m.desk_order_paying, tone: 'held' },
  paid: { words: m.desk_order_to_send, tone: 'info' },
  fulfilled: { words: m.desk_order_sent, tone: 'ok' },
  expiring: { words: m.desk_order_expired, tone: '' },
  cancelled: { words: m.desk_order_cancelled, tone: '' },
  expired: { words: m.desk_order_expired, tone: '' },
  refunded: { words: m.desk_order_refunded, tone: '' },
};

/** How far payouts are, in a word and in a sentence. */
export const payoutStates: Record<PayoutState, Words & { hint: () => string }> = {
  'not-connected': { words: m.payout_not_connected, hint: m.payout_not_connected_hint, tone: 'held' },
  incomplete: { words: m.payout_incomplete, hint: m.payout_incomplete_hint, tone: 'held' },
  'in-review': { words: m.payout_in_review, hint: m.payout_in_review_hint, tone: 'info' },
  active: { words: m.payout_active, hint: m.payout_active_hint, tone: 'ok' },
};

/** A drop's state on the vendor's desk. */
export const dropStates: Record<DropDeskView['state'], Words> = {
  draft: { words: m.desk_drop_draft, tone: '' },
  announced: { words: m.desk_drop_draft, tone: '' },
  open: { words: m.desk_drop_open, tone: 'ok' },
  exhausted: { words: m.desk_drop_exhausted, tone: '' },
  closed: { words: m.desk_drop_closed, tone: '' },
};
