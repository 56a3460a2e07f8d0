import { accept, refuse } from '#contract/errors.ts';
import { type AccountId, GrantId, type PersonId } from '#contract/ids.ts';
import type { PriceTerm } from '../checkout/index.ts';
import { checkUse, couponTarget } from './core/coupon.ts';
import { type Neighbours, viewerScope } from './ports.ts';
import type { Grant, GrantRecord, ViewerLinks } from './store.ts';
import { toGrantView } from './views.ts';

type Parts = Pick<Neighbours, 'identity' | 'live' | 'clock'> & {
  grants: GrantRecord & ViewerLinks;
  /** How many coupons of one drop a card may use. */
  perPayer: number;
};

/** Coupons at the checkout: `ref` is the grant's id. */
export function couponTerm({ grants, identity, live, clock, perPayer }: Parts): PriceTerm {
  const find = async (ref: string): Promise<Grant | undefined> => {
    const grantId = GrantId.safeParse(ref);
    return grantId.success ? grants.get(grantId.data) : undefined;
  };
  const viewerOf = (personId: PersonId) => identity.pseudonym(personId, viewerScope);

  const tell = async (grant: Grant | undefined): Promise<void> => {
    if (!grant) return;
    const accountId: AccountId | undefined = await grants.accountOf(grant.viewer);
    if (accountId)
      await live
        .tellPerson(accountId, 'drops.grant-changed', toGrantView(grant, clock.now()))
        .catch(() => {});
  };

  return {
    kind: 'coupon',
    stage: 'coupon',

    async quote({ personId, ref, lines, now }) {
      const grant = await find(ref);
      // Who does not hold it learns nothing about it.
      if (!grant) return refuse('coupon-not-yours');
      const usable = checkUse(grant, { viewer: await viewerOf(personId), now: now.getTime() });
      if (!usable.ok) return usable;
      const target = couponTarget(grant, lines);
      if (!target.ok) return target;
      return accept({
        label: grant.title,
        amountOff: grant.amountOff,
        appliesTo: target.value,
        funders: grant.funders,
      });
    },

    async reserve({ orderId, ref, personId, now }) {
      const viewer = await viewerOf(personId);
      const grant = await find(ref);
      if (grant?.viewer !== viewer) return refuse('coupon-not-yours');
      const reserved = await grants.reserve(grant.grantId, orderId, now.getTime());
      if (reserved) {
        await tell(reserved);
        return accept(undefined);
      }
      const present = await find(ref);
      if (!present) return refuse('coupon-not-yours');
      const usable = checkUse(present, { viewer, now: now.getTime(), orderId });
      return usable.ok && present.orderId !== orderId ? refuse('coupon-spent') : usable;
    },

    async checkPayer({ orderId, ref, fingerprint }) {
      const grant = await find(ref);
      if (!grant) return refuse('payer-cap');
      const isFree = await grants.takePayerPlace(grant.dropId, fingerprint, orderId, perPayer);
      return isFree ? accept(undefined) : refuse('payer-cap');
    },

    async commit(orderId) {
      await tell(await grants.redeem(orderId));
    },

    async giveBack(orderId, at) {
      await grants.freePayerPlaces(orderId);
      await tell(await grants.restore(orderId, at.getTime()));
    },
  };
}
