import type { StockPolicy } from '#contract/catalog.ts';
import type { CartLine } from '#contract/checkout.ts';
import { m } from '../../paraglide/messages.js';

const policies: Record<StockPolicy, () => string> = {
  'hold-at-checkout': m.policy_hold_at_checkout,
  'hold-at-cart': m.policy_hold_at_cart,
  'first-paid': m.policy_first_paid,
};

/** When goods are kept for the buyer, as the vendor sells. */
export const policyWords = (policy: StockPolicy): string => policies[policy]();

const problems: Record<NonNullable<CartLine['problem']>, (line: CartLine) => string> = {
  retired: () => m.cart_problem_retired(),
  'sold-out': () => m.cart_problem_sold_out(),
  'not-enough': ({ available }) => m.cart_problem_not_enough({ count: available }),
  'not-in-showcase': () => m.cart_problem_not_in_showcase(),
};

/** What keeps a line from being bought, and what helps; empty where nothing does. */
export const problemWords = (line: CartLine): string => (line.problem ? problems[line.problem](line) : '');
