import { accept, refuse } from '#contract/errors.ts';
import type { OrderId, PersonId } from '#contract/ids.ts';
import type { PriceTerm } from '#server/checkout/index.ts';

/** A coupon as the wallet's record has it. */
export type Coupon = {
  ref: string;
  personId: PersonId;
  off: number;
  funders: { funder: 'vendor' | 'host' | 'platform'; basisPoints: number }[];
  state: 'granted' | 'reserved' | 'redeemed';
  orderId: OrderId | undefined;
};

/** A wallet of coupons over one record. Each method is one atomic change of it. */
export function walletTerm(coupons: ReadonlyMap<string, Coupon>): PriceTerm {
  const own = (ref: string, personId: PersonId): Coupon | undefined => {
    const coupon = coupons.get(ref);
    return coupon?.personId === personId ? coupon : undefined;
  };
  const held = (orderId: OrderId): Coupon[] =>
    [...coupons.values()].filter((coupon) => coupon.orderId === orderId);
  return {
    kind: 'coupon',
    stage: 'coupon',
    async quote({ ref, personId }) {
      const coupon = own(ref, personId);
      if (coupon === undefined) return refuse('coupon-not-yours');
      if (coupon.state !== 'granted') return refuse('coupon-spent');
      const amountOff = { amount: coupon.off, currency: 'USD' as const };
      return accept({ label: 'Drop', amountOff, appliesTo: 'all', funders: coupon.funders });
    },
    async reserve({ ref, personId, orderId }) {
      const coupon = own(ref, personId);
      if (coupon === undefined) return refuse('coupon-not-yours');
      if (coupon.orderId === orderId) return accept(undefined);
      if (coupon.state !== 'granted') return refuse('coupon-spent');
      coupon.state = 'reserved';
      coupon.orderId = orderId;
      return accept(undefined);
    },
    checkPayer: async () => accept(undefined),
    async commit(orderId) {
      for (const coupon of held(orderId)) coupon.state = 'redeemed';
    },
    async giveBack(orderId) {
      for (const coupon of held(orderId)) {
        coupon.state = 'granted';
        coupon.orderId = undefined;
      }
    },
  };
}
