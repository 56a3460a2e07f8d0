import type { OrderState } from '#contract/checkout.ts';

/** Every way an order may go. Nothing else moves one. */
export const transitions = {
  /** Stock and coupon are held. */
  hold: { from: ['pending'], to: 'held' },
  /** A try to pay begins. */
  pay: { from: ['held'], to: 'paying' },
  /** The try is over and charged nothing; the hold stands. */
  decline: { from: ['paying'], to: 'held' },
  /** The bank holds the money for us. */
  authorise: { from: ['paying'], to: 'authorised' },
  /** Money came; while an order is expiring the sale still stands. */
  complete: { from: ['held', 'paying', 'authorised', 'expiring'], to: 'paid' },
  /** Money came after the end, and stock was there to hold again. */
  revive: { from: ['expired', 'cancelled'], to: 'paid' },
  /** The hold's time is over, or the buyer leaves: first the payment is called off. */
  end: { from: ['pending', 'held', 'paying', 'authorised'], to: 'expiring' },
  /** Nothing can be charged any more, stock and coupon are free. */
  expire: { from: ['expiring'], to: 'expired' },
  cancel: { from: ['expiring'], to: 'cancelled' },
  fulfil: { from: ['paid'], to: 'fulfilled' },
  /** All money is back with the buyer; after the end: money that came too late. */
  refund: { from: ['paid', 'fulfilled', 'expired', 'cancelled'], to: 'refunded' },
} as const satisfies Record<string, { from: readonly OrderState[]; to: OrderState }>;

export type Transition = keyof typeof transitions;

/** Whether an order in this state may go that way. */
export function may(transition: Transition, state: OrderState): boolean {
  const from: readonly OrderState[] = transitions[transition].from;
  return from.includes(state);
}

/** What a buyer's wish to pay meets, by state. */
export function payable(
  state: OrderState,
): 'begin' | 'under-way' | 'paid' | 'hold-ended' | 'order-not-payable' {
  switch (state) {
    case 'held':
      return 'begin';
    case 'paying':
      return 'under-way';
    case 'paid':
    case 'fulfilled':
      return 'paid';
    case 'expiring':
    case 'expired':
      return 'hold-ended';
    case 'pending':
    case 'authorised':
    case 'cancelled':
    case 'refunded':
      return 'order-not-payable';
  }
}
