import type { Difference } from './difference.ts';

/** Something the payment service has, by the cause of the entry it must have; instants in milliseconds. */
export type ServiceObject = { causeId: string; amount: number; currency: string; at: number };

/** An entry as it is compared: what it did to the account `payment-service`. */
export type ServiceEntry = { causeId: string; amount: number; currency: string; at: number };

const kinds = ['charge', 'refund', 'refund-failed', 'transfer', 'reversal', 'dispute', 'dispute-won'];

/** Whether an entry says what the payment service did. */
export const isOfService = (causeId: string): boolean => kinds.includes(causeId.split(':')[0] ?? '');

/**
 * The payment service's list against the journal: each object has its entry with its amount, each entry its object.
 * What is younger than `since` may still be on its way.
 */
export class ServiceCheck {
  readonly #objects: Map<string, ServiceObject>;
  readonly #since: number;

  constructor(objects: readonly ServiceObject[], since: number) {
    this.#objects = new Map(objects.map((one) => [one.causeId, one]));
    this.#since = since;
  }

  /** What is wrong with one entry of the journal that is of the service. */
  next(entry: ServiceEntry): Difference[] {
    const object = this.#objects.get(entry.causeId);
    this.#objects.delete(entry.causeId);
    const where = `payment service ${entry.causeId}`;
    const recomputed = `${entry.amount} ${entry.currency} in the journal`;
    if (object === undefined)
      return entry.at > this.#since ? [] : [{ where, stored: 'not in its list', recomputed }];
    if (object.amount === entry.amount && object.currency === entry.currency) return [];
    return [{ where, stored: `${object.amount} ${object.currency}`, recomputed }];
  }

  /** Objects that no entry told. Call it after the last entry. */
  left(): Difference[] {
    return [...this.#objects.values()]
      .filter(({ at }) => at <= this.#since)
      .map(({ causeId, amount, currency }) => ({
        where: `payment service ${causeId}`,
        stored: `${amount} ${currency}`,
        recomputed: 'not in the journal',
      }));
  }
}
