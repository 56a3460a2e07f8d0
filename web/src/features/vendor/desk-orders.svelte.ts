import { pageOf } from '#contract/catalog.ts';
import { DeskOrder, type DeskOrderFilter, type FulfilOrder, type RefundOrder } from '#contract/checkout.ts';
import type { OrderId, VendorId } from '#contract/ids.ts';
import { call } from '../../live/api.ts';

const Orders = pageOf(DeskOrder);

/** Which orders stand in a list. */
export type OrderFilter = NonNullable<DeskOrderFilter['state']> | 'all';

/** Whether an order stands under a filter, as the server lists it. */
export function isListed({ state, refunds, dispute }: DeskOrder, filter: OrderFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'to-send':
      return state === 'paid';
    case 'sent':
      return state === 'fulfilled';
    case 'refunded':
      return refunds.some((refund) => refund.state !== 'failed');
    case 'disputed':
      return dispute !== undefined;
  }
}

/** Grows with everything that happens to an order: of two words about one, the one with more is newer. */
const stepsOf = ({ history, refunds, dispute }: DeskOrder): number =>
  history.length +
  refunds.length +
  refunds.filter(({ state }) => state !== 'asked').length +
  refunds.filter(({ state }) => state === 'failed').length +
  (dispute ? (dispute.state === 'open' ? 1 : 2) : 0);

type Page = { items: DeskOrder[]; next: string | undefined };

/** A vendor's sales, newest first: all of them, and those under the filter in sight; one of them open. */
export class DeskOrders {
  all = $state.raw<Page>({ items: [], next: undefined });
  filter = $state<OrderFilter>('all');
  isLoading = $state(false);
  fault = $state.raw<unknown>();
  opened = $state.raw<DeskOrder>();
  #filtered = $state.raw<Page>({ items: [], next: undefined });
  readonly #path: string;

  constructor(vendorId: VendorId) {
    this.#path = `/vendors/${vendorId}/orders`;
  }

  /** Those under the filter, as far as they are read. */
  get shown(): Page {
    return this.filter === 'all' ? this.all : this.#filtered;
  }

  /** Reads the newest of all. @throws ApiError */
  async load(): Promise<void> {
    this.all = await this.#read('all', undefined);
  }

  /** Shows those under a filter; what was read of them before is read anew. */
  async choose(filter: OrderFilter): Promise<void> {
    this.filter = filter;
    this.fault = undefined;
    this.#filtered = { items: this.all.items.filter((one) => isListed(one, filter)), next: undefined };
    this.isLoading = true;
    try {
      const page = await this.#read(filter, undefined);
      if (this.filter !== filter) return;
      if (filter === 'all') this.all = page;
      else this.#filtered = page;
    } catch (fault) {
      if (this.filter === filter) this.fault = fault;
    } finally {
      if (this.filter === filter) this.isLoading = false;
    }
  }

  /** Reads on in the list in sight. @throws ApiError */
  async more(): Promise<void> {
    const { filter } = this;
    const { items, next: cursor } = this.shown;
    if (cursor === undefined) return;
    const page = await this.#read(filter, cursor);
    if (this.filter !== filter) return;
    const known = new Set(items.map(({ orderId }) => orderId));
    const grown = {
      items: [...items, ...page.items.filter(({ orderId }) => !known.has(orderId))],
      next: page.next,
    };
    if (filter === 'all') this.all = grown;
    else this.#filtered = grown;
  }

  /** Whether one of the lists has it. */
  has(orderId: OrderId): boolean {
    return [...this.all.items, ...this.#filtered.items].some((one) => one.orderId === orderId);
  }

  /** Takes in what became of an order; an older word than the one known changes nothing. */
  put(order: DeskOrder): void {
    const isOlder = [...this.all.items, ...this.#filtered.items].some(
      (one) => one.orderId === order.orderId && stepsOf(one) > stepsOf(order),
    );
    if (isOlder) return;
    const withIt = ({ items, next }: Page, filter: OrderFilter): Page => {
      const others = items.filter(({ orderId }) => orderId !== order.orderId);
      if (!isListed(order, filter)) return { items: others, next };
      const sorted = [order, ...others].toSorted((a, b) => Date.parse(b.placedAt) - Date.parse(a.placedAt));
      return { items: sorted, next };
    };
    this.all = withIt(this.all, 'all');
    this.#filtered = withIt(this.#filtered, this.filter);
    if (this.opened?.orderId === order.orderId) this.opened = order;
  }

  /** Opens one, and reads it anew: a list may be older. */
  async open(order: DeskOrder): Promise<void> {
    this.opened = order;
    this.put(await call('GET', `${this.#path}/${order.orderId}`, DeskOrder));
  }

  /** Marks an order as sent. @throws ApiError */
  async send(orderId: OrderId, body: FulfilOrder): Promise<void> {
    this.put(await call('POST', `${this.#path}/${orderId}/fulfil`, DeskOrder, { body }));
  }

  /** Gives money back; the same `key` is the same refund. @throws ApiError */
  async refund(orderId: OrderId, body: RefundOrder, idempotencyKey: string): Promise<void> {
    const options = { body, idempotencyKey };
    this.put(await call('POST', `${this.#path}/${orderId}/refunds`, DeskOrder, options));
  }

  async #read(filter: OrderFilter, cursor: string | undefined): Promise<Page> {
    const query = new URLSearchParams({ limit: '50' });
    if (filter !== 'all') query.set('state', filter);
    if (cursor !== undefined) query.set('cursor', cursor);
    const { items, next } = await call('GET', `${this.#path}?${query}`, Orders);
    return { items, next };
  }
}
