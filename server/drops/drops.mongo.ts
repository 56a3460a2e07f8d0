import type { CloseReason, DropApproval, FunderShares } from '#contract/drops.ts';
import type { AccountId, ChannelId, DropId, ProductId, StreamId, VendorId } from '#contract/ids.ts';
import type { Money } from '#contract/money.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { type Outbox, type OutboxEvent, outboxFields } from '../platform/outbox.ts';
import type { Drop, Validity } from './core/drop.ts';
import type { DropRecord, PendingBatch } from './store.ts';

type DropDocument = {
  _id: DropId;
  streamId: StreamId;
  channelId: ChannelId;
  title: string;
  amountOff: Money;
  minimumSpend: Money;
  productIds: ProductId[];
  vendorIds: VendorId[];
  stock: number;
  perViewer: number;
  claimWindowMs: number;
  validity: { kind: 'until'; endsAt: Date } | { kind: 'after-grant'; minutes: number };
  funders: FunderShares;
  approvals: DropApproval[];
  state: Drop['state'];
  version: number;
  rules: number;
  epoch: number;
  left: number;
  lastNumber: number;
  configuredBy: AccountId;
  createdAt: Date;
  openedAt?: Date;
  closesAt?: Date;
  closedAt?: Date;
  closeReason?: CloseReason;
  /** Batches made granted whose grants may not all stand yet; `mark` names a batch for ever. */
  pending: (PendingBatch & { mark: string })[];
  /** Marks of the latest batches that are done: a batch written twice must find the guard closed. */
  settled: string[];
  returned: string[];
  isForgotten: boolean;
  /** Until when somebody is making the next epoch. */
  leaseUntil: Date;
  outbox: OutboxEvent[];
};

type PlaceDocument = { _id: StreamId; dropId: DropId };

const markOf = ({ epoch, batchId }: { epoch: number; batchId: string }): string => `${epoch}.${batchId}`;
const settledKept = 2000;

/** Drops in MongoDB; every change is one guarded write of one document. */
export function mongoDropRecord(mongo: Mongo, outbox: Outbox): DropRecord {
  const drops = modelOf<DropDocument>(mongo, 'drops', {
    streamId: String,
    channelId: String,
    title: String,
    amountOff: Mixed,
    minimumSpend: Mixed,
    productIds: [String],
    vendorIds: [String],
    stock: Number,
    perViewer: Number,
    claimWindowMs: Number,
    validity: Mixed,
    funders: [Mixed],
    approvals: [Mixed],
    state: String,
    version: Number,
    rules: Number,
    epoch: Number,
    left: Number,
    lastNumber: Number,
    configuredBy: String,
    createdAt: Date,
    openedAt: Date,
    closesAt: Date,
    closedAt: Date,
    closeReason: String,
    pending: [Mixed],
    settled: [String],
    returned: [String],
    isForgotten: Boolean,
    leaseUntil: Date,
    ...outboxFields,
  });
  outbox.attach(drops);
  // The room's one place for an open drop.
  const places = modelOf<PlaceDocument>(mongo, 'drop_places', { dropId: String });

  /** Reads leave out what grows. */
  const shown = { pending: 0, settled: 0, returned: 0, outbox: 0 } as const;
  const after = { returnDocument: 'after', projection: shown } as const;
  const change = async (filter: object, update: object): Promise<Drop | undefined> => {
    const found = await drops.findOneAndUpdate(filter, update, after).lean<DropDocument | null>();
    return found ? toDrop(found) : undefined;
  };
  const find = async (filter: object): Promise<Drop[]> => {
    const found = await drops.find(filter, shown).sort({ createdAt: 1 }).lean<DropDocument[]>();
    return found.map(toDrop);
  };

  return {
    async insert(drop, event) {
      try {
        await drops.create({
          ...toFields(drop),
          createdAt: event.at,
          pending: [],
          settled: [],
          returned: [],
          isForgotten: false,
          leaseUntil: new Date(0),
          outbox: [event],
        });
      } catch (fault) {
        if (!isDuplicate(fault)) throw fault;
      }
    },
    async get(dropId) {
      return (await find({ _id: dropId }))[0];
    },
    ofStream: (streamId) => find({ streamId }),
    ofVendor: (vendorId) => find({ vendorIds: vendorId }),
    approve: (dropId, version, approvals, event) =>
      change(
        { _id: dropId, version },
        { $set: { approvals }, $inc: { version: 1 }, $push: { outbox: event } },
      ),
    open: (dropId, version, { openedAt, closesAt }, event) =>
      change(
        { _id: dropId, version, state: 'draft' },
        {
          $set: { state: 'open', openedAt: new Date(openedAt), closesAt: new Date(closesAt), epoch: 1 },
          $inc: { version: 1 },
          $push: { outbox: event },
        },
      ),
    end: (dropId, { state, reason, at }, event) =>
      change(
        { _id: dropId, state: 'open', ...(state === 'exhausted' ? { left: 0 } : {}) },
        {
          $set: { state, closeReason: reason, closedAt: new Date(at) },
          $inc: { version: 1 },
          $push: { outbox: event },
        },
      ),
    async fenceRelease(dropId, version) {
      await drops.updateOne({ _id: dropId, state: 'draft', version }, { $inc: { version: 1 } });
    },
    async due(now) {
      const open = await find({ state: 'open' });
      return open.filter(({ closesAt = now, left }) => closesAt <= now || left === 0);
    },
    unforgotten: () => find({ state: trusted({ $in: ['open', 'closed', 'exhausted'] }), isForgotten: false }),
    async markForgotten(dropId) {
      await drops.updateOne({ _id: dropId }, { $set: { isForgotten: true } });
    },
    relay: (dropId) => outbox.relay(drops, dropId),

    async takePlace(streamId, dropId) {
      try {
        await places.create({ _id: streamId, dropId });
        return dropId;
      } catch (fault) {
        if (!isDuplicate(fault)) throw fault;
      }
      const found = await places.findOne({ _id: streamId }).lean<PlaceDocument | null>();
      return found?.dropId ?? this.takePlace(streamId, dropId);
    },
    async passPlace(streamId, from, to) {
      const { matchedCount } = await places.updateOne(
        { _id: streamId, dropId: from },
        { $set: { dropId: to } },
      );
      return matchedCount === 1;
    },
    async leavePlace(streamId, dropId) {
      await places.deleteOne({ _id: streamId, dropId });
    },

    async addPending({ dropId, epoch, batchId, first, sinceOpeningMs, claims }) {
      const mark = markOf({ epoch, batchId });
      const winners = claims.flatMap(({ viewer, key, outcome, ordinal }, index) =>
        outcome === 'granted' ? [{ viewer, key, number: first + index, ordinal }] : [],
      );
      const { matchedCount } = await drops.updateOne(
        {
          _id: dropId,
          epoch,
          left: trusted({ $gte: winners.length }),
          'pending.mark': trusted({ $ne: mark }),
          settled: trusted({ $ne: mark }),
        },
        {
          $inc: { left: -winners.length },
          $max: { lastNumber: first + claims.length - 1 },
          $push: { pending: { mark, epoch, batchId, first, sinceOpeningMs, winners } },
        },
      );
      if (matchedCount === 1) return 'added';
      const found = await drops
        .findOne({ _id: dropId }, { epoch: 1, 'pending.mark': 1, settled: 1 })
        .lean<Pick<DropDocument, 'epoch' | 'settled' | 'pending'> | null>();
      if (!found) return 'void';
      if (found.settled.includes(mark) || found.pending.some((batch) => batch.mark === mark)) return 'known';
      return found.epoch === epoch ? 'short' : 'void';
    },
    settle: (dropId, batch) => {
      const mark = markOf(batch);
      return change(
        { _id: dropId, 'pending.mark': mark },
        {
          $pull: { pending: { mark } },
          $push: { settled: { $each: [mark], $slice: -settledKept } },
        },
      );
    },
    async pending(dropId) {
      const found = await drops
        .findOne({ _id: dropId }, { pending: 1 })
        .lean<Pick<DropDocument, 'pending'> | null>();
      return found?.pending ?? [];
    },
    async takeBack(dropId, grantId) {
      await drops.updateOne(
        { _id: dropId, returned: trusted({ $ne: grantId }) },
        { $inc: { left: 1 }, $push: { returned: grantId } },
      );
    },

    async beginEpoch(dropId, from, now, leaseMs) {
      const drop = await change(
        { _id: dropId, state: 'open', epoch: from, leaseUntil: trusted({ $lte: new Date(now) }) },
        { $inc: { epoch: 1 }, $set: { lastNumber: 0, leaseUntil: new Date(now + leaseMs) } },
      );
      return drop?.epoch;
    },
    setLeft: (dropId, epoch, left) => change({ _id: dropId, epoch }, { $set: { left } }),
    async endLease(dropId, epoch) {
      await drops.updateOne({ _id: dropId, epoch }, { $set: { leaseUntil: new Date(0) } });
    },
  };
}

function toFields(drop: Drop) {
  const { dropId, validity, openedAt, closesAt, closedAt, ...rest } = drop;
  return {
    _id: dropId,
    ...rest,
    validity: validity.kind === 'until' ? { ...validity, endsAt: new Date(validity.endsAt) } : validity,
    ...(openedAt === undefined ? {} : { openedAt: new Date(openedAt) }),
    ...(closesAt === undefined ? {} : { closesAt: new Date(closesAt) }),
    ...(closedAt === undefined ? {} : { closedAt: new Date(closedAt) }),
  };
}

function toDrop(document: DropDocument): Drop {
  const { _id, validity, openedAt, closesAt, closedAt, closeReason, ...rest } = document;
  const {
    pending: _p,
    settled: _s,
    returned: _r,
    outbox: _o,
    isForgotten: _f,
    leaseUntil: _l,
    ...kept
  } = rest;
  const { createdAt: _c, ...drop } = kept;
  const until: Validity =
    validity.kind === 'until' ? { ...validity, endsAt: validity.endsAt.getTime() } : validity;
  return {
    dropId: _id,
    ...drop,
    validity: until,
    ...(openedAt ? { openedAt: openedAt.getTime() } : {}),
    ...(closesAt ? { closesAt: closesAt.getTime() } : {}),
    ...(closedAt ? { closedAt: closedAt.getTime() } : {}),
    ...(closeReason ? { closeReason } : {}),
  };
}
