import { JsonRpcApiProvider, Network } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";
import { RetryableError } from "../lib/errors.ts";
import type { Deployment } from "./deployment.ts";
import { ChainError } from "./errors.ts";
import { createRpc } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";
import { readBlock } from "./wire.ts";

/** What chain access needs of a provider: requests as they are. Every ethers JSON-RPC provider has it. */
export interface RpcProvider {
  send(method: string, params: unknown[]): Promise<unknown>;
  /** Where several nodes could answer: one of them, for all requests of a round that have to agree. */
  pin?(): Promise<RpcProvider>;
}

/** One node for all requests of a round. */
export async function oneNode(provider: RpcProvider): Promise<RpcProvider> {
  return (await provider.pin?.()) ?? provider;
}

/** Longest wait for one answer, in milliseconds. */
const DEFAULT_TIMEOUT = 20_000;

/**
 * A provider for ethers' contracts that does what it is asked and nothing else: no batches, no cache, no polling, no
 * start that never ends. The chain id is asked for once, when it is first needed.
 *
 * @param url of the node's HTTP JSON-RPC
 * @param timeout of one request, in milliseconds
 * @throws (every request) RetryableError when the same request may work later, ChainError or RpcError otherwise
 * @example
 * const provider = createProvider({ url: "http://127.0.0.1:8545" });
 */
export function createProvider(p: { url: string; timeout?: number; fetch?: typeof fetch }): JsonRpcApiProvider {
  return new DirectProvider(createRpc({ timeout: DEFAULT_TIMEOUT, ...p }));
}

/** ethers' provider with its queue, its network detection and its error wrapping taken out. */
class DirectProvider extends JsonRpcApiProvider {
  readonly #rpc: Rpc;
  #network: Network | undefined;

  constructor(rpc: Rpc) {
    super(undefined, { cacheTimeout: -1, batchMaxCount: 1 });
    this.#rpc = rpc;
  }

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    return await this.#rpc(method, params as unknown[]);
  }

  override async _detectNetwork(): Promise<Network> {
    this.#network ??= Network.from(BigInt((await this.#rpc("eth_chainId", [])) as string));
    return this.#network;
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const payloads = Array.isArray(payload) ? payload : [payload];
    return await Promise.all(
      payloads.map(async ({ id, method, params }) => ({ id, result: await this.#rpc(method, params as unknown[]) })),
    );
  }
}

/**
 * Refuses a node of another chain.
 *
 * @throws ChainError `wrong-chain`, `wrong-genesis`
 */
export async function checkChain(p: {
  provider: RpcProvider;
  chain: { chainId: number; genesis: string };
}): Promise<void> {
  const { provider, chain } = p;
  const chainId = Number(BigInt((await provider.send("eth_chainId", [])) as string));
  if (chainId !== chain.chainId) {
    throw new ChainError("wrong-chain", `The node is on chain ${chainId}, the deployment on ${chain.chainId}.`, {
      expected: `a node of chain ${chain.chainId}`,
      advice: "Give the URL of a node of that chain, or the deployment file of this one.",
      figures: { got: String(chainId), expected: String(chain.chainId) },
    });
  }
  const genesis = await readBlock(provider, 0);
  if (genesis === null) {
    throw new RetryableError("rpc-answer", "The node does not have the chain's first block.", {
      advice: "Wait for the node to start up.",
    });
  }
  const { hash } = genesis;
  if (hash !== chain.genesis) {
    throw new ChainError("wrong-genesis", `The node's chain began with block ${hash}: it is another chain.`, {
      expected: `genesis ${chain.genesis}`,
      advice: "Two chains share this chain id. Connect to the right one, or deploy to this one.",
      figures: { got: hash, expected: chain.genesis },
    });
  }
}

/**
 * Refuses a chain that is not the one of the deployment: another chain id, another genesis, or no contracts.
 *
 * @throws ChainError `wrong-chain`, `wrong-genesis`, `deployment-missing`
 */
export async function checkNetwork(p: { provider: RpcProvider; deployment: Deployment }): Promise<void> {
  const { provider, deployment } = p;
  await checkChain({ provider, chain: deployment });
  for (const [currency, { escrow }] of Object.entries(deployment.currencies)) {
    if ((await provider.send("eth_getCode", [escrow, "latest"])) === "0x") {
      throw new ChainError("deployment-missing", `There is no ${currency} escrow at ${escrow} on this chain.`, {
        expected: "the contracts of the deployment file",
        advice: "The chain may have gone back to before the deployment: deploy again.",
        figures: { currency, escrow },
      });
    }
  }
}
