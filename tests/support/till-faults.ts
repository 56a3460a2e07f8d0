import type { OrderId } from '#contract/ids.ts';
import { Death, type Till } from './till.ts';

/** What a fault test does to a till, and looks at afterwards. */
export const faultsOf = (till: Till) => ({
  /** Everything that workers do, over what is left. */
  async mend(): Promise<void> {
    await till.settled();
    await till.catalog.sweep();
    await till.payments.sweepInbox();
    await till.payments.reconcile(new Date(0));
    await till.checkout.sweepHolds();
    await till.checkout.sweepCarts();
    await till.checkout.sweepRefunds();
    await till.outbox.sweep();
    await till.payments.sweepRefunds();
    await till.settled();
    await till.outbox.sweep();
    await till.payments.sweepTransfers();
    await till.payments.sweepReversals();
    await till.settled();
  },

  /** A process that dies the first time it passes a point, and what it did until then. */
  dying(point: string) {
    let isDead = false;
    return till.process((name) => {
      if (name === point || isDead) {
        isDead = true;
        throw new Death(name);
      }
    });
  },

  orDeath: (work: Promise<unknown>): Promise<unknown> =>
    work.catch((fault: unknown) => {
      if (!(fault instanceof Death)) throw fault;
    }),

  /** What the payment service has kept of an order's charges. */
  async keptOf(orderId: OrderId): Promise<number> {
    const { data } = await till.sdk.charges.list({ transfer_group: orderId });
    return data
      .filter(({ paid }) => paid)
      .reduce((sum, { amount, amount_refunded: back }) => sum + amount - back, 0);
  },

  /** What an account of the journal holds, in minor units. */
  async balanceOf(account: string): Promise<number> {
    const balances = await till.payments.journal.balances();
    return balances.find((one) => one.account === account)?.amount.amount ?? 0;
  },
});
