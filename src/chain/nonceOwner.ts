import { FactoryChainError } from "../lib/errors.ts";
import type { RpcProvider } from "./provider.ts";
import type { BlockRef } from "./transactions.ts";
import { readHead, readNonce, readTransactions, refOf } from "./wire.ts";

/** The transaction of an account that the chain holds under a nonce. */
export interface NonceOwner {
  hash: string;
  block: BlockRef;
}

/**
 * Finds the transaction that used a nonce, by looking for the block at which the account's count passed it. Looks
 * from the head backwards in growing steps, because nodes forget old states.
 *
 * @returns null when the chain has not used the nonce, or the node remembers too little to tell
 */
export async function findNonceOwner(p: {
  provider: RpcProvider;
  address: string;
  nonce: number;
}): Promise<NonceOwner | null> {
  try {
    const block = await findBlock(p);
    const held = block === null ? null : await readTransactions(p.provider, block);
    const owner = held?.transactions.find(({ from, nonce }) => from === p.address && nonce === p.nonce);
    return held === null || owner === undefined ? null : { hash: owner.hash, block: refOf(held.block) };
  } catch (error) {
    if (error instanceof FactoryChainError && !error.retryable) return null;
    throw error;
  }
}

async function findBlock(p: { provider: RpcProvider; address: string; nonce: number }): Promise<number | null> {
  const isUsedAt = async (block: number) => (await readNonce(p.provider, p.address, block)) > p.nonce;
  let used = (await readHead(p.provider)).number;
  if (!(await isUsedAt(used))) return null;
  let unused = -1;
  for (let step = 1; used - step >= 0; step *= 2) {
    const block = used - step;
    if (await isUsedAt(block)) {
      used = block;
    } else {
      unused = block;
      break;
    }
  }
  while (used - unused > 1) {
    const middle = unused + Math.floor((used - unused) / 2);
    if (await isUsedAt(middle)) used = middle;
    else unused = middle;
  }
  return used;
}
