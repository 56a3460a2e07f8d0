import { randomUUID } from 'node:crypto';
import { accept, type Result, refuse } from '#contract/errors.ts';
import type { VariantId } from '#contract/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { type End, ends, type Movement, type MovementLine, sortedLines, type Take } from './core/stock.ts';
import type { Shed } from './counts.ts';
import { repair } from './repair.ts';
import { endAll, type FailPoint, type StepParts, takeAll, undoAll } from './steps.ts';
import type { StockStore } from './store.ts';

type HoldRefusal = 'out-of-stock' | 'product-retired' | 'hold-ended';

/**
 * Holds of stock, arbitrated by MongoDB alone. Everything is idempotent by the hold's owner (an order's id): a hold
 * ends once, by release or by commit; sold units come back under a return's own id. A process may die between any
 * two steps: `repair` finishes what it left. Who holds also sees to the end: `endsAt` is kept, not acted on.
 */
export type Holds = {
  /** Holds every line, or none. `hold-ended`: this owner's hold was released already. */
  hold(ask: {
    holdOwner: string;
    lines: readonly MovementLine[];
    endsAt: Date;
  }): Promise<Result<void, HoldRefusal>>;
  /**
   * Held → available, and over for good: whoever holds under this name later is refused, whether it held anything or
   * not. What is sold is refused.
   */
  release(holdOwner: string, reason: string): Promise<Result<void, 'hold-ended'>>;
  /** Held → sold; refused after a release. */
  commit(holdOwner: string): Promise<Result<void, 'hold-ended'>>;
  /**
   * Sold units come back, once per id: on the shelf, or out of the books. The caller answers for their having been
   * sold and not returned before.
   */
  takeBack(ask: {
    returnId: string;
    lines: readonly MovementLine[];
    as: 'restock' | 'write-off';
    reason: string;
  }): Promise<void>;
  /** A vendor's change, once per id: units in, or out. */
  change(change: StockChangeAsk): Promise<Result<void, 'stock-below-held'>>;
  /** Finishes what was left half done for longer than this; answers how many steps it closed. */
  repair(olderThanMs?: number): Promise<number>;
};

type StockChangeAsk = {
  changeId: string;
  variantId: VariantId;
  kind: 'opening' | 'restock' | 'write-off';
  quantity: number;
  reason: string;
};

/** See {@link Holds}. `failpoint` stands between every two steps, for tests. */
export function createHolds({
  store,
  clock,
  shed,
  newId = randomUUID,
  failpoint = () => {},
}: {
  store: StockStore;
  clock: Clock;
  shed?: Shed;
  newId?: () => string;
  failpoint?: FailPoint;
}): Holds {
  const parts: StepParts = { store, now: () => clock.now(), newId, failpoint };

  const fresh = (id: string, lines: readonly MovementLine[], reason: string): Movement => ({
    id,
    state: 'noted',
    rev: 0,
    asking: undefined,
    steps: [],
    lines: sortedLines(lines),
    endsAt: undefined,
    reason,
    at: clock.now(),
  });

  /** The movement that now asks, after whatever asked under this id before was fenced off; or the state it is in. */
  async function ask(
    wanted: Movement & { asking: string },
    cause: Take,
  ): Promise<Movement['state'] | 'asking-now'> {
    for (;;) {
      if (await store.insertMovement(wanted)) return 'asking-now';
      const present = await store.movement(wanted.id);
      if (present === undefined) continue;
      const { state, rev, asking, lines } = present;
      if (state !== 'asking' && state !== 'refused') return state;
      const { lines: newLines, endsAt, at } = wanted;
      const change = {
        state: 'asking',
        asking: wanted.asking,
        rev: rev + 1,
        lines: newLines,
        endsAt,
        at,
      } as const;
      if ((await store.changeMovement(wanted.id, { state, rev }, change)) === undefined) continue;
      wanted.rev = rev + 1;
      // What the attempt before took is void from now on.
      if (asking !== undefined) await undoAll(parts, { id: wanted.id, asking, lines }, cause);
      return 'asking-now';
    }
  }

  async function end(id: string, cause: End, reason: string): Promise<Result<void, 'hold-ended'>> {
    const { from, to } = ends[cause];
    for (;;) {
      const movement = await store.movement(id);
      if (movement === undefined) {
        if (cause !== 'release') return cause === 'sale' ? refuse('hold-ended') : accept(undefined);
        // Whoever may still be about to hold under this name finds it over.
        if (await store.insertMovement({ ...fresh(id, [], reason), state: 'released' }))
          return accept(undefined);
        continue;
      }
      if (movement.state === to) return accept(undefined);
      if (movement.state === from) {
        if (await endAll(parts, movement, cause, reason)) return accept(undefined);
        continue;
      }
      if (movement.state === 'refused' && cause === 'release') {
        const { state, rev } = movement;
        if (await store.changeMovement(id, { state, rev }, { state: 'released', reason }))
          return accept(undefined);
        continue;
      }
      const isNothingHeld = movement.state === 'refused' || movement.state === 'released';
      if (isNothingHeld && cause !== 'sale') return accept(undefined);
      if (movement.state === 'asking' && movement.asking !== undefined && cause === 'release') {
        const { asking, lines } = movement;
        const stopped = await store.changeMovement(
          id,
          { state: 'asking', asking },
          { state: 'released', reason },
        );
        if (stopped === undefined) continue;
        await undoAll(parts, { id, asking, lines }, 'hold');
        return accept(undefined);
      }
      return refuse('hold-ended');
    }
  }

  return {
    async hold({ holdOwner, lines, endsAt }) {
      // Whoever asked before may hold the very units that are gone: only the record knows.
      if ((await shed?.isHopeless(lines)) && (await store.movement(holdOwner)) === undefined)
        return refuse('out-of-stock');
      const asking = newId();
      const wanted: Movement & { asking: string } = {
        ...fresh(holdOwner, lines, ''),
        state: 'asking',
        asking,
        endsAt: endsAt.getTime(),
      };
      const state = await ask(wanted, 'hold');
      if (state === 'held' || state === 'committed') return accept(undefined);
      if (state !== 'asking-now') return refuse('hold-ended');
      await failpoint('asked');
      const short = await takeAll(parts, wanted, 'hold');
      if (short === undefined) return accept(undefined);
      const at = clock.now();
      const [row] = await store.rows([short]);
      if (row) shed?.saw(short, row, at);
      return refuse(row?.isRetired === false ? 'out-of-stock' : 'product-retired');
    },

    release: (holdOwner, reason) => end(holdOwner, 'release', reason),
    commit: (holdOwner) => end(holdOwner, 'sale', ''),
    async takeBack({ returnId, lines, as, reason }) {
      const id = `return:${returnId}`;
      await store.insertMovement(fresh(id, lines, reason));
      await failpoint('noted');
      await end(id, as === 'restock' ? 'return' : 'return-write-off', reason);
    },

    async change({ changeId, variantId, kind, quantity, reason }) {
      const id = `change:${variantId}:${changeId}`;
      const noted = fresh(id, [{ variantId, quantity }], reason);
      if (kind === 'write-off') {
        const wanted = { ...noted, state: 'asking' as const, asking: newId() };
        if ((await ask(wanted, 'write-off')) !== 'asking-now') return accept(undefined);
        await failpoint('asked');
        const short = await takeAll(parts, wanted, 'write-off');
        return short === undefined ? accept(undefined) : refuse('stock-below-held');
      }
      await store.insertMovement(noted);
      await failpoint('noted');
      await end(id, kind, reason);
      return accept(undefined);
    },

    repair: (olderThanMs = 5000) => repair(parts, clock.now() - olderThanMs),
  };
}
