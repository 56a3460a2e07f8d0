import { z } from 'zod';
import {
  DeskProduct,
  type NewProduct,
  type NewVariant,
  type ProductEdit,
  pageOf,
  type StockChange,
  StockEntry,
  type VariantEdit,
} from '#contract/catalog.ts';
import { checkoutLive, type DeskOrder } from '#contract/checkout.ts';
import { DropDeskView, dropsLive } from '#contract/drops.ts';
import { VendorView } from '#contract/identity.ts';
import type { ChannelId, DropId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import { PayoutLink, PayoutStatus } from '#contract/payments.ts';
import { HomeStreams, VendorLink } from '#contract/rooms.ts';
import { call, newKey, read, tell } from '../../live/api.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';
import { asksFor } from './approval.ts';
import { DeskOrders } from './desk-orders.svelte.ts';
import { salesOf } from './sales.ts';

const Products = pageOf(DeskProduct);
const Drops = z.object({ drops: z.array(DropDeskView) });
const Links = z.object({ items: z.array(VendorLink) });
const Ledger = pageOf(StockEntry);

/** A channel that a vendor may link to. */
export type ChannelName = { channelId: ChannelId; title: string };

/** A vendor's desk: catalogue, orders, drops to approve, payouts, channels. */
export class VendorDesk {
  name = $state('');
  products = $state<DeskProduct[]>([]);
  drops = $state<DropDeskView[]>([]);
  links = $state<VendorLink[]>([]);
  payout = $state<PayoutStatus>();
  isLoaded = $state(false);
  fault = $state.raw<unknown>();
  readonly vendorId: VendorId;
  readonly orders: DeskOrders;

  constructor(vendorId: VendorId) {
    this.vendorId = vendorId;
    this.orders = new DeskOrders(vendorId);
  }

  get waiting(): DropDeskView[] {
    return this.drops.filter((drop) => asksFor(this.vendorId, drop));
  }

  get toSend(): number {
    return this.orders.all.items.filter(({ state }) => state === 'paid').length;
  }

  get sales() {
    return salesOf(this.orders.all.items);
  }

  async load(): Promise<void> {
    this.fault = undefined;
    try {
      const [{ name }] = await Promise.all([
        call('GET', `/vendors/${this.vendorId}`, VendorView),
        this.loadProducts(),
        this.orders.load(),
        this.loadDrops(),
        this.loadLinks(),
        this.loadPayout(),
      ]);
      this.name = name;
      this.isLoaded = true;
    } catch (fault) {
      this.fault = fault;
    }
  }

  /** Reads anew what may have been told while nobody heard. */
  async catchUp(): Promise<void> {
    const { filter, opened } = this.orders;
    await Promise.all([this.loadProducts(), this.orders.load(), this.loadDrops()]);
    if (filter !== 'all') await this.orders.choose(filter);
    if (opened) await this.orders.open(opened);
  }

  /** Hears of sales and drops until the returned function is called. */
  follow(socket: Pick<LiveSocket, 'on'>): () => void {
    // What a reader does not see now is read when somebody comes back to it.
    const quietly = (act: () => Promise<void>) => () => void act().catch(() => {});
    const stops = [
      socket.on(checkoutLive, 'checkout.sold', (order) => this.#hear(order)),
      socket.on(checkoutLive, 'checkout.desk-order-changed', (order) => this.#hear(order)),
      socket.on(
        dropsLive,
        'drops.desk-changed',
        quietly(() => this.loadDrops()),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async loadProducts(): Promise<void> {
    this.products = (await this.#get('/products?limit=100', Products)).items;
  }

  async loadDrops(): Promise<void> {
    this.drops = (await this.#get('/drops', Drops)).drops;
  }

  async loadLinks(): Promise<void> {
    this.links = (await this.#get('/channels', Links)).items;
  }

  async loadPayout(): Promise<void> {
    this.payout = await this.#get('/payout', PayoutStatus);
  }

  /** A product with the tag that its next edit sends. @throws ApiError */
  product(productId: ProductId): Promise<{ value: DeskProduct; etag: string }> {
    return read(`${this.#path}/products/${productId}`, DeskProduct);
  }

  /** The same `key` adds once. @throws ApiError */
  async add(product: NewProduct, key: string): Promise<DeskProduct> {
    const options = { body: product, idempotencyKey: key };
    return this.#put(await call('POST', `${this.#path}/products`, DeskProduct, options));
  }

  /** Changes the version that `etag` names, and no later one. @throws ApiError */
  async edit(productId: ProductId, etag: string, edit: ProductEdit): Promise<void> {
    const options = { body: edit, headers: { 'if-match': etag } };
    this.#put(await call('PATCH', `${this.#path}/products/${productId}`, DeskProduct, options));
  }

  /** The same `key` changes once. @throws ApiError */
  async changeStock(productId: ProductId, change: StockChange, key: string): Promise<void> {
    const path = `${this.#path}/products/${productId}/stock-changes`;
    this.#put(await call('POST', path, DeskProduct, { body: change, idempotencyKey: key }));
  }

  /** @throws ApiError */
  async retire(productId: ProductId): Promise<void> {
    this.#put(await call('POST', `${this.#path}/products/${productId}/retire`, DeskProduct));
  }

  /** The same `key` adds once. @throws ApiError */
  async addVariant(productId: ProductId, variant: NewVariant, key: string): Promise<void> {
    const options = { body: variant, idempotencyKey: key };
    this.#put(await call('POST', `${this.#path}/products/${productId}/variants`, DeskProduct, options));
  }

  /** Changes the version of the product that `etag` names, and no later one. @throws ApiError */
  async editVariant(
    { productId, variantId }: { productId: ProductId; variantId: VariantId },
    etag: string,
    edit: VariantEdit,
  ): Promise<void> {
    const options = { body: edit, headers: { 'if-match': etag } };
    const path = `${this.#path}/products/${productId}/variants/${variantId}`;
    this.#put(await call('PATCH', path, DeskProduct, options));
  }

  /** @throws ApiError */
  async retireVariant(productId: ProductId, variantId: VariantId): Promise<void> {
    const path = `${this.#path}/products/${productId}/variants/${variantId}/retire`;
    this.#put(await call('POST', path, DeskProduct));
  }

  /** Every entry of a variant's stock, newest first. @throws ApiError */
  async ledger(productId: ProductId, variantId: VariantId): Promise<StockEntry[]> {
    const entries: StockEntry[] = [];
    let cursor: string | undefined = '0';
    while (cursor !== undefined) {
      const path = `/products/${productId}/stock-ledger?limit=100&variantId=${variantId}&cursor=${cursor}`;
      const page: z.infer<typeof Ledger> = await this.#get(path, Ledger);
      entries.push(...page.items);
      cursor = page.next;
    }
    return entries.toReversed();
  }

  /** @throws ApiError */
  async decide(dropId: DropId, decision: 'approved' | 'refused'): Promise<void> {
    const path = `/drops/${dropId}/approvals/${this.vendorId}`;
    const drop = await call('PUT', path, DropDeskView, { body: { decision } });
    this.drops = this.drops.map((one) => (one.dropId === dropId ? drop : one));
  }

  /** Lets a channel show this vendor's goods. @throws ApiError */
  async link(channelId: ChannelId): Promise<VendorLink> {
    const link = await call('PUT', `${this.#path}/channels/${channelId}`, VendorLink);
    this.links = [link, ...this.links.filter((one) => one.channelId !== channelId)];
    return link;
  }

  /** @throws ApiError */
  async unlink(channelId: ChannelId): Promise<void> {
    await tell('DELETE', `${this.#path}/channels/${channelId}`);
    this.links = this.links.filter((one) => one.channelId !== channelId);
  }

  /** Where the payment service asks for what is missing. @throws ApiError */
  async payoutPage(returnPath: string): Promise<string> {
    const options = { body: { returnPath } };
    return (await call('POST', `${this.#path}/payout/connect`, PayoutLink, options)).url;
  }

  /** The messages name no vendor: an order is this one's when its goods are. */
  #hear(order: DeskOrder): void {
    const isOurs = order.lines.some((line) =>
      this.products.some(({ productId }) => productId === line.productId),
    );
    if (!isOurs && !this.orders.has(order.orderId)) return;
    this.orders.put(order);
    // What a reader does not see now is read when somebody comes back to it.
    void this.loadProducts().catch(() => {});
  }

  get #path(): string {
    return `/vendors/${this.vendorId}`;
  }

  #get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return call('GET', `${this.#path}${path}`, schema);
  }

  #put(product: DeskProduct): DeskProduct {
    const isKnown = this.products.some(({ productId }) => productId === product.productId);
    this.products = isKnown
      ? this.products.map((one) => (one.productId === product.productId ? product : one))
      : [product, ...this.products];
    return product;
  }
}

/** Makes a vendor; its maker is the first to act for it. @throws ApiError */
export async function createVendor(name: string): Promise<VendorId> {
  const options = { body: { name }, idempotencyKey: newKey() };
  return (await call('POST', '/vendors', VendorView, options)).vendorId;
}

/** Shops by name, in the given order. @throws ApiError */
export const namesOf = (vendorIds: readonly VendorId[]): Promise<VendorView[]> =>
  Promise.all(vendorIds.map((vendorId) => call('GET', `/vendors/${vendorId}`, VendorView)));

/** Channels that are or will be on air, by name. @throws ApiError */
export async function knownChannels(): Promise<ChannelName[]> {
  const { live, scheduled, replay } = await call('GET', '/streams', HomeStreams);
  const names = new Map<ChannelId, string>();
  for (const { channelId, channelTitle } of [...live, ...scheduled, ...replay])
    if (!names.has(channelId)) names.set(channelId, channelTitle);
  return [...names].map(([channelId, title]) => ({ channelId, title }));
}
