import { setTimeout as wait } from 'node:timers/promises';
import type { Drop } from './core/drop.ts';
import { makeGrant } from './core/grant.ts';
import { answeredBatch, signBatch } from './receipts.ts';
import type { BatchRecord, ClaimBatch, DropRecord, Grant, GrantRecord, ReceiptSigner } from './store.ts';

type Parts = {
  drops: DropRecord;
  grants: GrantRecord;
  batches: BatchRecord;
  signer: ReceiptSigner;
  /** Called when the record has granted a drop's last coupon. */
  lastGranted(drop: Drop): void;
};

export type Recorder = ReturnType<typeof createRecorder>;

/** Puts what the arbiter decided into the record. Everything here may be done twice, by anybody, with one effect. */
export function createRecorder({ drops, grants, batches, signer, lastGranted }: Parts) {
  const finish = async (drop: Drop, batch: ClaimBatch, won: readonly Grant[], isVoid: boolean) => {
    await Promise.all([batches.put(signBatch(answeredBatch(batch, isVoid), signer)), grants.insert(won)]);
    if (won.length === 0) return;
    const after = await drops.settle(drop.dropId, batch);
    if (after?.state === 'open' && after.left === 0) lastGranted(after);
  };

  return {
    /**
     * Records a batch. `granted`: its winners have their coupons. `void` and `short`: nobody won (another epoch is in
     * force, or somebody counted wrong), and nobody may be told so.
     */
    async record(
      drop: Drop,
      batch: ClaimBatch,
    ): Promise<{ status: 'recorded'; granted: Grant[] } | { status: 'void' | 'short' }> {
      const winners = batch.claims.flatMap(({ viewer, outcome, ordinal }, index) =>
        outcome === 'granted' ? [{ viewer, number: batch.first + index, ordinal }] : [],
      );
      if (winners.length > 0) {
        const fence = await drops.addPending(batch);
        if (fence === 'void' || fence === 'short') {
          await finish(drop, batch, [], true);
          return { status: fence };
        }
      }
      const granted = winners.map((winner) => makeGrant(drop, batch, winner));
      await finish(drop, batch, granted, false);
      return { status: 'recorded', granted };
    },

    /** Finishes what was made granted and not written out; who is still at it gets `patienceMs` to do it in full. */
    async finishPending(drop: Drop, patienceMs: number): Promise<void> {
      const deadline = performance.now() + patienceMs;
      while (performance.now() < deadline && (await drops.pending(drop.dropId)).length > 0) await wait(20);
      for (const { winners, ...pending } of await drops.pending(drop.dropId)) {
        const batch = { ...pending, dropId: drop.dropId, openedAt: drop.openedAt ?? 0 };
        const claims = winners.map((winner) => ({ ...winner, outcome: 'granted' as const }));
        await Promise.all([
          batches.put(signBatch({ ...batch, claims }, signer)),
          grants.insert(winners.map((winner) => makeGrant(drop, batch, winner))),
        ]);
        await drops.settle(drop.dropId, pending);
      }
    },
  };
}
