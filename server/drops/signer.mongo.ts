import { createPrivateKey, createPublicKey, hash as digest, generateKeyPairSync, sign } from 'node:crypto';
import { isDuplicate, type Mongo, modelOf } from '../platform/mongo.ts';
import type { ReceiptSigner } from './store.ts';

type KeyDocument = { _id: string; publicKey: string; privateKey: string; createdAt: Date };

const keyId = 'rk_1';

/** The installation's receipt key, made by whoever comes first and the same for all processes. */
export async function mongoReceiptSigner(mongo: Mongo, now: () => number): Promise<ReceiptSigner> {
  const keys = modelOf<KeyDocument>(mongo, 'receipt_keys', {
    publicKey: String,
    privateKey: String,
    createdAt: Date,
  });
  const current = await readOrMake();
  const privateKey = createPrivateKey({
    key: Buffer.from(current.privateKey, 'base64url'),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    keyId: current._id,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
    hash: treeHash,
    async published() {
      const found = await keys.find({}).sort({ createdAt: 1 }).lean<KeyDocument[]>();
      return found.map(({ _id, publicKey, createdAt }) => ({
        keyId: _id,
        publicKey,
        createdAt: createdAt.getTime(),
      }));
    },
  };

  async function readOrMake(): Promise<KeyDocument> {
    const known = await keys.findOne({ _id: keyId }).lean<KeyDocument | null>();
    if (known) return known;
    try {
      await keys.create({ _id: keyId, ...newKey(), createdAt: new Date(now()) });
    } catch (fault) {
      if (!isDuplicate(fault)) throw fault;
    }
    const made = await keys.findOne({ _id: keyId }).lean<KeyDocument | null>();
    if (!made) throw new Error('the receipt key was written and is not there');
    return made;
  }
}

function newKey(): Pick<KeyDocument, 'publicKey' | 'privateKey'> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (typeof x !== 'string') throw new Error('an Ed25519 key without x');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { publicKey: x, privateKey: der.toString('base64url') };
}

/** SHA-256 as hex over one prefix byte and the parts: text as UTF-8, inner hashes as their bytes. */
export function treeHash(prefix: number, ...parts: (string | { hex: string })[]): string {
  const bytes = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part) : Buffer.from(part.hex, 'hex'),
  );
  return digest('sha256', Buffer.concat([Buffer.from([prefix]), ...bytes]), 'hex');
}
