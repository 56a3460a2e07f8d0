import type { ProductView } from '#contract/catalog.ts';
import { Cart, type CartLine, Carts, checkoutLive } from '#contract/checkout.ts';
import type { ProductId, StreamId, VariantId, VendorId } from '#contract/ids.ts';
import { call, codeOf, tell } from '../../live/api.ts';
import type { Session } from '../../live/session.svelte.ts';
import type { LiveSocket } from '../../live/socket.svelte.ts';

type Want = { productId: ProductId; variantId: VariantId; streamId?: StreamId | undefined };

/**
 * One person's carts, one at each vendor, the same in every tab. What is put in or taken out shows at once, as a count;
 * prices and stock are the server's. Newest version wins.
 */
export class CartStore {
  /** Those with lines, in the order of the server. */
  carts = $state.raw<Cart[]>([]);
  /** Code of the last refusal. */
  refusal = $state('');
  isLoaded = $state(false);
  /** Quantities that the server has not answered yet, by variant. */
  #asked = $state.raw<ReadonlyMap<VariantId, number>>(new Map());
  /** Hears no more of carts. */
  readonly stop: () => void;
  readonly #session: Pick<Session, 'ensurePerson'>;
  readonly #versions = new Map<VendorId, number>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: Pick<Session, 'ensurePerson'>, socket: Pick<LiveSocket, 'on'>) {
    this.#session = session;
    this.stop = socket.on(checkoutLive, 'checkout.cart-changed', (cart) => this.#take(cart));
  }

  /** Units in all carts, with those just asked for. */
  get count(): number {
    const known = this.carts.flatMap(({ lines }) => lines);
    const others = [...this.#asked].filter(
      ([variantId]) => !known.some((line) => line.variantId === variantId),
    );
    return (
      known.reduce((sum, line) => sum + this.quantityOf(line), 0) +
      others.reduce((sum, [, quantity]) => sum + quantity, 0)
    );
  }

  /** How many of a line there are, with a change that is still on its way. */
  quantityOf({ variantId, quantity }: Pick<CartLine, 'variantId' | 'quantity'>): number {
    return this.#asked.get(variantId) ?? quantity;
  }

  /** Whether a cart can be bought as it stands. */
  isReady({ lines }: Cart): boolean {
    return (
      lines.length > 0 &&
      lines.every((line) => line.problem === undefined && this.quantityOf(line) === line.quantity)
    );
  }

  /** Reads the carts; one that cannot be read stays as it was. */
  async load(): Promise<void> {
    try {
      const { items } = await call('GET', '/carts', Carts);
      const told = new Set(items.map(({ vendorId }) => vendorId));
      this.carts = this.carts.filter(({ vendorId }) => told.has(vendorId));
      for (const cart of items) this.#take(cart);
      this.isLoaded = true;
    } catch (fault) {
      this.refusal = codeOf(fault);
    }
  }

  /** One more of a variant. False when it was refused. */
  add(product: ProductView, variantId: VariantId, streamId?: StreamId): Promise<boolean> {
    const { vendorId, productId } = product;
    const line = this.#cartOf(vendorId)?.lines.find((one) => one.variantId === variantId);
    const quantity = this.quantityOf({ variantId, quantity: line?.quantity ?? 0 }) + 1;
    return this.set(vendorId, { productId, variantId, streamId }, quantity);
  }

  /** Sets how many of a variant there are; zero takes it out. False when it was refused. */
  async set(
    vendorId: VendorId,
    { productId, variantId, streamId }: Want,
    quantity: number,
  ): Promise<boolean> {
    this.refusal = '';
    this.#ask(variantId, Math.max(0, Math.min(99, quantity)));
    const sent = this.#queue.then(async () => {
      const wanted = this.#asked.get(variantId);
      // A later wish for the same variant went out in its place.
      if (wanted === undefined) return true;
      try {
        await this.#session.ensurePerson();
        const body = { productId, variantId, quantity: wanted, ...(streamId ? { streamId } : {}) };
        this.#take(await call('PUT', `/carts/${vendorId}/lines`, Cart, { body }));
        return true;
      } catch (fault) {
        this.refusal = codeOf(fault);
        return false;
      } finally {
        if (this.#asked.get(variantId) === wanted) this.#ask(variantId, undefined);
      }
    });
    this.#queue = sent;
    return await sent;
  }

  /** Empties the cart at one vendor. */
  async clear(vendorId: VendorId): Promise<void> {
    this.refusal = '';
    try {
      await tell('DELETE', `/carts/${vendorId}`);
      this.carts = this.carts.filter((cart) => cart.vendorId !== vendorId);
    } catch (fault) {
      this.refusal = codeOf(fault);
    }
  }

  /** Forgets what another person had. */
  reset(): void {
    this.carts = [];
    this.#versions.clear();
    this.isLoaded = false;
  }

  #cartOf(vendorId: VendorId): Cart | undefined {
    return this.carts.find((cart) => cart.vendorId === vendorId);
  }

  #ask(variantId: VariantId, quantity: number | undefined): void {
    const asked = new Map(this.#asked);
    if (quantity === undefined) asked.delete(variantId);
    else asked.set(variantId, quantity);
    this.#asked = asked;
  }

  #take(cart: Cart): void {
    if (cart.version < (this.#versions.get(cart.vendorId) ?? -1)) return;
    this.#versions.set(cart.vendorId, cart.version);
    const isKnown = this.#cartOf(cart.vendorId) !== undefined;
    if (cart.lines.length === 0) this.carts = this.carts.filter(({ vendorId }) => vendorId !== cart.vendorId);
    else if (isKnown) this.carts = this.carts.map((one) => (one.vendorId === cart.vendorId ? cart : one));
    else this.carts = [...this.carts, cart];
  }
}
