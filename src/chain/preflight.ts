import { dataLength, getBytes, isAddress, isHexString } from "ethers";
import { ChainError } from "./errors.ts";
import type { RpcProvider } from "./provider.ts";
import type { Intent } from "./transactions.ts";
import { quantity, readHead } from "./wire.ts";

/** Most gas that one transaction may ask for (EIP-7825, from Osaka on). */
export const MAX_TRANSACTION_GAS = 16_777_216n;
/** Largest signed transaction that go-ethereum's pool takes, in bytes; Besu takes larger ones. */
export const MAX_TRANSACTION_BYTES = 131_072;
/** What a signed transaction has beside its calldata, in bytes, at most. */
export const BYTES_BESIDE_DATA = 160;

/**
 * Tells whether an intent can become a transaction that the chain takes, before it costs a nonce: once signed, bytes
 * that no node takes would block everything behind them.
 *
 * @throws ChainError what the contract would say, or `transaction-gas`, `transaction-size`, `intent-invalid`
 */
export async function preflight(p: { provider: RpcProvider; from: string; intent: Intent }): Promise<void> {
  const { provider, from, intent } = p;
  if (intent.id === "" || !isAddress(intent.to) || !isHexString(intent.data) || intent.data.length % 2 !== 0) {
    throw new ChainError("intent-invalid", "This is no transaction that could be sent.", {
      expected: "an id, an address and calldata in hexadecimal",
    });
  }
  const bytes = dataLength(intent.data) + BYTES_BESIDE_DATA;
  if (bytes > MAX_TRANSACTION_BYTES) {
    throw new ChainError("transaction-size", `A transaction of ${bytes} bytes is larger than nodes take.`, {
      expected: `at most ${MAX_TRANSACTION_BYTES} bytes`,
      advice: "Put less into one transaction.",
      figures: { bytes: String(bytes), most: String(MAX_TRANSACTION_BYTES) },
    });
  }
  const least = leastGas(intent.data);
  const { gasLimit } = await readHead(provider);
  const most = gasLimit < MAX_TRANSACTION_GAS ? gasLimit : MAX_TRANSACTION_GAS;
  if (intent.gas < least || intent.gas > most) {
    throw new ChainError("transaction-gas", `A gas limit of ${intent.gas} cannot be used for this transaction.`, {
      expected: `from ${least}, which its data costs alone, to ${most}, which the chain allows`,
      advice: intent.gas < least ? "Raise the gas limit." : "Lower the gas limit, or put less into one transaction.",
      figures: { gas: String(intent.gas), least: String(least), most: String(most) },
    });
  }
  await provider.send("eth_call", [callOf({ from, intent }), "latest"]);
}

/** An intent as a call that is not a transaction. */
export function callOf(p: { from: string; intent: Intent }): Record<string, string> {
  const { to, data, gas } = p.intent;
  return { from: p.from, to, data, gas: quantity(gas), gasPrice: "0x0" };
}

/** The least a transaction with this data may ask for: the floor of EIP-7623, in units of gas. */
function leastGas(data: string): bigint {
  const tokens = getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 1 : 4), 0);
  return BigInt(21_000 + 10 * tokens);
}
