import { concat, sha256 } from "ethers";

const LEAF = "0x00";
const NODE = "0x01";

/** SHA-256 leaf hash of RFC 9162, section 2.1.1. `data` and result are 0x-hex. */
export function merkleLeaf(data: string): string {
  return sha256(concat([LEAF, data]));
}

/**
 * Merkle tree hash of RFC 9162, section 2.1.1, over leaf hashes in their order.
 *
 * @returns 0x-hex, 32 bytes; the hash of nothing for an empty list.
 */
export function merkleRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return sha256("0x");
  let level = [...leaves];
  while (level.length > 1) {
    const above: string[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as string, level[i + 1]];
      above.push(right === undefined ? left : sha256(concat([NODE, left, right])));
    }
    level = above;
  }
  return level[0] as string;
}
