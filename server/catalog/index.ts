import type { Router } from 'express';
import type { ProductView, SellingTermsView } from '#contract/catalog.ts';
import type { ProductId, VendorId } from '#contract/ids.ts';
import type { SnapshotPart } from '../gateway/ports.ts';
import type { Route } from '../gateway/route.ts';
import type { Clock } from '../platform/clock.ts';
import { createCounting } from './counts.ts';
import { createHolds, type Holds } from './holds.ts';
import { catalogRoutes } from './http.ts';
import { sellingTermsRoutes } from './http-terms.ts';
import { variantRoutes } from './http-variants.ts';
import { type PictureStore, pictureRouter } from './pictures.ts';
import { createProducts, viewOf } from './products.ts';
import { createShelf, type Product } from './shelf.ts';
import type { FailPoint } from './steps.ts';
import type { ProductStore, SellingTermsStore, StockCounts, StockStore } from './store.ts';
import { createSellingTerms } from './terms.ts';
import { createVariants } from './variants.ts';

export { type CouponTerm, type PriceInput, price } from './core/price.ts';
export { rulesFor } from './core/rules.ts';
export { catalogMigrations } from './migrations.ts';
export type { Product } from './shelf.ts';

/** What the catalogue offers to the house and to other slices. */
export type Catalog = {
  routes: Route[];
  /** GET /pictures/:pictureId, outside the API. */
  router: Router;
  snapshots: SnapshotPart[];
  products: {
    get(productId: ProductId): Promise<Product | undefined>;
    /** In no particular order; unknown ones are missing. */
    many(productIds: readonly ProductId[]): Promise<Product[]>;
    /** The vendor's newest products. */
    ofVendor(vendorId: VendorId, limit: number): Promise<Product[]>;
    /** What everybody may see of a product: no floor price. */
    view(product: Product): ProductView;
  };
  sellingTerms: {
    /** The defaults, at version 0, where the vendor has set none. */
    of(vendorId: VendorId): Promise<SellingTermsView>;
    /** One for every vendor asked for. */
    many(vendorIds: readonly VendorId[]): Promise<Map<VendorId, SellingTermsView>>;
  };
  holds: Holds;
  /** Finishes stock steps that a dead process left; answers how many. */
  sweep(): Promise<number>;
};

/** Puts the catalogue together; see its README for what it promises. */
export function createCatalog(parts: {
  products: ProductStore;
  stock: StockStore;
  terms: SellingTermsStore;
  pictures: PictureStore;
  clock: Clock;
  /** Without them the record alone shows and refuses. */
  counts?: StockCounts;
  /** Names steps of the stock protocol; a random UUID unless given. */
  newId?: () => string;
  failpoint?: FailPoint;
}): Catalog {
  const { clock, pictures } = parts;
  const counting = parts.counts && createCounting({ stock: parts.stock, counts: parts.counts, clock });
  const stock = counting?.stock ?? parts.stock;
  const { failpoint, newId } = parts;
  const given = {
    ...(failpoint && { failpoint }),
    ...(newId && { newId }),
    ...(counting && { shed: counting.shed }),
  };
  const holds = createHolds({ store: stock, clock, ...given });
  const shelf = createShelf({ products: parts.products, stock, shown: counting?.shown });
  const products = createProducts({ products: parts.products, stock, shelf, holds, clock });
  const variants = createVariants({ stock, shelf, holds });
  const terms = createSellingTerms(parts.terms);
  return {
    routes: [
      ...catalogRoutes({ products, shelf, pictures }),
      ...variantRoutes(variants),
      ...sellingTermsRoutes(terms),
    ],
    router: pictureRouter(pictures),
    snapshots: [],
    products: {
      get: products.get,
      many: products.many,
      ofVendor: (vendorId, limit) => products.ofVendor(vendorId, undefined, limit),
      view: viewOf,
    },
    sellingTerms: { of: terms.of, many: terms.many },
    holds,
    sweep: async () => (clock.isTrusted() ? holds.repair() : 0),
  };
}
