import type { DeskProduct } from '#contract/catalog.ts';
import type { DropDeskView } from '#contract/drops.ts';
import type { VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { soldOf } from './variant-draft.ts';

/** What a vendor weighs before approving a drop on its goods. */
export type Weighing = {
  /** The vendor's own share of the worst case. */
  own: Money;
  ownShare: number;
  /** The least one unit may cost with the coupon, and the floor of that product; absent without goods in reach. */
  lowest: Money | undefined;
  floor: Money | undefined;
  isFloorKept: boolean;
};

/** Weighs a drop against the vendor's products. */
export function weigh(drop: DropDeskView, products: readonly DeskProduct[]): Weighing {
  const share = drop.funders.find(({ funder }) => funder === 'vendor')?.basisPoints ?? 0;
  const { amount, currency } = drop.worstCase;
  const off = drop.coupon.amountOff.amount;
  const reduced = products
    .filter(({ productId }) => drop.productIds.includes(productId))
    .flatMap((product) => soldOf(product))
    .map(({ listPrice, floorPrice }) => ({
      price: Math.max(0, listPrice.amount - off),
      floor: floorPrice.amount,
    }))
    .toSorted((a, b) => a.price - a.floor - (b.price - b.floor));
  const [nearest] = reduced;
  const money = (value: number | undefined): Money | undefined =>
    value === undefined ? undefined : { amount: value, currency };
  return {
    own: { amount: Math.ceil((amount * share) / 10_000), currency },
    ownShare: share / 10_000,
    lowest: money(nearest?.price),
    floor: money(nearest?.floor),
    isFloorKept: nearest === undefined || nearest.price >= nearest.floor,
  };
}

/** Drops on which this vendor's word is asked and still counts. */
export const asksFor = (vendorId: VendorId, { state, approvals }: DropDeskView): boolean =>
  state === 'draft' && approvals.some((one) => one.vendorId === vendorId && one.state === 'asked');
