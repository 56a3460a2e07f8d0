import { type Receipt, type ReceiptLeaf, rootText } from '#contract/receipt.ts';
import { merklePath, merkleTree } from './core/merkle.ts';
import type { AnsweredClaim, ClaimBatch, ReceiptSigner, SignedBatch } from './store.ts';

type Unsigned = Omit<SignedBatch, 'root' | 'signature' | 'keyId'>;

/** A batch ready to be signed; winners of a void one were never told, and the record says so. */
export function answeredBatch({ claims, ...batch }: ClaimBatch, isVoid: boolean): Unsigned {
  return {
    ...batch,
    claims: claims.map((claim, index) => ({
      ...claim,
      number: batch.first + index,
      outcome: isVoid && claim.outcome === 'granted' ? 'void' : claim.outcome,
    })),
  };
}

/** One signature over the root of all the batch's claims. */
export function signBatch(batch: Unsigned, signer: ReceiptSigner): SignedBatch {
  const { root } = merkleTree(leavesOf(batch), signer.hash);
  const { dropId, epoch, first, claims } = batch;
  const signature = signer.sign(rootText({ dropId, epoch, first, size: claims.length, root }));
  return { ...batch, root, signature, keyId: signer.keyId };
}

/** The receipt of one claim of a kept batch. */
export function receiptOf(batch: SignedBatch, claim: AnsweredClaim, hash: ReceiptSigner['hash']): Receipt {
  const leaves = leavesOf(batch);
  const index = batch.claims.indexOf(claim);
  const leaf = leaves[index];
  if (leaf === undefined) throw new Error('a claim that is not of this batch');
  const { first, root, signature, keyId } = batch;
  const path = merklePath(merkleTree(leaves, hash), index);
  return { leaf, first, index, size: leaves.length, path, root, signature, keyId };
}

function leavesOf({ dropId, epoch, sinceOpeningMs, claims }: Unsigned): ReceiptLeaf[] {
  return claims.map(({ number, outcome, reason = null, viewer }) => ({
    dropId,
    epoch,
    number,
    sinceOpeningMs,
    outcome,
    reason,
    viewer,
    previous: null,
  }));
}
