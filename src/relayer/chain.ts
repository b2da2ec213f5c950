import type { Deployment } from "../chain/deployment.ts";
import { createPool } from "../chain/pool.ts";
import type { NodePool } from "../chain/pool.ts";
import { createProvider } from "../chain/provider.ts";
import type { RpcProvider } from "../chain/provider.ts";
import { createSender } from "../chain/sender.ts";
import type { TransactionSigner } from "../chain/sender.ts";
import { createSenders } from "../chain/senders.ts";
import type { Senders } from "../chain/senders.ts";
import type { BlockRef, TransactionStore } from "../chain/transactions.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { describeError } from "../lib/errors.ts";
import type { Log } from "./log.ts";

/** The relayer's nodes, of which one is used at a time. @param urls in order of preference */
export function createNodes(p: {
  urls: string[];
  deployment: Deployment;
  depth: number;
  checkpoints: () => Promise<BlockRef[]>;
  log: Log;
}): NodePool {
  const { urls, deployment, depth, checkpoints, log } = p;
  return createPool({
    nodes: urls.map((url) => ({ url, provider: createProvider({ url }) })),
    chain: deployment,
    checkpoints,
    depth,
    switched: (change) => log.warn(change, "another node of the chain is used"),
    refused: ({ url, error }) => log.error({ url, error: describeError(error) }, "a node is on another chain"),
  });
}

/** The accounts that submit certificates, as one sender. The relayer's own is among them where it is given. */
export function createAccounts(p: {
  signers: TransactionSigner[];
  provider: RpcProvider;
  chainId: number;
  store: TransactionStore;
  depth: number;
  crashpoint: Crashpoint;
}): Senders {
  const { signers, store, ...shared } = p;
  const one = new Map(signers.map((signer) => [signer.address.toLowerCase(), signer]));
  return createSenders({
    senders: [...one.values()].map((signer) => createSender({ signer, store, ...shared })),
    store,
  });
}
