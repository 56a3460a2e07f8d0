import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { ProductId, VariantId } from '#contract/ids.ts';
import { deltaOf } from '#server/catalog/core/stock.ts';
import { createHolds } from '#server/catalog/holds.ts';
import { catalogMigrations } from '#server/catalog/migrations.ts';
import { mongoStockStore } from '#server/catalog/stock.mongo.ts';
import { memoryStockStore } from '#server/catalog/store.memory.ts';
import type { StockStore } from '#server/catalog/store.ts';
import { processClock as clock } from '#server/platform/clock.ts';
import { closeMongo, openMongo as connect, migrate } from '#server/platform/mongo.ts';
import { Outbox } from '#server/platform/outbox.ts';
import { openMongo } from './mongo.ts';

/** Every store of stock there is, by its technology, on a fresh database; `close` ends the connection. */
export async function stockStores(): Promise<{ stores: [string, StockStore][]; close(): Promise<void> }> {
  const mongo = await connect(openMongo());
  await migrate(mongo, catalogMigrations);
  return {
    stores: [
      ['memory', memoryStockStore()],
      ['mongo', mongoStockStore(mongo, new Outbox(clock), clock)],
    ],
    close: () => closeMongo(mongo),
  };
}

export const endsAt = new Date('2030-01-01T00:00:00Z');
export const fresh = (): string => randomUUID().replaceAll('-', '');

/** A process that died between two steps. */
export class Death extends Error {}

/** Lets a process die at its n-th fail point. */
export function dying(store: StockStore, at: number) {
  let seen = 0;
  const passed: string[] = [];
  const failpoint = (name: string) => {
    seen += 1;
    passed.push(name);
    if (seen === at) throw new Death(name);
  };
  return { holds: createHolds({ store, clock, failpoint }), passed };
}

/** Shelves of a store: variants with units, holds of them, and the books held against every unit. */
export function shelvesOf(store: StockStore) {
  const holds = createHolds({ store, clock });

  const variantWith = async (units: number) => {
    const variantId = VariantId.parse(`var_${fresh()}`);
    await store.open(variantId, ProductId.parse(`prd_${fresh()}`));
    if (units > 0)
      await holds.change({
        changeId: 'opening',
        variantId,
        kind: 'opening',
        quantity: units,
        reason: 'opening',
      });
    return variantId;
  };
  const balancesOf = async (variantId: VariantId) => {
    const [row] = await store.rows([variantId]);
    return row && { available: row.available, held: row.held, sold: row.sold };
  };
  const hold = (variantId: VariantId, holdOwner: string, quantity = 1) =>
    holds.hold({ holdOwner, lines: [{ variantId, quantity }], endsAt });

  /** Nothing is under way, and the ledger explains every unit. */
  const expectWhole = async (variantId: VariantId, putIn: number) => {
    const [row] = await store.rows([variantId]);
    expect(row).toMatchObject({ pending: [], unwritten: [] });
    const entries = await store.entries(variantId, 0, 10_000);
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, index) => index + 1));
    const sum = { available: 0, held: 0, sold: 0 };
    for (const { cause, quantity, available, held, sold } of entries) {
      const delta = deltaOf(cause, quantity);
      sum.available += delta.available;
      sum.held += delta.held;
      sum.sold += delta.sold;
      expect({ available, held, sold }).toEqual(sum);
      expect(Math.min(available, held, sold)).toBeGreaterThanOrEqual(0);
    }
    expect(await balancesOf(variantId)).toEqual(sum);
    expect(sum.available + sum.held + sum.sold).toBe(putIn);
  };

  return { holds, variantWith, balancesOf, hold, expectWhole };
}
