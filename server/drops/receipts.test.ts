import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReceiptFile } from '#contract/drops.ts';
import { DropId } from '#contract/ids.ts';
import { type Receipt, verifyReceipt } from '#contract/receipt.ts';
import { merkleTree } from './core/merkle.ts';
import { answeredBatch, receiptOf, signBatch } from './receipts.ts';
import { treeHash } from './signer.mongo.ts';
import type { ReceiptSigner } from './store.ts';

const pair = generateKeyPairSync('ed25519');
const publicKey = pair.publicKey.export({ format: 'jwk' }).x ?? '';
const keys = [{ keyId: 'rk_1', publicKey }];
const privateKey = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
const signer: ReceiptSigner = {
  keyId: 'rk_1',
  sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  hash: treeHash,
  published: async () => [],
};

const batchOf = (size: number, isVoid = false) => {
  const claims = Array.from({ length: size }, (_, index) => ({
    viewer: `viewer-${index}`,
    key: `key-${index}`,
    outcome: index === 0 ? ('granted' as const) : ('not-eligible' as const),
    ...(index === 0 ? {} : { reason: 'staff' }),
    ordinal: index === 0 ? 1 : 0,
  }));
  const batch = {
    dropId: DropId.parse('drop_1'),
    epoch: 2,
    batchId: '1-0',
    first: 41,
    openedAt: 1000,
    sinceOpeningMs: 7,
    claims,
  };
  return signBatch(answeredBatch(batch, isVoid), signer);
};

const receiptAt = (size: number, index: number): Receipt => {
  const batch = batchOf(size);
  const claim = batch.claims[index];
  if (!claim) throw new Error('no such claim');
  return receiptOf(batch, claim, treeHash);
};

test('[M-D2] every receipt of a batch of any size verifies with the published key, winners and losers', async () => {
  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 31, 33])
    for (let index = 0; index < size; index += 1)
      expect(await verifyReceipt(receiptAt(size, index), keys), `${index} of ${size}`).toBe('valid');
});

test('[M-D2] the leaf says drop, arrival number, time since opening, outcome with reason and pseudonym', () => {
  expect(receiptAt(3, 1).leaf).toEqual({
    ...{ dropId: 'drop_1', epoch: 2, number: 42, sinceOpeningMs: 7, viewer: 'viewer-1' },
    ...{ outcome: 'not-eligible', reason: 'staff', previous: null },
  });
});

test('[M-D2] one changed byte, anywhere in a receipt, fails', async () => {
  const whole = JSON.stringify(receiptAt(6, 3));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.constantFrom('0', '1', '7', 'a', 'f', 'A', '-'),
      async (at, byte) => {
        fc.pre(whole[at] !== byte);
        const changed = whole.slice(0, at) + byte + whole.slice(at + 1);
        const parsed = readReceipt(changed);
        // Names of fields and punctuation: no receipt any more.
        if (parsed === undefined) return;
        expect(await verifyReceipt(parsed, keys)).not.toBe('valid');
      },
    ),
    { numRuns: 500 },
  );
});

function readReceipt(text: string): Receipt | undefined {
  try {
    return ReceiptFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

test('[M-D2] every other spelling of a signature fails, also one of the same bytes', async () => {
  const receipt = receiptAt(2, 1);
  for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    const signature = receipt.signature.slice(0, -1) + last;
    const verdict = await verifyReceipt({ ...receipt, signature }, keys);
    expect(verdict === 'valid').toBe(signature === receipt.signature);
  }
});

test('[M-D2] a receipt under another key, or with the path of another claim, fails', async () => {
  const receipt = receiptAt(4, 2);
  expect(await verifyReceipt({ ...receipt, keyId: 'rk_2' }, keys)).toBe('unknown-key');
  expect(await verifyReceipt({ ...receipt, path: receiptAt(4, 1).path }, keys)).toBe('not-under-root');
  expect(await verifyReceipt({ ...receipt, index: 3 }, keys)).toBe('not-under-root');
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
  expect(await verifyReceipt(receipt, [{ keyId: 'rk_1', publicKey: other }])).toBe('bad-signature');
});

test('[M-D1] winners of a void batch are recorded as void, and losers as they were told', () => {
  expect(batchOf(2, true).claims.map(({ outcome }) => outcome)).toEqual(['void', 'not-eligible']);
});

test('a tree without leaves is a bug', () => {
  expect(() => merkleTree([], treeHash)).toThrow('without claims');
});
