import { createHash } from 'node:crypto';
import type { AccountId, DropId, GrantId, OrderId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { remindAt } from './core/grant.ts';
import type { Grant, GrantRecord, ViewerLinks } from './store.ts';

type GrantDocument = Omit<Grant, 'grantId' | 'grantedAt' | 'validUntil'> & {
  _id: GrantId;
  grantedAt: Date;
  validUntil: Date;
  remindAt: Date;
  isReminded: boolean;
};
type PayerDocument = { _id: string; dropId: DropId; orderId: OrderId };
type LinkDocument = { _id: string; accountId: AccountId };

/** Grants, payers' places and viewer links in MongoDB; a grant moves by one guarded write. */
export function mongoGrantRecord(mongo: Mongo): GrantRecord & ViewerLinks {
  const grants = modelOf<GrantDocument>(mongo, 'grants', {
    dropId: String,
    streamId: String,
    viewer: String,
    epoch: Number,
    number: Number,
    batchId: String,
    state: String,
    title: String,
    amountOff: Mixed,
    minimumSpend: Mixed,
    productIds: [String],
    funders: [Mixed],
    grantedAt: Date,
    validUntil: Date,
    remindAt: Date,
    isReminded: Boolean,
    orderId: String,
  });
  const payers = modelOf<PayerDocument>(mongo, 'drop_payers', { dropId: String, orderId: String });
  const links = modelOf<LinkDocument>(mongo, 'drop_viewers', { accountId: String });

  const change = async (filter: object, update: object): Promise<Grant | undefined> => {
    const found = await grants
      .findOneAndUpdate(filter, update, { returnDocument: 'after' })
      .lean<GrantDocument | null>();
    return found ? toGrant(found) : undefined;
  };
  const find = async (filter: object): Promise<Grant[]> =>
    (await grants.find(filter).sort({ grantedAt: 1 }).lean<GrantDocument[]>()).map(toGrant);

  return {
    async insert(added) {
      if (added.length === 0) return;
      try {
        await grants.insertMany(added.map(toFields), { ordered: false });
      } catch (fault) {
        if (!areAllDuplicates(fault)) throw fault;
      }
    },
    get: async (grantId) => (await find({ _id: grantId }))[0],
    ofDrop: (dropId) => find({ dropId }),
    ofViewer: (viewer) => find({ viewer }),
    ofOrder: async (orderId) => (await find({ orderId }))[0],
    reserve: (grantId, orderId, now) =>
      change(
        { _id: grantId, state: 'granted', validUntil: trusted({ $gt: new Date(now) }) },
        { $set: { state: 'reserved', orderId } },
      ),
    redeem: (orderId) => change({ orderId, state: 'reserved' }, { $set: { state: 'redeemed' } }),
    async restore(orderId, now) {
      const held = { orderId, state: trusted({ $in: ['reserved', 'redeemed'] }) };
      return (
        (await change(
          { ...held, validUntil: trusted({ $gt: new Date(now) }) },
          { $set: { state: 'granted' }, $unset: { orderId: 1 } },
        )) ?? change(held, { $set: { state: 'expired' }, $unset: { orderId: 1 } })
      );
    },
    revoke: (grantId) => change({ _id: grantId, state: 'granted' }, { $set: { state: 'revoked' } }),
    async remind(now, count) {
      const due = {
        state: 'granted' as const,
        isReminded: false,
        remindAt: trusted({ $lte: new Date(now) }),
        validUntil: trusted({ $gt: new Date(now) }),
      };
      const found = await grants.find(due, { _id: 1 }).limit(count).lean<{ _id: GrantId }[]>();
      const changed = await Promise.all(
        found.map(({ _id }) => change({ ...due, _id }, { $set: { isReminded: true } })),
      );
      return changed.filter((grant) => grant !== undefined);
    },
    async expire(now, count) {
      const over = { state: 'granted' as const, validUntil: trusted({ $lte: new Date(now) }) };
      const found = await grants.find(over, { _id: 1 }).limit(count).lean<{ _id: GrantId }[]>();
      const changed = await Promise.all(
        found.map(({ _id }) => change({ ...over, _id }, { $set: { state: 'expired' } })),
      );
      return changed.filter((grant) => grant !== undefined);
    },

    async takePayerPlace(dropId, fingerprint, orderId, cap) {
      for (let place = 1; place <= cap; place += 1) {
        const _id = payerPlace(dropId, fingerprint, place);
        const holder = await insertOrRead(_id, dropId, orderId);
        if (holder !== orderId) continue;
        await payers.deleteMany({ orderId, _id: trusted({ $ne: _id }) });
        return true;
      }
      return false;
    },
    async freePayerPlaces(orderId) {
      await payers.deleteMany({ orderId });
    },

    async link(viewer, accountId) {
      await links.updateOne({ _id: viewer }, { $set: { accountId } }, { upsert: true });
    },
    async accountOf(viewer) {
      return (await links.findOne({ _id: viewer }).lean<LinkDocument | null>())?.accountId;
    },
  };

  async function insertOrRead(_id: string, dropId: DropId, orderId: OrderId): Promise<OrderId | undefined> {
    try {
      await payers.create({ _id, dropId, orderId });
      return orderId;
    } catch (fault) {
      if (!isDuplicate(fault)) throw fault;
    }
    return (await payers.findOne({ _id }).lean<PayerDocument | null>())?.orderId;
  }
}

/** The payer of a place, told by a hash: the fingerprint itself is nobody's business here. */
const payerPlace = (dropId: DropId, fingerprint: string, place: number): string =>
  createHash('sha256').update(`${dropId}:${fingerprint}:${place}`).digest('base64url');

function toFields({ grantId, grantedAt, validUntil, ...rest }: Grant): GrantDocument {
  return {
    _id: grantId,
    ...rest,
    grantedAt: new Date(grantedAt),
    validUntil: new Date(validUntil),
    remindAt: new Date(remindAt({ grantedAt, validUntil })),
    isReminded: false,
  };
}

function toGrant({ _id, grantedAt, validUntil, remindAt: _, isReminded: __, ...rest }: GrantDocument): Grant {
  return { grantId: _id, ...rest, grantedAt: grantedAt.getTime(), validUntil: validUntil.getTime() };
}

function areAllDuplicates(fault: unknown): boolean {
  if (!(fault instanceof Error && 'writeErrors' in fault)) return isDuplicate(fault);
  const errors = Array.isArray(fault.writeErrors) ? fault.writeErrors : [fault.writeErrors];
  return errors.every(
    (error: unknown) =>
      typeof error === 'object' && error !== null && 'code' in error && error.code === 11_000,
  );
}
