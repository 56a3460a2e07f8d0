import type { ProductView, Stock } from '#contract/catalog.ts';
import type { ProductId, StreamId } from '#contract/ids.ts';
import { type Pinned, roomsLive, roomsSnapshot, type StreamView } from '#contract/rooms.ts';
import type { LiveSocket, RoomLink } from '../../live/socket.svelte.ts';

type Take = (parts: Record<string, unknown>) => void;

/** A room as one viewer sees it: the stream, what it shows, what is pinned, who is there. Newest version wins. */
export class RoomController {
  stream = $state<StreamView>();
  showcase = $state<ProductView[]>([]);
  pinned = $state<Pinned>();
  online = $state<number>();
  /** Why the room could not be entered. */
  refusal = $state('');
  readonly streamId: StreamId;
  readonly link: RoomLink;
  readonly #parts = new Set<Take>();
  #last: Record<string, unknown> | undefined;
  #pinVersion = -1;

  constructor(socket: Pick<LiveSocket, 'enter'>, streamId: StreamId) {
    this.streamId = streamId;
    this.link = socket.enter(streamId, (parts) => this.#take(parts));
    this.link.on(roomsLive, 'rooms.state-changed', (stream) => {
      this.stream = stream;
    });
    this.link.on(roomsLive, 'rooms.pinned', (pinned) => this.#pin(pinned.version, pinned));
    this.link.on(roomsLive, 'rooms.unpinned', ({ version }) => this.#pin(version, undefined));
    this.link.on(roomsLive, 'rooms.showcase-changed', ({ showcase }) => {
      this.showcase = showcase;
    });
    this.link.on(roomsLive, 'rooms.online', ({ online }) => {
      this.online = online;
    });
    this.link.on(roomsLive, 'rooms.stock', ({ stock }) => {
      for (const one of stock) this.#stock(one.variantId, one);
    });
  }

  /** Other features take their part of each snapshot, the last one at once. */
  onSnapshot(take: Take): () => void {
    this.#parts.add(take);
    if (this.#last) take(this.#last);
    return () => this.#parts.delete(take);
  }

  /** Whether people meet and talk here: not before it is known, and not after its end. */
  get isOpen(): boolean {
    return this.stream?.state === 'scheduled' || this.stream?.state === 'live';
  }

  product(productId: ProductId): ProductView | undefined {
    return (
      this.showcase.find((one) => one.productId === productId) ??
      (this.pinned?.product.productId === productId ? this.pinned.product : undefined)
    );
  }

  /** Milliseconds since going live, at a server instant. */
  streamMs(serverNow: number): number {
    const liveAt = this.stream?.liveAt;
    if (liveAt === undefined) return 0;
    const until = this.stream?.endedAt ? Date.parse(this.stream.endedAt) : serverNow;
    return Math.max(0, until - Date.parse(liveAt));
  }

  leave(): void {
    this.link.leave();
  }

  #take(parts: Record<string, unknown>): void {
    if (typeof parts.refusal === 'string') {
      this.refusal = parts.refusal;
      return;
    }
    this.refusal = '';
    this.stream = roomsSnapshot.stream.parse(parts.stream);
    this.showcase = roomsSnapshot.showcase.parse(parts.showcase);
    const pinned = roomsSnapshot.pinned.parse(parts.pinned);
    this.#pinVersion = pinned?.version ?? this.#pinVersion;
    this.pinned = pinned ?? undefined;
    this.online = roomsSnapshot.online.parse(parts.online).online;
    this.#last = parts;
    for (const take of this.#parts) take(parts);
  }

  #pin(version: number, pinned: Pinned | undefined): void {
    if (version < this.#pinVersion) return;
    this.#pinVersion = version;
    this.pinned = pinned;
  }

  #stock(variantId: string, { available, held, sold, version }: Stock): void {
    const refresh = (product: ProductView): ProductView => ({
      ...product,
      variants: product.variants.map((variant) =>
        variant.variantId === variantId && version >= variant.stock.version
          ? { ...variant, stock: { available, held, sold, version } }
          : variant,
      ),
    });
    const hasVariant = ({ variants }: ProductView) =>
      variants.some((variant) => variant.variantId === variantId);
    this.showcase = this.showcase.map((product) => (hasVariant(product) ? refresh(product) : product));
    if (this.pinned && hasVariant(this.pinned.product))
      this.pinned = { ...this.pinned, product: refresh(this.pinned.product) };
  }
}
