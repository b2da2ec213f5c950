import { Transaction } from "ethers";
import type { Wallet } from "ethers";
import type { EIP1193Provider } from "@nomicfoundation/ignition-core";
import { RetryableError } from "../../src/lib/errors.ts";
import { broadcast } from "./broadcast.ts";
import type { Patience, Sent } from "./broadcast.ts";
import type { Rpc } from "./rpc.ts";

/** What Ignition asks for when it sends, calls or estimates. */
interface Call {
  from?: string;
  to?: string;
  data?: string;
  value?: string;
  nonce?: string;
  gas?: string;
}

/** Osaka's limit for one transaction (EIP-7825). */
const MAX_GAS = 16_777_216n;

/**
 * The provider that Ignition talks to. Everything passes through to the node, except what a free-gas chain needs:
 * transactions are signed here, of type 0 with gas price 0, and nonces are counted here, because `pending` counts differ
 * from node to node. Raw bytes are handed to `keep` before they are broadcast.
 */
export function createSender(p: {
  rpc: Rpc;
  wallet: Wallet;
  chainId: number;
  keep: (sent: Sent) => void;
  patience: Patience;
}): EIP1193Provider {
  const { rpc, wallet } = p;
  let next = 0;

  async function send(call: Call): Promise<string> {
    const nonce = Number(call.nonce);
    const estimate = BigInt(call.gas ?? "0x0");
    const padded = estimate + estimate / 10n;
    const transaction = Transaction.from({
      type: 0,
      chainId: p.chainId,
      nonce,
      gasPrice: 0n,
      gasLimit: padded < MAX_GAS ? padded : MAX_GAS,
      to: call.to ?? null,
      data: call.data ?? "0x",
      value: BigInt(call.value ?? "0x0"),
    });
    const raw = await wallet.signTransaction(transaction);
    const hash = Transaction.from(raw).hash ?? "";
    p.keep({ nonce, hash, raw });
    if ((await broadcast({ rpc, raw, patience: p.patience })) === "nonce-used") throw nonceUsed({ nonce, wallet });
    next = Math.max(next, nonce + 1);
    return hash;
  }

  return {
    async request({ method, params = [] }) {
      const list = params as unknown[];
      switch (method) {
        case "eth_accounts":
          return [wallet.address];
        case "eth_sendTransaction":
          return await send(list[0] as Call);
        case "eth_call":
        case "eth_estimateGas":
          return await rpc.request(method, [
            withoutFees(list[0] as Call),
            ...(method === "eth_call" ? ["latest"] : []),
          ]);
        case "eth_getTransactionCount": {
          const pending = list[1] === "pending";
          const mined = Number(await rpc.request(method, [list[0], pending ? "latest" : list[1]]));
          return `0x${(pending ? Math.max(mined, next) : mined).toString(16)}`;
        }
        default:
          return await rpc.request(method, list);
      }
    },
  };
}

/** Calls and estimates name the price that will be paid, nothing, and no nonce: nodes differ in what they make of one. */
function withoutFees(call: Call): Record<string, string> {
  const { from, to, data, value } = call;
  const fields = Object.entries({ from, to, data, value }).filter(
    (field): field is [string, string] => field[1] !== undefined,
  );
  return { ...Object.fromEntries(fields), gasPrice: "0x0" };
}

function nonceUsed(p: { nonce: number; wallet: Wallet }): RetryableError {
  return new RetryableError("deployer-busy", `Another transaction of ${p.wallet.address} took nonce ${p.nonce}.`, {
    expected: "an account that only this command uses",
    advice: "Keep the key to one program at a time, and run the same command again.",
  });
}
