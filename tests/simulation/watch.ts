import type { StockStore } from '#server/catalog/store.ts';
import type { JournalEntry } from '#server/payments/core/journal.ts';
import type { PaymentModel } from './payment-model.ts';

/** What may at no instant be so: looked at with every write, and kept as words that begin with the invariant's id. */
export class Watch {
  readonly faults: string[] = [];
  readonly handled = new Map<string, { begun: number; done: number }>();
  readonly #model: PaymentModel;

  constructor(model: PaymentModel) {
    this.#model = model;
  }

  /** [I15] Each entry balances by itself, in every currency. */
  entry({ causeId, legs }: JournalEntry): void {
    const sums = new Map<string, number>();
    for (const { amount } of legs)
      sums.set(amount.currency, (sums.get(amount.currency) ?? 0) + amount.amount);
    if ([...sums.values()].some((sum) => sum !== 0))
      this.faults.push(`I15 entry ${causeId} does not balance`);
  }

  /** [I14] While a payment of an order can still be charged, its units stay held. */
  movement([id, , change]: Parameters<StockStore['changeMovement']>): void {
    if (change.state !== 'released' || id.includes(':')) return;
    for (const { intentId, subjectId, status } of this.#model.intents.values())
      if (subjectId === id && (status === 'requires_action' || status === 'processing'))
        this.faults.push(`I14 stock of ${id} was freed while ${intentId} was ${status}`);
  }

  /** [I16] An event that was handled is not handled again. */
  found(eventId: string, isHandled: boolean): void {
    if (!isHandled) this.#of(eventId).begun += 1;
  }

  noted(causeId: string): void {
    const counts = this.#of(causeId);
    if (!causeId.startsWith('evt_')) return;
    counts.done += 1;
    if (counts.done > counts.begun) this.faults.push(`I16 event ${causeId} was handled again`);
  }

  #of(eventId: string): { begun: number; done: number } {
    const counts = this.handled.get(eventId) ?? { begun: 0, done: 0 };
    this.handled.set(eventId, counts);
    return counts;
  }
}
