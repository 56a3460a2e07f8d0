import { leafPrefix, leafText, nodePrefix, type ReceiptLeaf } from '#contract/receipt.ts';

/** SHA-256 over one prefix byte and the parts, as hex; handed in, since core does no hashing of its own. */
export type TreeHash = (prefix: number, ...parts: (string | { hex: string })[]) => string;

/** A Merkle tree over a batch's leaves (RFC 6962 section 2.1), level by level from the leaves up. */
export type MerkleTree = { root: string; levels: string[][] };

/** Builds the tree. @throws Error without leaves. */
export function merkleTree(leaves: readonly ReceiptLeaf[], hash: TreeHash): MerkleTree {
  let level = leaves.map((leaf) => hash(leafPrefix, leafText(leaf)));
  const levels = [level];
  while (level.length > 1) {
    const next: string[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const [left, right] = [level[index], level[index + 1]];
      if (left === undefined) break;
      next.push(right === undefined ? left : hash(nodePrefix, { hex: left }, { hex: right }));
    }
    level = next;
    levels.push(level);
  }
  const [root] = level;
  if (root === undefined) throw new Error('a batch without claims has no root');
  return { root, levels };
}

/** The siblings from a leaf up to the root; where a node has none it rises as it is. */
export function merklePath({ levels }: MerkleTree, index: number): string[] {
  const path: string[] = [];
  let position = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
    if (sibling !== undefined) path.push(sibling);
    position = Math.floor(position / 2);
  }
  return path;
}
