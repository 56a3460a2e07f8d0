import type { OrderState } from '#contract/checkout.ts';
import type { Money } from '#contract/money.ts';

export type PaidOrder = {
  state: OrderState;
  total: Money;
  /** The payment that already completed it. */
  paidBy: string | undefined;
  /** Payments that were turned away and go back. */
  refused: readonly string[];
  /** It is expiring, and its stock may be free already: first it has to be over. */
  isFreeing?: boolean | undefined;
};

/**
 * What to do with money that came for an order: `known` did it before, `complete` and `revive` make the sale,
 * `refund` sends it back (paid twice, another amount, turned away before), `wait` is too early to say.
 */
export function onMoney(
  order: PaidOrder,
  { intentId, amount }: { intentId: string; amount: Money },
): 'known' | 'complete' | 'revive' | 'refund' | 'wait' {
  if (order.paidBy === intentId) return 'known';
  if (order.paidBy !== undefined || order.refused.includes(intentId)) return 'refund';
  if (amount.amount !== order.total.amount || amount.currency !== order.total.currency) return 'refund';
  switch (order.state) {
    case 'held':
    case 'paying':
    case 'authorised':
      return 'complete';
    case 'expiring':
      return order.isFreeing ? 'wait' : 'complete';
    case 'expired':
    case 'cancelled':
      return 'revive';
    case 'refunded':
      return 'refund';
    case 'pending':
    case 'paid':
    case 'fulfilled':
      return 'wait';
  }
}
