import { setTimeout as sleep } from "node:timers/promises";
import { Transaction } from "ethers";
import { FactoryChainError, RetryableError } from "../../src/lib/errors.ts";
import { RpcRefusal } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";

/** Signed bytes of the deployer. */
export interface Sent {
  nonce: number;
  hash: string;
  raw: string;
}

/** How long to wait for a chain, in seconds, and how often to look, in milliseconds. */
export interface Patience {
  seconds: number;
  poll: number;
}

/**
 * Sends signed bytes; that the node has them already is a success. A node that was just started takes nothing until it
 * has caught up with the others: it is waited for.
 *
 * @returns `nonce-used` when a block holds a transaction with this nonce, perhaps this very one
 * @throws RetryableError `node-behind`; FactoryChainError `transaction-refused`
 */
export async function broadcast(p: { rpc: Rpc; raw: string; patience: Patience }): Promise<"taken" | "nonce-used"> {
  const end = Date.now() + p.patience.seconds * 1000;
  for (;;) {
    try {
      await p.rpc.request("eth_sendRawTransaction", [p.raw]);
      return "taken";
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      if (/already known|already imported|known transaction/i.test(error.message)) return "taken";
      if (/nonce (is )?too low/i.test(error.message)) return "nonce-used";
      if (!/not yet in sync/i.test(error.message)) throw refused(error);
      if (Date.now() > end) throw behind({ cause: error, seconds: p.patience.seconds });
    }
    await sleep(p.patience.poll);
  }
}

/**
 * Waits until nothing of the account is under way, so that the count of mined transactions is its next nonce. What
 * earlier runs signed and no block holds yet is sent again, the same bytes: a node that was restarted has lost it, and
 * Ignition would sign something else for that nonce.
 *
 * @param sent by earlier runs, mined or not; what other accounts signed is left alone
 * @throws RetryableError `deployer-busy`, `node-behind`
 */
export async function waitUntilQuiet(p: {
  rpc: Rpc;
  address: string;
  sent: readonly Sent[];
  patience: Patience;
}): Promise<void> {
  const { rpc, address, patience } = p;
  const end = Date.now() + patience.seconds * 1000;
  const own = p.sent.filter(({ raw }) => Transaction.from(raw).from === address);
  const taken = new Set<string>();
  for (;;) {
    const mined = Number(await rpc.request("eth_getTransactionCount", [address, "latest"]));
    const open = own.filter(({ nonce }) => nonce >= mined);
    for (const { raw } of open) {
      if (!taken.has(raw) && (await broadcast({ rpc, raw, patience })) === "taken") taken.add(raw);
    }
    const pending = Number(await rpc.request("eth_getTransactionCount", [address, "pending"]));
    if (open.length === 0 && pending <= mined) return;
    if (Date.now() > end) {
      throw new RetryableError(
        "deployer-busy",
        `Transactions of ${address} have been waiting for ${patience.seconds} s.`,
        {
          expected: "an account that only this command uses, and a chain that makes blocks",
          advice: "See that the validators run, wait, and run the same command again.",
        },
      );
    }
    await sleep(patience.poll);
  }
}

function refused(cause: RpcRefusal): FactoryChainError {
  return new FactoryChainError(
    "transaction-refused",
    `The node took no transaction of the deployment: ${cause.message}.`,
    {
      expected: "a node that accepts a gas price of 0 from accounts without a balance",
      advice: "Set min-gas-price=0 in Besu and allow the deployer's account where permissioning is on.",
      cause,
    },
  );
}

function behind(p: { cause: RpcRefusal; seconds: number }): RetryableError {
  return new RetryableError(
    "node-behind",
    `The node has taken no transactions for ${p.seconds} s: ${p.cause.message}`,
    {
      expected: "a node that follows the chain",
      advice: "See that it has peers and that the validators run; then run the same command again.",
      cause: p.cause,
    },
  );
}
