import type { OrderState } from '#contract/checkout.ts';
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

/** What a buyer is told of an order's state, and how its badge looks. */
export const orderStateWords = (state: OrderState): string => states[state].words();
export const orderStateLook = (state: OrderState): string => states[state].look;
