import type { AccountId, ChannelId, OrderId, StreamId, VendorId } from '#contract/ids.ts';
import type { RoleGrant } from '#contract/permissions.ts';
import type { Catalog } from '../catalog/index.ts';
import type { LiveRooms } from '../gateway/live/rooms.ts';
import type { PaymentsFace } from '../payments/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Outbox } from '../platform/outbox.ts';
import type { Queues } from '../platform/queue.ts';
import type { AddressStore } from './addresses.ts';
import type { CartStore } from './carts.ts';
import type { PriceTerm } from './ports.ts';
import type { InvoiceSeries, Order, OrderStore } from './store.ts';

/** Called between two steps that a crash may part; tests make it throw. */
type Failpoint = (name: string) => void | Promise<void>;

/** What checkout stands on; of the other slices' faces only what it uses. */
export type CheckoutParts = {
  store: OrderStore;
  payments: Pick<
    PaymentsFace,
    | 'pay'
    | 'previewCard'
    | 'cancel'
    | 'observePayment'
    | 'registerOutcome'
    | 'isPayable'
    | 'feeOf'
    | 'leastCharge'
    | 'planTransfer'
    | 'capture'
    | 'refund'
    | 'bookReturn'
    | 'shareOfRefund'
  >;
  invoices: InvoiceSeries;
  carts: CartStore;
  addresses: AddressStore;
  catalog: {
    products: Pick<Catalog['products'], 'many'>;
    sellingTerms: Pick<Catalog['sellingTerms'], 'of'>;
    holds: Pick<Catalog['holds'], 'hold' | 'release' | 'commit' | 'takeBack'>;
  };
  rooms: {
    streams: { get(streamId: StreamId): Promise<{ channelId: ChannelId; currency: string } | undefined> };
    showcase: { has(streamId: StreamId, productId: Order['lines'][number]['productId']): Promise<boolean> };
    timeline: {
      append(
        streamId: StreamId,
        entry: { id: string; at: Date; kind: 'order-paid'; data: Record<string, unknown> },
      ): Promise<void>;
    };
  };
  identity: {
    accounts: { many(accountIds: readonly AccountId[]): Promise<{ accountId: AccountId; handle: string }[]> };
    vendors: { many(vendorIds: readonly VendorId[]): Promise<{ vendorId: VendorId; name: string }[]> };
    roles: { holdersOf(grant: RoleGrant): Promise<AccountId[]> };
  };
  clock: Clock;
  outbox: Pick<Outbox, 'subscribe'>;
  live: Pick<LiveRooms, 'tellPerson'>;
  queues: Pick<Queues, 'wake'>;
  config: { holdMs: number };
  /** Signs order links; the same on every server of an installation. */
  linkSecret: string;
  /** Lets time pass while another process finishes what it has begun. */
  wait?: (ms: number) => Promise<unknown>;
  failpoint?: Failpoint | undefined;
};

/** The parts with what others register afterwards. */
export type Checkout = Required<Omit<CheckoutParts, 'failpoint'>> & {
  failpoint: Failpoint;
  terms: Map<string, PriceTerm>;
};

/** The instant now, by the one clock. */
export const nowOf = ({ clock }: Pick<Checkout, 'clock'>): Date => new Date(clock.now());

/** The registered term of an order's entry. @throws Error when its slice is not composed. */
export function termOf({ terms }: Pick<Checkout, 'terms'>, kind: string): PriceTerm {
  const term = terms.get(kind);
  if (term === undefined) throw new Error(`no price term is registered as ${kind}`);
  return term;
}

/** Every name under which an order holds stock. */
export function holdOwnersOf(order: Pick<Order, 'holdOwner' | 'adopted' | 'lines'>): string[] {
  const taken = order.adopted.map((one) => one.holdOwner);
  return ownHoldOf(order).length > 0 ? [...taken, order.holdOwner] : taken;
}

/** What the order holds under its own name: all that it has not taken over from the cart. */
export function ownHoldOf({ lines, adopted }: Pick<Order, 'lines' | 'adopted'>) {
  return lines.flatMap(({ variantId, quantity }) => {
    const taken = adopted
      .filter((one) => one.variantId === variantId)
      .reduce((sum, one) => sum + one.quantity, 0);
    return quantity > taken ? [{ variantId, quantity: quantity - taken }] : [];
  });
}

/** The name under which a sale that came too late holds its stock once more. */
export const lateHoldOwner = (orderId: OrderId): string => `${orderId}:late`;
