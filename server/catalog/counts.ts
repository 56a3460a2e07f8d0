import type { VariantId } from '#contract/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import type { Balances, MovementLine } from './core/stock.ts';
import type { StockCounts, StockStore } from './store.ts';

/** Figures of a variant as the record had them; `version` counts its changes. */
export type Figures = Balances & { version: number };

/** Turns hopeless holds away before they cost the record anything. */
export type Shed = {
  /** The record had too few of something a moment ago. Never true for longer than that after units came back. */
  isHopeless(lines: readonly MovementLine[]): Promise<boolean>;
  /** What the record said of a variant at an instant, in milliseconds since 1970. */
  saw(variantId: VariantId, figures: Figures, at: number): void;
};

/** The longest that a count may turn holds away without the record being asked. */
const shedMs = 300;

/**
 * Counts beside the record. They are noted with every settled change and with every look at the record; lost or wrong
 * ones do no harm: they end by themselves, and what is missing is read from the record and noted again.
 */
export function createCounting({
  stock,
  counts,
  clock,
}: {
  stock: StockStore;
  counts: StockCounts;
  clock: Clock;
}): {
  /** The record, which notes each settled change. */
  stock: StockStore;
  shed: Shed;
  /** Figures to show: at most seconds old where Redis or a process was lost, else as they are. */
  shown(variantIds: readonly VariantId[]): Promise<Map<VariantId, Figures>>;
} {
  const note = (variantId: VariantId, { available, held, sold, version }: Figures, at: number): void => {
    counts
      .note(variantId, { available, held, sold, version, at })
      .catch((fault: unknown) => logger.debug({ err: fault, variantId }, 'count not noted'));
  };
  const read = async (variantIds: readonly VariantId[]) =>
    counts.read(variantIds).catch((fault: unknown) => {
      logger.debug({ err: fault }, 'counts not read');
      return new Map<VariantId, never>();
    });

  return {
    stock: {
      ...stock,
      async settle(variantId, settlement) {
        const at = clock.now();
        await stock.settle(variantId, settlement);
        if (settlement.written) note(variantId, settlement.written.told, at);
      },
    },
    shed: {
      saw: note,
      async isHopeless(lines) {
        const known = await read(lines.map(({ variantId }) => variantId));
        return lines.some(({ variantId, quantity }) => {
          const count = known.get(variantId);
          if (count === undefined || count.available >= quantity) return false;
          const ageMs = clock.now() - count.at;
          return ageMs >= 0 && ageMs < shedMs;
        });
      },
    },
    async shown(variantIds) {
      const known = await read(variantIds);
      const missing = variantIds.filter((variantId) => !known.has(variantId));
      const at = clock.now();
      const rows = missing.length > 0 ? await stock.rows(missing) : [];
      for (const row of rows) note(row.variantId, row, at);
      return new Map<VariantId, Figures>([...known, ...rows.map((row) => [row.variantId, row] as const)]);
    },
  };
}
