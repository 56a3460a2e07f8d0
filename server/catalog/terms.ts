import type { SellingTerms, SellingTermsView } from '#contract/catalog.ts';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { VendorId } from '#contract/ids.ts';
import type { SellingTermsStore } from './store.ts';

/** How a vendor sells who has not said so: its public name, no address asked, sending free, no tax. */
const unset: SellingTermsView = {
  legalName: '',
  legalAddress: '',
  conditions: '',
  needsDelivery: false,
  shipping: [],
  stockPolicy: 'hold-at-checkout',
  cartHoldMinutes: 10,
  version: 0,
};

/** How vendors sell: see the names. */
export type SellingTermsUseCases = {
  /** The defaults, at version 0, where the vendor has set none. */
  of(vendorId: VendorId): Promise<SellingTermsView>;
  /** One for every vendor asked for. */
  many(vendorIds: readonly VendorId[]): Promise<Map<VendorId, SellingTermsView>>;
  /** Puts new terms in the place of the version the vendor saw. */
  set(
    vendorId: VendorId,
    version: number,
    wanted: SellingTerms,
  ): Promise<Result<{ before: SellingTermsView; after: SellingTermsView }, 'stale-version'>>;
};

/** See {@link SellingTermsUseCases}. */
export function createSellingTerms(store: SellingTermsStore): SellingTermsUseCases {
  const of = async (vendorId: VendorId) => (await store.get(vendorId)) ?? { ...unset };
  return {
    of,
    async many(vendorIds) {
      const known = await store.many(vendorIds);
      return new Map(vendorIds.map((vendorId) => [vendorId, known.get(vendorId) ?? { ...unset }]));
    },
    async set(vendorId, version, wanted) {
      const before = await of(vendorId);
      const after = { ...wanted, version: version + 1 };
      const isSaved = before.version === version && (await store.save(vendorId, after, version));
      return isSaved ? accept({ before, after }) : refuse('stale-version');
    },
  };
}
