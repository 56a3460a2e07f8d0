import type { Delivery, DeskOrderFilter, OrderLine, OrderState, Seller, Totals } from '#contract/checkout.ts';
import type { ChannelId, OrderId, PersonId, StreamId, VariantId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import type { OutboxEvent } from '../platform/outbox.ts';
import type { Refund } from './core/refund.ts';
import type { Transition } from './core/transitions.ts';

/** A try to pay that is under way. */
export type Paying = {
  /** From 1. */
  attempt: number;
  /** Kept so that the very same try can be repeated under its key; worth nothing to anybody else. */
  confirmationToken: string;
  since: Date;
  intentId: string | undefined;
  fingerprint: string;
  card: { brand: string; last4: string };
};

/** The payment that made it a sale. */
export type OrderPaid = {
  intentId: string;
  chargeId: string;
  at: Date;
  card: { brand: string; last4: string } | undefined;
};

/** Why an order is coming to its end, and as what it will have ended. */
export type Ending = {
  as: 'expired' | 'cancelled';
  cause: string;
  /** Every payment is called off, and what was held is being freed: money that comes now has come too late. */
  isFreeing?: boolean;
};

/** The payer's bank asks the money back, as the payment service tells it. */
export type OrderDispute = {
  disputeId: string;
  state: 'open' | 'won' | 'lost';
  reason: string;
  amount: Money;
  evidenceDueAt: Date | undefined;
  at: Date;
};

/** Stock that a cart held and the order has taken over. */
type AdoptedHold = { holdOwner: string; variantId: VariantId; quantity: number };

type Step = { at: Date; state: OrderState; cause: string };

/** An order, the one truth of a purchase but for its money, which the journal has. */
export type Order = {
  orderId: OrderId;
  personId: PersonId;
  vendorId: VendorId;
  streamId: StreamId | undefined;
  /** Of the stream: bears a host's share of a discount. */
  channelId: ChannelId | undefined;
  state: OrderState;
  version: number;
  /** Digest of what was asked, so that a key is not used for something else. */
  askDigest: string;
  /** Who sold it and on what terms, as they were then. */
  seller: Seller;
  lines: OrderLine[];
  totals: Totals;
  discounts: { funder: 'vendor' | 'host' | 'platform'; amount: Money }[];
  /** What the platform keeps when it is paid. */
  fee: Money;
  terms: { kind: string; ref: string; label: string }[];
  email: string | undefined;
  delivery: Delivery | undefined;
  placedAt: Date;
  holdEndsAt: Date;
  /** Under which name catalog holds the stock, but for what is adopted. */
  holdOwner: string;
  adopted: AdoptedHold[];
  /** Its lines leave the buyer's cart. */
  isFromCart: boolean;
  /** `later`: the bank holds the money until it is captured. */
  capture: 'now' | 'later';
  /** Tries to pay so far. */
  attempts: number;
  paying: Paying | undefined;
  /** Payments of this order that may still be charged. */
  openIntents: string[];
  /** Payments that came when there was nothing left to sell. */
  refusedIntents: string[];
  ending: Ending | undefined;
  paid: OrderPaid | undefined;
  /** Of the vendor's own series; from the moment it is paid. */
  invoiceNumber: number | undefined;
  tracking: string | undefined;
  refunds: Refund[];
  dispute: OrderDispute | undefined;
  lastFailure: { code: string; at: Date } | undefined;
  /** Why it was never held. */
  refusal: string | undefined;
  history: Step[];
};

/** One guarded move along a transition; it happens whole or not at all. */
export type Move = {
  transition: Transition;
  /** Beyond the transition's states. */
  guard?: {
    version?: number;
    attempt?: number;
    intentId?: string;
    holdEndsAfter?: Date;
    holdEndsBy?: Date;
    isNotRefused?: string;
  };
  set?: Partial<
    Pick<
      Order,
      | 'paying'
      | 'attempts'
      | 'ending'
      | 'paid'
      | 'lastFailure'
      | 'refusal'
      | 'holdOwner'
      | 'adopted'
      | 'holdEndsAt'
      | 'tracking'
      | 'refunds'
    >
  >;
  cause: string;
  at: Date;
  /** Told after the move, in the same write as it. */
  events: OutboxEvent[];
};

/** One guarded change of an order that stays in its state; whole or not at all. */
export type Amendment = {
  guard: { version: number } | { state: OrderState };
  set: Partial<Pick<Order, 'refunds' | 'dispute' | 'adopted' | 'ending'>>;
  events: OutboxEvent[];
};

/** Where a page begins: after this order. */
export type After = { placedAt: Date; orderId: OrderId };

/** Orders in the record. A set field of `undefined` takes the field away. */
export interface OrderStore {
  /** False: there is an order of this id. */
  insert(order: Order): Promise<boolean>;
  get(orderId: OrderId): Promise<Order | undefined>;
  /** The order after the move; undefined when state or guard do not fit. */
  move(orderId: OrderId, move: Move): Promise<Order | undefined>;
  /** The order after the change; undefined when it is not as the guard says. */
  amend(orderId: OrderId, amendment: Amendment): Promise<Order | undefined>;
  /** Gives an order its invoice number; one that has a number keeps it. */
  number(orderId: OrderId, invoiceNumber: number): Promise<void>;
  /** Remembers which intent a try made, whatever state the order is in by then. */
  noteIntent(orderId: OrderId, attempt: number, intentId: string): Promise<void>;
  /** This payment can no longer be charged. */
  closeIntent(orderId: OrderId, intentId: string): Promise<void>;
  /** Turns a late payment away for good. False: the order is not over, or it was paid meanwhile. */
  refuseIntent(orderId: OrderId, intentId: string): Promise<boolean>;
  /** Delivers the order's events now. */
  relay(orderId: OrderId): Promise<void>;

  /** Newest first, without those that were never held. */
  ofPerson(personId: PersonId, after: After | undefined, limit: number): Promise<Order[]>;
  /** Newest first; those that have been paid, and fit the filter. */
  ofVendor(
    vendorId: VendorId,
    filter: DeskOrderFilter,
    after: After | undefined,
    limit: number,
  ): Promise<Order[]>;
  ofStream(streamId: StreamId): Promise<Order[]>;

  /** Held or paying, and the hold's end has come. */
  holdsEnded(now: Date, limit: number): Promise<OrderId[]>;
  /** Placed before an instant and still pending. */
  pendingSince(before: Date, limit: number): Promise<OrderId[]>;
  expiring(limit: number): Promise<OrderId[]>;
  /** Paying since before an instant, and no intent is known. */
  payingUnknown(before: Date, limit: number): Promise<OrderId[]>;
  /** With a refund asked for before an instant that the payment service is not known to have. */
  refundsAsked(before: Date, limit: number): Promise<OrderId[]>;
}

/** A vendor's invoice numbers: the last one given, and to whom. */
export interface InvoiceSeries {
  last(vendorId: VendorId): Promise<{ number: number; orderId: OrderId } | undefined>;
  /** Gives the number after `last` to an order. False: another came first. */
  give(vendorId: VendorId, last: number, orderId: OrderId): Promise<boolean>;
}
