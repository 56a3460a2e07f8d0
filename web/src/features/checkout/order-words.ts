import type { OrderState, OrderView } from '#contract/checkout.ts';
import { m } from '../../paraglide/messages.js';

const states: Record<OrderState, { words: () => string; look: '' | 'ok' | 'held' | 'danger' | 'info' }> = {
  pending: { words: m.order_state_pending, look: '' },
  held: { words: m.order_state_held, look: 'held' },
  paying: { words: m.order_state_paying, look: 'held' },
  authorised: { words: m.order_state_authorised, look: 'held' },
  paid: { words: m.order_state_paid, look: 'ok' },
  fulfilled: { words: m.order_state_fulfilled, look: 'ok' },
  expiring: { words: m.order_state_expiring, look: '' },
  cancelled: { words: m.order_state_cancelled, look: '' },
  expired: { words: m.order_state_expired, look: '' },
  refunded: { words: m.order_state_refunded, look: 'info' },
};

/** What a buyer is told of an order's state: of money that is back in part, too. */
export const orderWords = (order: Pick<OrderView, 'state' | 'refunded'>): string =>
  isPartlyBack(order) ? m.partly_refunded() : states[order.state].words();

/** How the badge of an order looks. */
export const orderLook = (order: Pick<OrderView, 'state' | 'refunded'>): string =>
  isPartlyBack(order) ? 'info' : states[order.state].look;

const isPartlyBack = ({ state, refunded }: Pick<OrderView, 'state' | 'refunded'>): boolean =>
  refunded.amount > 0 && state !== 'refunded';

const causes: Record<string, () => string> = {
  'card-declined': m.order_declined,
  'left-by-payer': m.order_left_bank,
};

/** One step of an order's life in words. */
export const stepWords = ({ state, cause }: OrderView['history'][number]): string =>
  (causes[cause] ?? states[state].words)();
