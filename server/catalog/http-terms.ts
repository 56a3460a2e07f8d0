import { z } from 'zod';
import { SellingTerms, SellingTermsView } from '#contract/catalog.ts';
import { accept, refuse } from '#contract/errors.ts';
import { VendorId } from '#contract/ids.ts';
import { type Route, route } from '../gateway/route.ts';
import { etagOf, versionOf } from './etag.ts';
import type { SellingTermsUseCases } from './terms.ts';

const OfVendor = z.object({ vendorId: VendorId });
const scope = ({ params }: { params: { vendorId: VendorId } }) => ({ vendorId: params.vendorId });

/** Routes of the vendor's selling terms. */
export function sellingTermsRoutes(terms: SellingTermsUseCases): Route[] {
  return [
    route({
      method: 'get',
      path: '/vendors/:vendorId/selling-terms',
      action: 'product.read-desk',
      summary: 'How the vendor sells; its ETag is the version to edit, `"0"` before any were set',
      params: OfVendor,
      reply: SellingTermsView,
      scope,
      async handle({ params, header }) {
        const found = await terms.of(params.vendorId);
        header('ETag', etagOf(found));
        return accept(found);
      },
    }),
    route({
      method: 'put',
      path: '/vendors/:vendorId/selling-terms',
      action: 'selling-terms.edit',
      summary: 'Set how the vendor sells, in the place of the version named by If-Match',
      params: OfVendor,
      body: SellingTerms,
      reply: SellingTermsView,
      scope,
      async handle({ params, body, request, header, audit }) {
        const version = versionOf(request.get('if-match'));
        if (version === undefined) return refuse('stale-version', 'Send the ETag you saw as If-Match.');
        const result = await terms.set(params.vendorId, version, body);
        if (!result.ok) return result;
        const { before, after } = result.value;
        audit({ object: params.vendorId, before, after });
        header('ETag', etagOf(after));
        return accept(after);
      },
    }),
  ];
}
