import type { Order } from '#server/checkout/index.ts';
import type { Plant } from '../../../tests/support/till.ts';

const over = ['expired', 'cancelled', 'expiring'];

async function isOver(
  store: { get(id: Order['orderId']): Promise<Order | undefined> },
  id: string,
): Promise<boolean> {
  const order = await store.get(id as Order['orderId']);
  return order !== undefined && over.includes(order.state);
}

/** A bug on purpose: stock is freed without calling the payment off, and money that comes then is kept without a word. */
export const lateSuccessIgnored: Plant = {
  checkout: (parts) => ({
    ...parts,
    payments: {
      ...parts.payments,
      cancel: async () => 'cancelled',
      registerOutcome: (outcome) =>
        parts.payments.registerOutcome({
          ...outcome,
          paid: async (payment) =>
            (await isOver(parts.store, payment.subjectId)) ? 'kept' : outcome.paid(payment),
        }),
    },
  }),
};

/** A bug on purpose: each call under a key of its own, as if there were none, so whoever asks again asks for more. */
export const keyless = (call: 'createPayment' | 'transfer'): Plant => ({
  payments: (parts) => {
    let asked = 0;
    const another = <Input extends { key: string }>(input: Input): Input => {
      asked += 1;
      return { ...input, key: `${input.key}:${asked}` };
    };
    const { stripe } = parts;
    return {
      ...parts,
      stripe:
        call === 'transfer'
          ? {
              ...stripe,
              // Nobody looks for one that went before, either: that alone would save it.
              findTransfer: async () => undefined,
              transfer: (input) => stripe.transfer(another(input)),
            }
          : { ...stripe, createPayment: (input) => stripe.createPayment(another(input)) },
    };
  },
});
