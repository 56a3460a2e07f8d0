import type { Result } from '#contract/errors.ts';
import type { OrderId, PersonId, ProductId, StreamId, VariantId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';

/** What a term does to a price: an amount off the whole order or some variants, and who pays which share of it. */
export type TermEffect = {
  label: string;
  amountOff: Money;
  appliesTo: 'all' | VariantId[];
  /** Hundredths of a percent; they sum to 10,000. */
  funders: { funder: 'vendor' | 'host' | 'platform'; basisPoints: number }[];
};

type TermRefusal =
  | 'coupon-not-yours'
  | 'coupon-other-goods'
  | 'coupon-below-minimum'
  | 'coupon-spent'
  | 'coupon-expired';

/**
 * A way to a lower price: a coupon today. Everything that changes something is idempotent by the order's id, since a
 * crash between two steps repeats them.
 */
export interface PriceTerm {
  readonly kind: string;
  /** `unit-price` is exclusive, of `coupon` an order has at most one. */
  readonly stage: 'unit-price' | 'coupon';
  /** What it would do now; takes nothing. */
  quote(input: {
    personId: PersonId;
    ref: string;
    streamId: StreamId | undefined;
    lines: { productId: ProductId; variantId: VariantId; quantity: number; list: Money }[];
    now: Date;
  }): Promise<Result<TermEffect, TermRefusal>>;
  /** Holds it for the order. */
  reserve(input: {
    orderId: OrderId;
    ref: string;
    personId: PersonId;
    now: Date;
  }): Promise<Result<void, TermRefusal>>;
  /** Before the charge: whether this card may use it. */
  checkPayer(input: {
    orderId: OrderId;
    ref: string;
    fingerprint: string;
  }): Promise<Result<void, 'payer-cap'>>;
  /** The order is paid. */
  commit(orderId: OrderId, at: Date): Promise<void>;
  /** The order ended or was refunded: free again if still valid. */
  giveBack(orderId: OrderId, at: Date): Promise<void>;
}
