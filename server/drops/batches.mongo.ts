import type { DropId } from '#contract/ids.ts';
import { isDuplicate, Mixed, type Mongo, modelOf } from '../platform/mongo.ts';
import type { BatchRecord, SignedBatch } from './store.ts';

type BatchDocument = Omit<SignedBatch, 'openedAt'> & { _id: string; openedAt: Date; size: number };
type AsideDocument = { _id: string; dropId: DropId; raw: string[] };

const idOf = (dropId: DropId, epoch: number, batchId: string): string => `${dropId}.${epoch}.${batchId}`;

/** Every numbered claim in MongoDB, one document a batch. */
export function mongoBatchRecord(mongo: Mongo): BatchRecord {
  const batches = modelOf<BatchDocument>(mongo, 'claim_batches', {
    dropId: String,
    epoch: Number,
    batchId: String,
    first: Number,
    openedAt: Date,
    sinceOpeningMs: Number,
    claims: [Mixed],
    root: String,
    signature: String,
    keyId: String,
    size: Number,
  });
  const aside = modelOf<AsideDocument>(mongo, 'claim_entries_aside', { dropId: String, raw: [String] });

  const find = (filter: object) => batches.find(filter).lean<BatchDocument[]>();
  return {
    async put(batch) {
      try {
        await batches.create({
          _id: idOf(batch.dropId, batch.epoch, batch.batchId),
          ...batch,
          openedAt: new Date(batch.openedAt),
          size: batch.claims.length,
        });
      } catch (fault) {
        if (!isDuplicate(fault)) throw fault;
      }
    },
    async get(dropId, epoch, batchId) {
      const [found] = await find({ _id: idOf(dropId, epoch, batchId) });
      return found && toBatch(found);
    },
    ofDrop: async (dropId) => (await find({ dropId })).map(toBatch),
    async ofViewer(viewer, count) {
      const found = await batches
        .find({ 'claims.viewer': viewer })
        .sort({ openedAt: -1, first: -1 })
        .limit(count)
        .lean<BatchDocument[]>();
      return found.map(toBatch);
    },
    async size(dropId) {
      const sizes = await batches.find({ dropId }, { size: 1 }).lean<{ size: number }[]>();
      return sizes.reduce((sum, { size }) => sum + size, 0);
    },
    async find(dropId, viewer, key) {
      const found = await find({ dropId, 'claims.viewer': viewer });
      const ours = found.find(({ claims }) =>
        claims.some((claim) => claim.viewer === viewer && claim.key === key),
      );
      return ours && toBatch(ours);
    },
    async setAside(dropId, entryId, raw) {
      try {
        await aside.create({ _id: `${dropId}.${entryId}`, dropId, raw: [...raw] });
      } catch (fault) {
        if (!isDuplicate(fault)) throw fault;
      }
    },
  };
}

function toBatch({ _id, openedAt, size: _size, ...rest }: BatchDocument): SignedBatch {
  return { ...rest, openedAt: openedAt.getTime() };
}
