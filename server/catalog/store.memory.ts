import type { SellingTermsView } from '#contract/catalog.ts';
import type { VariantId, VendorId } from '#contract/ids.ts';
import { type Balances, deltaOf, type Entry, type Movement } from './core/stock.ts';
import {
  type Count,
  countKeptMs,
  type Moved,
  type ProductRecord,
  type ProductStore,
  type SellingTermsStore,
  type Settlement,
  type StockCounts,
  type StockRow,
  type StockStore,
} from './store.ts';

/** Products in memory, for unit tests. */
export function memoryProductStore(): ProductStore {
  const products = new Map<string, ProductRecord>();
  return {
    async insert(product) {
      if (products.has(product.productId)) return false;
      products.set(product.productId, structuredClone(product));
      return true;
    },
    async get(productId) {
      return structuredClone(products.get(productId));
    },
    async many(productIds) {
      return productIds.flatMap((id) => structuredClone(products.get(id)) ?? []);
    },
    async ofVendor(vendorId, after, limit) {
      const isAfter = (one: ProductRecord) =>
        after === undefined ||
        one.createdAt < after.createdAt ||
        (Number(one.createdAt) === Number(after.createdAt) && one.productId < after.productId);
      return [...products.values()]
        .filter((one) => one.vendorId === vendorId && isAfter(one))
        .toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt) || (a.productId < b.productId ? 1 : -1))
        .slice(0, limit)
        .map((one) => structuredClone(one));
    },
    async save(product, expectedVersion) {
      if (products.get(product.productId)?.version !== expectedVersion) return false;
      products.set(product.productId, structuredClone(product));
      return true;
    },
  };
}

/** Selling terms in memory, for unit tests. */
export function memorySellingTermsStore(): SellingTermsStore {
  const terms = new Map<VendorId, SellingTermsView>();
  return {
    async get(vendorId) {
      return structuredClone(terms.get(vendorId));
    },
    async many(vendorIds) {
      return new Map(
        [...terms].filter(([vendorId]) => vendorIds.includes(vendorId)).map((one) => structuredClone(one)),
      );
    },
    async save(vendorId, next, expectedVersion) {
      if ((terms.get(vendorId)?.version ?? 0) !== expectedVersion) return false;
      terms.set(vendorId, structuredClone(next));
      return true;
    },
  };
}

/** Counts in memory, for unit tests; `now` in milliseconds ends what was not noted again. */
export function memoryStockCounts(now: () => number): StockCounts {
  const counts = new Map<VariantId, Count & { endsAt: number }>();
  return {
    async note(variantId, count) {
      const known = counts.get(variantId);
      const isLater =
        known === undefined ||
        count.version > known.version ||
        (count.version === known.version && count.at > known.at);
      if (isLater) counts.set(variantId, { ...count, endsAt: now() + countKeptMs });
    },
    async read(variantIds) {
      return new Map(
        variantIds.flatMap((variantId) => {
          const { endsAt = 0, ...count } = counts.get(variantId) ?? {};
          return 'at' in count && endsAt > now() ? [[variantId, count] as const] : [];
        }),
      );
    },
  };
}

/** The stock protocol's steps in memory; `tell` hears of settled changes. */
export function memoryStockStore(
  tell: (variantId: StockRow['variantId'], told: Moved) => void = () => {},
): StockStore {
  const rows = new Map<string, StockRow>();
  const ledger = new Map<string, Entry[]>();
  const movements = new Map<string, Movement>();

  const shift = (row: StockRow, { available, held, sold }: Balances): Moved => {
    row.available += available;
    row.held += held;
    row.sold += sold;
    row.version += 1;
    const { productId, version } = row;
    return { available: row.available, held: row.held, sold: row.sold, version, productId };
  };
  const settle = (row: StockRow, { step, written }: Settlement) => {
    row.pending = row.pending.filter((one) => one.step !== step);
    row.unwritten = row.unwritten.filter(({ id }) => id !== written?.id);
    if (written) tell(row.variantId, written.told);
  };

  return {
    async open(variantId, productId) {
      if (rows.has(variantId)) return;
      const balances = { available: 0, held: 0, sold: 0, version: 0 };
      rows.set(variantId, {
        variantId,
        productId,
        isRetired: false,
        ...balances,
        pending: [],
        unwritten: [],
      });
    },
    async rows(variantIds) {
      return variantIds.flatMap((id) => structuredClone(rows.get(id)) ?? []);
    },
    async setRetired(variantId, isRetired) {
      const row = rows.get(variantId);
      if (row) row.isRetired = isRetired;
    },
    async take(variantId, pending, cause) {
      const row = rows.get(variantId);
      if (row === undefined || row.available < cause.quantity) return undefined;
      if (row.isRetired && cause.cause === 'hold') return undefined;
      row.pending.push({ ...pending });
      row.unwritten.push({ ...cause });
      return shift(row, deltaOf(cause.cause, cause.quantity));
    },
    async intend(variantId, pending) {
      const row = rows.get(variantId);
      row?.pending.push({ ...pending });
      return row !== undefined;
    },
    async move(variantId, step, cause) {
      const row = rows.get(variantId);
      if (!row?.pending.some((one) => one.step === step)) return undefined;
      row.pending = row.pending.filter((one) => one.step !== step);
      row.unwritten.push({ ...cause });
      return shift(row, deltaOf(cause.cause, cause.quantity));
    },
    async settle(variantId, settlement) {
      const row = rows.get(variantId);
      if (row) settle(row, settlement);
    },
    async append(entry) {
      const entries = ledger.get(entry.variantId) ?? [];
      if (!entries.some(({ id }) => id === entry.id)) entries.push({ ...entry });
      ledger.set(entry.variantId, entries);
    },
    async entries(variantId, afterVersion, limit) {
      return (ledger.get(variantId) ?? [])
        .filter(({ version }) => version > afterVersion)
        .toSorted((a, b) => a.version - b.version)
        .slice(0, limit)
        .map((entry) => ({ ...entry }));
    },
    async insertMovement(movement) {
      if (movements.has(movement.id)) return false;
      movements.set(movement.id, structuredClone(movement));
      return true;
    },
    async movement(id) {
      return structuredClone(movements.get(id));
    },
    async changeMovement(id, guard, { step, ...change }) {
      const movement = movements.get(id);
      if (movement?.state !== guard.state) return undefined;
      if (guard.rev !== undefined && movement.rev !== guard.rev) return undefined;
      if (guard.asking !== undefined && movement.asking !== guard.asking) return undefined;
      Object.assign(movement, structuredClone(change));
      if (step !== undefined) movement.steps.push(step);
      return structuredClone(movement);
    },
    async unfinished(before) {
      return [...rows.values()]
        .filter(({ pending, unwritten }) => [...pending, ...unwritten].some(({ at }) => at < before))
        .map(({ variantId }) => variantId);
    },
    async askingSince(before) {
      return [...movements.values()]
        .filter(({ state, at }) => state === 'asking' && at < before)
        .map((one) => structuredClone(one));
    },
  };
}
