import { ChainError, RpcError } from "./errors.ts";
import type { RpcProvider } from "./provider.ts";

/**
 * What became of bytes that were sent:
 * - `accepted`: the node has them, from now or from before;
 * - `nonce-used`: a block holds a transaction with this nonce, perhaps this very one;
 * - `later`: not now, for reasons that pass: send the same bytes again;
 * - `refused`: the node does not take them as they are, and somebody has to change something.
 */
export type Broadcast = { outcome: "accepted" | "nonce-used" | "later" } | { outcome: "refused"; error: ChainError };

// What nodes say, of Besu, geth, anvil and Nethermind; their error numbers contradict one another.
const ACCEPTED = /\bknown transaction|already known|already imported|already in the pool/i;
const NONCE_USED = /nonce (is )?too low|old ?nonce/i;
const REFUSED = [
  /wrong chain ?id|invalid chain id|invalid sender|invalid signature/i,
  /intrinsic gas|exceeds (the )?block gas limit|exceeds (the )?(transaction )?gas (limit|cap)|gas limit too high/i,
  /^transaction underpriced|gas ?price (is )?(too low|below)|below (the )?(configured )?minimum/i,
  /not authori[sz]ed|not permitted|insufficient funds|upfront cost|oversized data|exceeds max init/i,
  /method not (found|enabled|supported|allowed)|method .*(does not exist|not available)/i,
];
const INVALID_PARAMS = -32602;
const BELOW_MINIMUM = -32009;
const OVER_CAP = -32005;

/**
 * Sends signed bytes once.
 *
 * @throws RetryableError when nobody knows whether the node got them: send the same bytes again
 */
export async function broadcast(p: { provider: RpcProvider; raw: string }): Promise<Broadcast> {
  try {
    await p.provider.send("eth_sendRawTransaction", [p.raw]);
    return { outcome: "accepted" };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return judge(error);
  }
}

function judge(error: RpcError): Broadcast {
  const { answer, rpcCode } = error;
  if (ACCEPTED.test(answer)) return { outcome: "accepted" };
  if (NONCE_USED.test(answer)) return { outcome: "nonce-used" };
  const refused =
    REFUSED.some((pattern) => pattern.test(answer)) ||
    rpcCode === INVALID_PARAMS ||
    rpcCode === BELOW_MINIMUM ||
    (rpcCode === OVER_CAP && /gas/i.test(answer));
  return refused ? { outcome: "refused", error: refusal(error) } : { outcome: "later" };
}

function refusal(cause: RpcError): ChainError {
  return new ChainError("transaction-refused", `The node refuses the transaction: ${cause.answer}.`, {
    expected: "a node that takes legacy transactions with gas price 0 from this account",
    advice:
      "Check the node's minimum gas price, its permissions and its gas limits. The transaction is kept and sent " +
      "again as it is.",
    figures: { answer: cause.answer, code: String(cause.rpcCode) },
    cause,
  });
}
