import { z } from 'zod';
import type { ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { PayoutState } from '#contract/payments.ts';
import { PayoutStatus } from '#contract/payments.ts';
import { ChannelProduct, Closing, DeskStream } from '#contract/rooms.ts';
import { call, newKey } from '../../live/api.ts';

const Products = z.object({ items: z.array(ChannelProduct) });

/** What a host does on a stream's stage: showcase, pin, going live and ending. */
export class StageDesk {
  /** Everything this channel may show. */
  products = $state<ChannelProduct[]>([]);
  /** The act that is on its way; its button is locked. */
  busy = $state('');
  /** How far the vendors are whose payouts this person may see. */
  payouts = $state.raw<ReadonlyMap<VendorId, PayoutState>>(new Map());
  readonly streamId: StreamId;
  #last: Promise<void> = Promise.resolve();

  constructor(streamId: StreamId) {
    this.streamId = streamId;
  }

  get approvedVendorIds(): ReadonlySet<VendorId> {
    return new Set(this.products.map(({ vendorId }) => vendorId));
  }

  async loadProducts(channelId: string): Promise<void> {
    this.products = (await call('GET', `/channels/${channelId}/products`, Products)).items;
  }

  async loadPayouts(vendorIds: readonly VendorId[]): Promise<void> {
    const read = async (vendorId: VendorId) =>
      [vendorId, (await call('GET', `/vendors/${vendorId}/payout`, PayoutStatus)).state] as const;
    this.payouts = new Map(await Promise.all(vendorIds.map(read)));
  }

  pin(productId: ProductId): Promise<void> {
    const body = { productId, key: newKey() };
    return this.#do(`pin ${productId}`, () => this.#change('PUT', '/pinned', body));
  }

  unpin(): Promise<void> {
    return this.#do('unpin', () => this.#change('DELETE', '/pinned'));
  }

  show(productId: ProductId): Promise<void> {
    return this.#do(`show ${productId}`, () => this.#change('PUT', `/showcase/${productId}`));
  }

  hide(productId: ProductId): Promise<void> {
    return this.#do(`hide ${productId}`, () => this.#change('DELETE', `/showcase/${productId}`));
  }

  /** Moves a product by so many places. */
  move(order: readonly ProductId[], productId: ProductId, by: 1 | -1): Promise<void> {
    const at = order.indexOf(productId);
    const to = at + by;
    if (at < 0 || to < 0 || to >= order.length) return Promise.resolve();
    const productIds = order.toSpliced(at, 1).toSpliced(to, 0, productId);
    return this.#do('arrange', () => this.#change('PUT', '/showcase', { productIds }));
  }

  goLive(): Promise<void> {
    return this.#change('POST', '/go-live');
  }

  /** What ending now would close. */
  closing(): Promise<Closing> {
    return call('GET', `/streams/${this.streamId}/closing`, Closing);
  }

  end(): Promise<void> {
    return this.#do('end', () => this.#change('POST', '/end'));
  }

  async #change(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<void> {
    await call(method, `/streams/${this.streamId}${path}`, DeskStream, body === undefined ? {} : { body });
  }

  /** One act after the other, in the order they were asked for. */
  #do(name: string, act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(async () => {
      this.busy = name;
      try {
        await act();
      } finally {
        this.busy = '';
      }
    });
    this.#last = done.catch(() => {});
    return done;
  }
}
