import { z } from 'zod';
import {
  DeskProduct,
  NewProduct,
  PageQuery,
  ProductEdit,
  ProductView,
  pageOf,
  StockChange,
  StockEntry,
} from '#contract/catalog.ts';
import { accept, refuse } from '#contract/errors.ts';
import { PictureId, ProductId, VariantId, VendorId } from '#contract/ids.ts';
import { type Route, route } from '../gateway/route.ts';
import { etagOf, versionOf } from './etag.ts';
import { keepPicture, type PictureStore } from './pictures.ts';
import { deskOf, type Products, viewOf } from './products.ts';
import type { Product, Shelf } from './shelf.ts';

const OfVendor = z.object({ vendorId: VendorId });
const OfProduct = OfVendor.extend({ productId: ProductId });
const scope = ({ params }: { params: { vendorId: VendorId } }) => ({ vendorId: params.vendorId });

const cursorOf = ({ createdAt, productId }: Product): string => `${createdAt.getTime()}.${productId}`;

function afterOf(cursor: string | undefined) {
  const [at = '', ...id] = (cursor ?? '').split('.');
  const productId = ProductId.safeParse(id.join('.'));
  return productId.success && /^\d{1,15}$/.test(at)
    ? { createdAt: new Date(Number(at)), productId: productId.data }
    : undefined;
}

/** Routes of the catalogue: everybody's view of a product, and the vendor's desk. */
export function catalogRoutes({
  products,
  shelf,
  pictures,
}: {
  products: Products;
  shelf: Shelf;
  pictures: PictureStore;
}): Route[] {
  return [
    route({
      method: 'get',
      path: '/products/:productId',
      action: 'product.read',
      summary: 'A product with its price and stock',
      params: z.object({ productId: ProductId }),
      reply: ProductView,
      async handle({ params }) {
        const product = await shelf.show(params.productId);
        return product ? accept(viewOf(product)) : refuse('not-found');
      },
    }),
    route({
      method: 'get',
      path: '/vendors/:vendorId/products',
      action: 'product.read-desk',
      summary: 'The vendor’s products, newest first',
      params: OfVendor,
      query: PageQuery,
      reply: pageOf(DeskProduct),
      scope,
      async handle({ params, query }) {
        const found = await products.ofVendor(params.vendorId, afterOf(query.cursor), query.limit + 1);
        const page = found.slice(0, query.limit);
        const last = page.at(-1);
        const next = found.length > query.limit && last ? cursorOf(last) : undefined;
        return accept({ items: page.map(deskOf), next });
      },
    }),
    route({
      method: 'post',
      path: '/vendors/:vendorId/products',
      action: 'product.edit',
      summary: 'Put a product into the catalogue',
      params: OfVendor,
      body: NewProduct,
      reply: DeskProduct,
      status: 201,
      idempotent: true,
      scope,
      async handle({ params, body, idempotencyKey = '', header, audit }) {
        const product = await products.create(params.vendorId, body, idempotencyKey);
        audit({ object: product.productId, after: deskOf(product) });
        header('ETag', etagOf(product));
        return accept(deskOf(product));
      },
    }),
    route({
      method: 'get',
      path: '/vendors/:vendorId/products/:productId',
      action: 'product.read-desk',
      summary: 'One of the vendor’s products; its ETag is the version to edit',
      params: OfProduct,
      reply: DeskProduct,
      scope,
      async handle({ params, header }) {
        const product = await products.get(params.productId);
        if (product?.vendorId !== params.vendorId) return refuse('not-found');
        header('ETag', etagOf(product));
        return accept(deskOf(product));
      },
    }),
    route({
      method: 'patch',
      path: '/vendors/:vendorId/products/:productId',
      action: 'product.edit',
      summary: 'Change words, picture or prices of the version named by If-Match',
      params: OfProduct,
      body: ProductEdit,
      reply: DeskProduct,
      scope,
      async handle({ params, body, request, header, audit }) {
        const version = versionOf(request.get('if-match'));
        if (version === undefined) return refuse('stale-version', 'Send the ETag you saw as If-Match.');
        const result = await products.edit(params.vendorId, params.productId, version, body);
        if (!result.ok) return result;
        const { before, product } = result.value;
        audit({ object: params.productId, before, after: deskOf(product) });
        header('ETag', etagOf(product));
        return accept(deskOf(product));
      },
    }),
    route({
      method: 'post',
      path: '/vendors/:vendorId/products/:productId/retire',
      action: 'product.edit',
      summary: 'End the sale of a product; what is held may still be paid',
      params: OfProduct,
      reply: DeskProduct,
      scope,
      async handle({ params, header, audit }) {
        const result = await products.retire(params.vendorId, params.productId);
        if (!result.ok) return result;
        const { before, product } = result.value;
        audit({
          object: params.productId,
          before: { isRetired: before.isRetired },
          after: { isRetired: true },
        });
        header('ETag', etagOf(product));
        return accept(deskOf(product));
      },
    }),
    route({
      method: 'post',
      path: '/vendors/:vendorId/products/:productId/stock-changes',
      action: 'stock.change',
      summary: 'Put units in or write them off, with a reason',
      params: OfProduct,
      body: StockChange,
      reply: DeskProduct,
      status: 201,
      idempotent: true,
      scope,
      async handle({ params, body, idempotencyKey = '', audit }) {
        const { vendorId, productId } = params;
        const result = await products.changeStock(vendorId, productId, body, idempotencyKey);
        if (!result.ok) return result;
        audit({ object: productId, after: body });
        return accept(deskOf(result.value));
      },
    }),
    route({
      method: 'get',
      path: '/vendors/:vendorId/products/:productId/stock-ledger',
      action: 'stock.read-ledger',
      summary: 'Every change of a variant’s units, oldest first, with the balances after it',
      params: OfProduct,
      query: PageQuery.extend({ variantId: VariantId.optional() }),
      reply: pageOf(StockEntry),
      scope,
      async handle({ params, query }) {
        const after = /^\d{1,9}$/.test(query.cursor ?? '') ? Number(query.cursor) : 0;
        const { variantId, limit } = query;
        const result = await products.ledger(params.vendorId, params.productId, { variantId, after, limit });
        if (!result.ok) return result;
        const { entries, next } = result.value;
        return accept({ items: entries, next: next === undefined ? undefined : String(next) });
      },
    }),
    route({
      method: 'post',
      path: '/pictures',
      action: 'picture.upload',
      summary: 'Keep a picture: one file of at most 8 MB, in the field `file`',
      reply: z.object({ pictureId: PictureId }),
      status: 201,
      bodyKind: 'file',
      async handle({ request }) {
        const body = request.file?.buffer;
        if (body === undefined || body.length === 0) return refuse('picture-unreadable');
        const result = await keepPicture(pictures, body);
        return result.ok ? accept({ pictureId: result.value }) : result;
      },
    }),
  ];
}
