import { type SellingTerms, SellingTermsView } from '#contract/catalog.ts';
import { Quote, type QuoteAsk } from '#contract/checkout.ts';
import type { VendorId } from '#contract/ids.ts';
import { call, read } from '../../live/api.ts';

/** Terms with the tag that their next edit sends. */
export type ReadTerms = { value: SellingTermsView; etag: string };

const pathOf = (vendorId: VendorId): string => `/vendors/${vendorId}/selling-terms`;

/** How a vendor sells. @throws ApiError */
export const readTerms = (vendorId: VendorId): Promise<ReadTerms> => read(pathOf(vendorId), SellingTermsView);

/** Sets the terms in the place of those that `etag` names, and of no later ones. @throws ApiError */
export async function saveTerms(vendorId: VendorId, etag: string, body: SellingTerms): Promise<ReadTerms> {
  const headers = { 'if-match': etag };
  const value = await call('PUT', pathOf(vendorId), SellingTermsView, { body, headers });
  return { value, etag: `"${value.version}"` };
}

/** What a buyer would pay now; nothing is held. @throws ApiError */
export const quote = (body: QuoteAsk): Promise<Quote> => call('POST', '/quotes', Quote, { body });
