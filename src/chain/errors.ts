import { FactoryChainError } from "../lib/errors.ts";
import type { ErrorDetails } from "../lib/errors.ts";

/** The chain said no, for a reason that stays until somebody changes something. */
export class ChainError extends FactoryChainError {
  /** What the contract or the chain named: amounts, ids, times, by name. */
  readonly figures: Readonly<Record<string, string>>;

  constructor(code: string, message: string, details: ErrorDetails & { figures?: Record<string, string> } = {}) {
    super(code, message, details);
    this.figures = details.figures ?? {};
  }
}

/** A node answered a request with an error that is no revert. */
export class RpcError extends FactoryChainError {
  readonly method: string;
  /** The error's number in JSON-RPC. */
  readonly rpcCode: number;
  /** The node's own words. */
  readonly answer: string;

  constructor(p: { method: string; rpcCode: number; answer: string }) {
    super("rpc-error", `The node refused ${p.method}: ${p.answer} (${p.rpcCode}).`, {
      expected: "a node that serves the eth namespace of the Ethereum JSON-RPC",
      advice: "See the node's log; on Besu, ETH, NET and WEB3 belong into rpc-http-api.",
    });
    this.method = p.method;
    this.rpcCode = p.rpcCode;
    this.answer = p.answer;
  }
}
