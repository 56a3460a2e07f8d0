import type { RefundId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { isDuplicate, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import type { DisputeRecord, MoneyMove, PaymentStore, PlannedMove } from './store.ts';

type MoveDocument = {
  _id: string;
  kind: MoneyMove['kind'];
  state: 'planned' | 'made';
  amount: Money;
  intentId?: string;
  refundId?: RefundId;
  afterMoveId?: string;
  vendorId?: string;
  chargeId?: string;
  transferGroup?: string;
  reason: string;
  dueAt: Date;
  tries: number;
  refusals: number;
  lastFault?: string;
  madeAs?: string;
  madeAt?: Date;
};
type SeenDocument = { _id: string; look: string; causeId: string; at: Date };
type PayoutDocument = {
  _id: string;
  accountId: string;
  canBePaid: boolean;
  hasSubmittedDetails: boolean;
  missing: string[];
  at: Date;
};
type DisputeDocument = Omit<DisputeRecord, 'disputeId' | 'evidenceDueAt'> & {
  _id: string;
  evidenceDueAt?: Date;
};
type MarkDocument = { _id: string; at: Date };

/** What payments remembers, in the record. */
export function mongoPaymentStore(mongo: Mongo): PaymentStore {
  const moves = modelOf<MoveDocument>(mongo, 'money_moves', {
    kind: String,
    state: String,
    amount: { amount: Number, currency: String },
    intentId: String,
    refundId: String,
    afterMoveId: String,
    vendorId: String,
    chargeId: String,
    transferGroup: String,
    reason: String,
    dueAt: Date,
    tries: Number,
    refusals: Number,
    lastFault: String,
    madeAs: String,
    madeAt: Date,
  });
  const seen = modelOf<SeenDocument>(mongo, 'seen_payments', { look: String, causeId: String, at: Date });
  const payouts = modelOf<PayoutDocument>(mongo, 'payout_accounts', {
    accountId: String,
    canBePaid: Boolean,
    hasSubmittedDetails: Boolean,
    missing: [String],
    at: Date,
  });
  const disputes = modelOf<DisputeDocument>(mongo, 'disputes', {
    intentId: String,
    subjectId: String,
    state: String,
    reason: String,
    amount: { amount: Number, currency: String },
    evidenceDueAt: Date,
    at: Date,
    seenAt: Date,
  });
  const marks = modelOf<MarkDocument>(mongo, 'payment_marks', { at: Date });
  return {
    async plan({ moveId, ...move }) {
      const known = Object.fromEntries(Object.entries(move).filter(([, value]) => value !== undefined));
      try {
        await moves.create({ _id: moveId, ...known, state: 'planned', tries: 0, refusals: 0 });
        return 'new';
      } catch (fault) {
        if (isDuplicate(fault)) return 'known';
        throw fault;
      }
    },
    async dueMoves(kind, now, limit) {
      const found = await moves
        .find({ state: 'planned', kind, dueAt: trusted({ $lte: now }) })
        .sort({ dueAt: 1 })
        .limit(limit)
        .lean();
      return found.map(moveOf);
    },
    async moveOf(moveId) {
      const found = await moves.findOne({ _id: moveId }).lean();
      return found ? { ...moveOf(found), madeAs: found.madeAs } : undefined;
    },
    async markMade(moveId, madeAs, at) {
      await moves.updateOne(
        { _id: moveId, state: 'planned' },
        { $set: { state: 'made', madeAs, madeAt: at } },
      );
    },
    async putOff(moveId, until, fault) {
      await moves.updateOne(
        { _id: moveId, state: 'planned' },
        { $set: { dueAt: until, lastFault: fault.slice(0, 500) }, $inc: { tries: 1 } },
      );
    },
    async putOffRefused({ moveId, refusals }, until, fault) {
      await moves.updateOne(
        { _id: moveId, state: 'planned', refusals },
        { $set: { dueAt: until, lastFault: fault.slice(0, 500) }, $inc: { tries: 1, refusals: 1 } },
      );
    },
    async note({ intentId, ...facts }) {
      await seen.updateOne({ _id: intentId }, { $set: facts }, { upsert: true });
    },
    async seen(intentIds) {
      const found = await seen.find({ _id: trusted({ $in: [...intentIds] }) }).lean();
      return new Map(found.map(({ _id, look }) => [_id, look]));
    },
    async payoutOf(vendorId) {
      const found = await payouts.findOne({ _id: vendorId }).lean();
      if (!found) return undefined;
      const { _id, at: _, ...account } = found;
      return { ...account, vendorId: _id };
    },
    async savePayout(vendorId, { accountId, canBePaid, hasSubmittedDetails, missing }, at) {
      await payouts.updateOne(
        { _id: vendorId },
        { $set: { accountId, canBePaid, hasSubmittedDetails, missing: [...missing], at } },
        { upsert: true },
      );
    },
    async saveDispute({ disputeId, evidenceDueAt, ...dispute }) {
      await disputes.updateOne(
        { _id: disputeId },
        { $set: { ...dispute, ...(evidenceDueAt && { evidenceDueAt }) } },
        { upsert: true },
      );
    },
    async disputesOf(intentId) {
      const found = await disputes.find({ intentId }).sort({ at: 1 }).lean();
      return found.map(({ _id, ...dispute }) => ({
        ...dispute,
        disputeId: _id,
        evidenceDueAt: dispute.evidenceDueAt,
      }));
    },
    knowsAccount: async (accountId) => (await payouts.findOne({ accountId }, { _id: 1 }).lean()) !== null,
    async unfinishedPayouts(limit) {
      const found = await payouts.find({ canBePaid: false }, { accountId: 1 }).limit(limit).lean();
      return found.map(({ _id, accountId }) => ({ vendorId: _id, accountId }));
    },
    mark: async (name) => (await marks.findOne({ _id: name }).lean())?.at,
    async setMark(name, at) {
      await marks.updateOne({ _id: name }, { $set: { at } }, { upsert: true });
    },
  };
}

const moveOf = (document: MoveDocument): PlannedMove => ({
  moveId: document._id,
  kind: document.kind,
  amount: document.amount,
  intentId: document.intentId,
  refundId: document.refundId,
  afterMoveId: document.afterMoveId,
  vendorId: document.vendorId,
  chargeId: document.chargeId,
  transferGroup: document.transferGroup,
  reason: document.reason,
  dueAt: document.dueAt,
  tries: document.tries,
  refusals: document.refusals,
});
