import { SellingTermsView } from '#contract/catalog.ts';
import { VendorId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import type { SellingTermsStore } from './store.ts';

type Fields = { _id: string; version: number; terms: unknown };

/** Selling terms in MongoDB, a document a vendor. */
export function mongoSellingTermsStore(mongo: Mongo): SellingTermsStore {
  const sellingTerms = modelOf<Fields>(mongo, 'selling_terms', { version: Number, terms: Mixed });
  return {
    async get(vendorId) {
      const found = await sellingTerms.findOne({ _id: vendorId }).lean();
      return found ? termsOf(found) : undefined;
    },
    async many(vendorIds) {
      const found = await sellingTerms.find({ _id: trusted({ $in: [...vendorIds] }) }).lean();
      return new Map(found.map((one) => [VendorId.parse(one._id), termsOf(one)]));
    },
    async save(vendorId, { version, ...terms }, expectedVersion) {
      if (expectedVersion > 0) {
        const guard = { _id: vendorId, version: expectedVersion };
        const { matchedCount } = await sellingTerms.updateOne(guard, { $set: { version, terms } });
        return matchedCount > 0;
      }
      try {
        await sellingTerms.create([{ _id: vendorId, version, terms }]);
        return true;
      } catch (fault) {
        if (isDuplicate(fault)) return false;
        throw fault;
      }
    },
  };
}

const termsOf = ({ version, terms }: Fields): SellingTermsView =>
  SellingTermsView.parse({ ...Object(terms), version });
