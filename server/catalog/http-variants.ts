import { z } from 'zod';
import { DeskProduct, NewVariant, VariantEdit } from '#contract/catalog.ts';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { ProductId, VariantId, VendorId } from '#contract/ids.ts';
import { type AuditNote, type Route, route } from '../gateway/route.ts';
import { etagOf, versionOf } from './etag.ts';
import { deskOf } from './products.ts';
import type { Changed } from './shelf.ts';
import type { Variants } from './variants.ts';

const OfProduct = z.object({ vendorId: VendorId, productId: ProductId });
const OfVariant = OfProduct.extend({ variantId: VariantId });
const scope = ({ params }: { params: { vendorId: VendorId } }) => ({ vendorId: params.vendorId });

type Answering = { header(name: string, value: string): void; audit(note: AuditNote): void };

/** Answers with the product as it is now and its ETag, and notes what became of the variants. */
function answer(
  result: Result<Changed, ErrorCode>,
  { header, audit }: Answering,
): Result<DeskProduct, ErrorCode> {
  if (!result.ok) return result;
  const { before, product } = result.value;
  const desk = deskOf(product);
  audit({ object: product.productId, before: before.variants, after: desk.variants });
  header('ETag', etagOf(product));
  return accept(desk);
}

/** Routes of a product's variants; each answers the whole product. */
export function variantRoutes(variants: Variants): Route[] {
  return [
    route({
      method: 'post',
      path: '/vendors/:vendorId/products/:productId/variants',
      action: 'product.edit',
      summary: 'Add a variant, in the product’s currency',
      params: OfProduct,
      body: NewVariant,
      reply: DeskProduct,
      status: 201,
      idempotent: true,
      scope,
      async handle({ params, body, idempotencyKey = '', ...context }) {
        return answer(await variants.add(params.vendorId, params.productId, body, idempotencyKey), context);
      },
    }),
    route({
      method: 'patch',
      path: '/vendors/:vendorId/products/:productId/variants/:variantId',
      action: 'product.edit',
      summary: 'Change a variant’s words or prices, of the product’s version named by If-Match',
      params: OfVariant,
      body: VariantEdit,
      reply: DeskProduct,
      scope,
      async handle({ params, body, request, ...context }) {
        const { vendorId, productId, variantId } = params;
        const version = versionOf(request.get('if-match'));
        if (version === undefined) return refuse('stale-version', 'Send the ETag you saw as If-Match.');
        return answer(await variants.edit(vendorId, productId, variantId, version, body), context);
      },
    }),
    route({
      method: 'post',
      path: '/vendors/:vendorId/products/:productId/variants/:variantId/retire',
      action: 'product.edit',
      summary: 'End the sale of a variant; with the last one the product retires',
      params: OfVariant,
      reply: DeskProduct,
      scope,
      async handle({ params, ...context }) {
        const { vendorId, productId, variantId } = params;
        return answer(await variants.retire(vendorId, productId, variantId), context);
      },
    }),
  ];
}
