import type { Wallet } from "ethers";
import { connectContracts } from "../chain/contracts.ts";
import type { Contracts } from "../chain/contracts.ts";
import type { Deployment } from "../chain/deployment.ts";
import { createMemoryTransactions } from "../chain/memoryTransactions.ts";
import { MAX_TRANSACTION_GAS } from "../chain/preflight.ts";
import { createProvider } from "../chain/provider.ts";
import { createSender } from "../chain/sender.ts";
import type { SentTransaction } from "../chain/transactions.ts";

/** A way to the chain's contracts: what every reading action takes. */
export interface Client {
  provider: ReturnType<typeof createProvider>;
  deployment: Deployment;
  contracts: Contracts;
}

/** A client with an account: what every action takes that sends a transaction. */
export interface AccountClient extends Client {
  /** 0x-hex address, lowercase. */
  address: string;
  /** Sends a call of a contract and waits until a block holds it. */
  write(call: { to: string; data: string }): Promise<SentTransaction>;
}

export interface CreateClientParameters {
  /** HTTP JSON-RPC of a node. */
  rpcUrl: string;
  deployment: Deployment;
}

/** Gas is free on the chain: what is asked for too much costs nothing, what is too little costs the transaction. */
const MARGIN = { percent: 130n, fixed: 30_000n };
/** Milliseconds between two looks for a transaction. */
const PAUSE = 150;

/**
 * Connects to a deployment for reading.
 *
 * @example
 * const client = createClient({ rpcUrl: "http://127.0.0.1:18545", deployment });
 */
export function createClient({ rpcUrl, deployment }: CreateClientParameters): Client {
  const provider = createProvider({ url: rpcUrl });
  return { provider, deployment, contracts: connectContracts({ deployment, runner: provider }) };
}

/**
 * Gives a client an account. Transactions are kept in memory only: whoever must not lose one over a restart uses a
 * sender with a store, as the relayers do.
 *
 * @param wallet signs; it needs no balance and no provider
 * @example
 * const buyer = withAccount({ client, wallet: Wallet.createRandom() });
 */
export function withAccount({
  client,
  wallet,
}: {
  client: Client;
  wallet: Pick<Wallet, "address" | "signTransaction">;
}): AccountClient {
  const { provider, deployment } = client;
  const address = wallet.address.toLowerCase();
  const sender = createSender({
    provider,
    signer: wallet,
    chainId: deployment.chainId,
    store: createMemoryTransactions(),
    pause: PAUSE,
  });
  let count = 0;
  return {
    ...client,
    address,
    async write({ to, data }) {
      const call = { from: address, to, data, gasPrice: "0x0" };
      const needed = BigInt((await provider.send("eth_estimateGas", [call])) as string);
      const wanted = (needed * MARGIN.percent) / 100n + MARGIN.fixed;
      const gas = wanted < MAX_TRANSACTION_GAS ? wanted : MAX_TRANSACTION_GAS;
      return await sender.send({ id: `${address}-${String(count++)}`, to, data, gas });
    },
  };
}
