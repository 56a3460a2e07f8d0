import type { StockCause } from '#contract/catalog.ts';
import type { DeskOrder, OrderRefund, OrderState } from '#contract/checkout.ts';
import type { DropDeskView } from '#contract/drops.ts';
import type { Money } from '#contract/money.ts';
import type { PayoutState } from '#contract/payments.ts';
import { money } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';
import type { Obstacle } from './refund-draft.ts';

/** A variant's name; the first of a product may have none. */
export const variantName = ({ title }: { title?: string | undefined }): string => title ?? m.variant_first();

/** Prices of what is sold, `$12.00` or `$12.00 – $40.00`; all are in one currency. */
export function priceSpan(prices: readonly Money[]): string {
  const sorted = prices.toSorted((a, b) => a.amount - b.amount);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (!least || !most) return '–';
  return least.amount === most.amount ? money(least) : `${money(least)} – ${money(most)}`;
}

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
const orderStates: Record<OrderState, Words> = {
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

/** How an order looks in a list: an open dispute goes before its state. */
export const orderLook = ({ state, dispute }: Pick<DeskOrder, 'state' | 'dispute'>): Words =>
  dispute?.state === 'open' ? { words: m.desk_order_disputed, tone: 'danger' } : orderStates[state];

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

/** One step of an order's history. */
export const stepWords = (state: OrderState): string =>
  state === 'paid' ? m.desk_step_paid() : orderStates[state].words();

/** How far a refund is. */
export const refundStates: Record<OrderRefund['state'], Words> = {
  asked: { words: m.refund_state_asked, tone: 'held' },
  done: { words: m.refund_state_done, tone: 'ok' },
  failed: { words: m.refund_state_failed, tone: 'danger' },
};

/** What becomes of units whose money goes back. */
export const unitsWords: Record<OrderRefund['units'], () => string> = {
  restock: m.refund_units_restock,
  'write-off': m.refund_units_write_off,
  keep: m.refund_units_keep,
};

/** Why there is nothing to refund. */
export const obstacleWords: Record<Obstacle, () => string> = {
  'not-paid': m.no_refund_not_paid,
  'all-back': m.no_refund_all_back,
  'dispute-open': m.no_refund_dispute_open,
  'dispute-lost': m.no_refund_dispute_lost,
};

const disputeReasons: Record<string, () => string> = {
  fraudulent: m.dispute_fraudulent,
  product_not_received: m.dispute_not_received,
  product_unacceptable: m.dispute_unacceptable,
  duplicate: m.dispute_duplicate,
  credit_not_processed: m.dispute_no_credit,
};

/** Why a bank asks money back; a word that is new to this page stands as the bank says it. */
export const disputeReason = (reason: string): string => disputeReasons[reason]?.() ?? reason;

const missingWords: Record<string, () => string> = {
  external_account: m.payout_missing_bank,
  'tos_acceptance.date': m.payout_missing_terms,
  'tos_acceptance.ip': m.payout_missing_terms,
};
const missingKinds: [start: RegExp, words: () => string][] = [
  [/^business_profile\./, m.payout_missing_business],
  [/^business_type/, m.payout_missing_business],
  [/^company\./, m.payout_missing_company],
  [/^(individual|representative|owners|directors|person_)/, m.payout_missing_person],
  [/verification/, m.payout_missing_proof],
];

/** What the payment service still asks for, each thing once; a field that is new to this page keeps its name. */
export const missingOf = (fields: readonly string[]): string[] => [
  ...new Set(
    fields.map(
      (field) => (missingWords[field] ?? missingKinds.find(([start]) => start.test(field))?.[1])?.() ?? field,
    ),
  ),
];
