import { AbiCoder, concat, keccak256 } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";

/** A public key as the contract takes it: coordinates as 0x-hex, 32 bytes each. Its curve is a clause of the order. */
export interface KeyPoint {
  x: string;
  y: string;
}

/** The keys whose signatures an order demands: the root that its terms name, and what proves that a key is among them. */
export interface DeviceKeys {
  root: string;
  /** Hashes from the key's leaf to the root. @throws FactoryChainError `device-key-unknown` */
  proofOf(key: KeyPoint): string[];
}

/**
 * The Merkle tree over keys of devices, as DeviceKeys.sol reads it: a leaf is hashed twice, pairs are sorted, and leaves
 * stand in the tree as OpenZeppelin's `StandardMerkleTree` of (bytes32, bytes32) puts them, whose root is the same. One
 * key: its leaf is the root. The keys' order does not matter, and a key that stands twice counts once.
 *
 * @throws FactoryChainError `device-keys-none`
 */
export function deviceTree(keys: readonly KeyPoint[]): DeviceKeys {
  const leaves = [...new Set(keys.map(deviceLeaf))].sort();
  const last = 2 * leaves.length - 2;
  const tree: string[] = [];
  for (const [i, leaf] of leaves.entries()) tree[last - i] = leaf;
  for (let i = last - leaves.length; i >= 0; i--) tree[i] = hashPair(tree[2 * i + 1] ?? "", tree[2 * i + 2] ?? "");
  const [root] = tree;
  if (root === undefined) {
    throw new FactoryChainError("device-keys-none", "There is no key among whose signatures the order could choose.", {
      expected: "at least one public key",
    });
  }
  return {
    root,
    proofOf(key) {
      const index = leaves.indexOf(deviceLeaf(key));
      if (index < 0) {
        throw new FactoryChainError("device-key-unknown", `The key ${key.x} is not among those of the order.`, {
          expected: "one of the keys whose root the order's terms name",
          advice: "Sign with one of these keys, or agree on others: they are part of the order.",
        });
      }
      const proof: string[] = [];
      // The sibling of an odd place is the one behind it, of an even place the one before it.
      for (let at = last - index; at > 0; at = (at - 1) >> 1) proof.push(tree[at % 2 === 1 ? at + 1 : at - 1] ?? "");
      return proof;
    },
  };
}

/** Whether a key is among those of a root. */
export function isDeviceOf({ root, key, proof }: { root: string; key: KeyPoint; proof: readonly string[] }): boolean {
  return proof.reduce(hashPair, deviceLeaf(key)) === root.toLowerCase();
}

function deviceLeaf({ x, y }: KeyPoint): string {
  return keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [x, y])));
}

function hashPair(one: string, two: string): string {
  return keccak256(one < two ? concat([one, two]) : concat([two, one]));
}
