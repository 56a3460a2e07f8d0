/**
 * What a receipt says and how to check it, with WebCrypto alone: the server makes receipts by these rules, the page
 * and scripts check them by these rules.
 */

/**
 * One answered claim. `number` is its place among the claims of the drop's epoch; `previous` is where the head of a
 * hash chain will stand and is null without one. `void` was decided in a state that was lost, and never told.
 */
export type ReceiptLeaf = {
  dropId: string;
  epoch: number;
  number: number;
  /** Milliseconds from the opening of the drop to the decision, on the one clock. */
  sinceOpeningMs: number;
  outcome: 'granted' | 'already-granted' | 'sold-out' | 'drop-closed' | 'not-eligible' | 'void';
  reason: string | null;
  /** The claimant's pseudonym. */
  viewer: string;
  previous: string | null;
};

/** A leaf with the proof that it stands under a signed batch root. Hashes are hex, the signature is base64url. */
export type Receipt = {
  leaf: ReceiptLeaf;
  /** The batch's first arrival number; the leaf's position in the tree; how many leaves the tree has. */
  first: number;
  index: number;
  size: number;
  path: string[];
  root: string;
  signature: string;
  keyId: string;
};

/** A published key: Ed25519, 32 raw bytes as base64url. */
export type ReceiptKey = { keyId: string; publicKey: string };

/** The exact text of a leaf that is hashed. */
export const leafText = (leaf: ReceiptLeaf): string =>
  JSON.stringify([
    'dropcast claim 1',
    leaf.dropId,
    leaf.epoch,
    leaf.number,
    leaf.sinceOpeningMs,
    leaf.outcome,
    leaf.reason,
    leaf.viewer,
    leaf.previous,
  ]);

/** The exact text that is signed for a batch. */
export const rootText = (batch: {
  dropId: string;
  epoch: number;
  first: number;
  size: number;
  root: string;
}): string =>
  JSON.stringify(['dropcast claims 1', batch.dropId, batch.epoch, batch.first, batch.size, batch.root]);

/** Prefixes that keep a leaf from passing for an inner node (RFC 6962 section 2.1). */
export const leafPrefix = 0;
export const nodePrefix = 1;

export type ReceiptVerdict = 'valid' | 'unknown-key' | 'not-under-root' | 'bad-signature' | 'unreadable';

/**
 * Checks a receipt against published keys, without a network. The leaf is hashed, its path climbed to the root
 * (RFC 9162 section 2.1.3.2), and the root's signature verified; never throws for a bad receipt.
 */
export async function verifyReceipt(receipt: Receipt, keys: readonly ReceiptKey[]): Promise<ReceiptVerdict> {
  try {
    const key = keys.find(({ keyId }) => keyId === receipt.keyId);
    if (key === undefined) return 'unknown-key';
    if (!(await standsUnderRoot(receipt))) return 'not-under-root';
    const publicKey = await crypto.subtle.importKey(
      'raw',
      fromBase64Url(key.publicKey),
      { name: 'Ed25519' },
      false,
      ['verify'],
    );
    const { dropId, epoch } = receipt.leaf;
    const { first, size, root } = receipt;
    const signed = new TextEncoder().encode(rootText({ dropId, epoch, first, size, root }));
    const isSigned = await crypto.subtle.verify(
      { name: 'Ed25519' },
      publicKey,
      fromBase64Url(receipt.signature),
      signed,
    );
    return isSigned ? 'valid' : 'bad-signature';
  } catch {
    return 'unreadable';
  }
}

async function standsUnderRoot({ leaf, index, size, path, root }: Receipt): Promise<boolean> {
  if (!Number.isInteger(index) || index < 0 || index >= size) return false;
  let hash = await sha256(leafPrefix, new TextEncoder().encode(leafText(leaf)));
  let position = index;
  let last = size - 1;
  for (const step of path) {
    if (last === 0) return false;
    const sibling = fromHex(step);
    if (position % 2 === 1 || position === last) {
      hash = await sha256(nodePrefix, sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    } else hash = await sha256(nodePrefix, hash, sibling);
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && toHex(hash) === root;
}

async function sha256(prefix: number, ...parts: Uint8Array[]): Promise<Uint8Array> {
  const whole = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  whole[0] = prefix;
  let at = 1;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/.test(text)) throw new Error('not hex');
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const again = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  // The last character's spare bits could say anything: only one spelling counts.
  if (again !== text) throw new Error('not base64url');
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
