import type { OrderState, OrderView } from '#contract/checkout.ts';

/** Where the panel is; money faces change on the server's word alone. */
export type Step =
  | 'closed'
  | 'quoting'
  | 'address'
  | 'quoted'
  | 'placing'
  | 'held'
  | 'paying'
  | 'authenticating'
  | 'confirming'
  | 'paid'
  | 'ended'
  | 'sold-out'
  | 'refused';

/** While a payment is on its way the panel does nothing else. */
export const isBusy = (step: Step): boolean =>
  step === 'paying' || step === 'authenticating' || step === 'confirming';

const ends: Partial<Record<OrderState, 'paid' | 'ended'>> = {
  paid: 'paid',
  fulfilled: 'paid',
  expired: 'ended',
  cancelled: 'ended',
  refunded: 'ended',
};

/**
 * What the server's word on the order makes of the panel; the same step again changes only what is shown. A shut panel
 * comes back for an end, and for the bank's no, never for less: undefined.
 */
export function turnOf(step: Step, { state, lastFailure }: OrderView): Step | undefined {
  const end = ends[state];
  if (end) return end;
  if (step === 'closed') return state === 'held' && lastFailure ? 'held' : undefined;
  return state === 'held' && isBusy(step) ? 'held' : step;
}
