import type { AccountFact } from './core/payout.ts';
import type { DisputeRecord, PaymentStore, PlannedMove } from './store.ts';

/** What payments remembers, in one process: for tests without a record. */
export function memoryPaymentStore(): PaymentStore {
  const moves = new Map<string, PlannedMove & { madeAs: string | undefined }>();
  const disputes = new Map<string, DisputeRecord>();
  const seen = new Map<string, string>();
  const payouts = new Map<string, AccountFact>();
  const marks = new Map<string, Date>();
  return {
    async plan(move) {
      if (moves.has(move.moveId)) return 'known';
      moves.set(move.moveId, { ...move, tries: 0, refusals: 0, madeAs: undefined });
      return 'new';
    },
    dueMoves: async (kind, now, limit) =>
      [...moves.values()]
        .filter((move) => move.kind === kind && move.madeAs === undefined && move.dueAt <= now)
        .toSorted((one, other) => one.dueAt.getTime() - other.dueAt.getTime())
        .slice(0, limit)
        .map(({ madeAs: _, ...move }) => move),
    moveOf: async (moveId) => structuredClone(moves.get(moveId)),
    async markMade(moveId, madeAs) {
      const move = moves.get(moveId);
      if (move) move.madeAs ??= madeAs;
    },
    async putOff(moveId, until) {
      const move = moves.get(moveId);
      if (move?.madeAs !== undefined || move === undefined) return;
      move.dueAt = until;
      move.tries += 1;
    },
    async putOffRefused({ moveId, refusals }, until) {
      const move = moves.get(moveId);
      if (move?.madeAs !== undefined || move?.refusals !== refusals) return;
      move.dueAt = until;
      move.tries += 1;
      move.refusals += 1;
    },
    async note({ intentId, look }) {
      seen.set(intentId, look);
    },
    seen: async (intentIds) => new Map([...seen].filter(([intentId]) => intentIds.includes(intentId))),
    payoutOf: async (vendorId) => structuredClone(payouts.get(vendorId)),
    async savePayout(vendorId, account) {
      payouts.set(vendorId, structuredClone(account));
    },
    async saveDispute(dispute) {
      disputes.set(dispute.disputeId, structuredClone(dispute));
    },
    disputesOf: async (intentId) =>
      [...disputes.values()].filter((one) => one.intentId === intentId).map((one) => structuredClone(one)),
    knowsAccount: async (accountId) => [...payouts.values()].some((one) => one.accountId === accountId),
    unfinishedPayouts: async (limit) =>
      [...payouts]
        .filter(([, { canBePaid }]) => !canBePaid)
        .slice(0, limit)
        .map(([vendorId, { accountId }]) => ({ vendorId, accountId })),
    mark: async (name) => marks.get(name),
    async setMark(name, at) {
      marks.set(name, at);
    },
  };
}
