import { FactoryChainError, RetryableError } from "../lib/errors.ts";
import { ChainError, RpcError } from "./errors.ts";
import { revertToError } from "./reverts.ts";

/** Sends one request and returns its result. */
export type Rpc = (method: string, params: unknown[]) => Promise<unknown>;

interface RpcFailure {
  code?: number;
  message?: string;
  data?: unknown;
}

/** Methods that read a state: they have an answer whenever the node has the block. */
const AT_A_BLOCK = new Set(["eth_call", "eth_estimateGas", "eth_getTransactionCount", "eth_getBalance", "eth_getCode"]);
const BLOCK_UNKNOWN = /block ?out ?of ?range|header not found|unknown block|block not found/i;

/**
 * Talks JSON-RPC over HTTP: one request a call, no batches, no cache, no attempt more than asked for.
 *
 * @param url may carry a user name and a password, they become an Authorization header
 * @param timeout of one request, in milliseconds
 * @throws RetryableError `rpc-unreachable`, `rpc-timeout`, `rpc-unavailable`, `rpc-busy`, `rpc-answer`
 * @throws ChainError the revert, when there was one; `call-failed`
 * @throws RpcError whatever else the node refused
 * @throws FactoryChainError `rpc-url`, `rpc-denied`
 */
export function createRpc(p: { url: string; timeout: number; fetch?: typeof fetch }): Rpc {
  const { endpoint, headers } = readUrl(p.url);
  const request = p.fetch ?? fetch;
  let id = 0;

  async function post(method: string, params: unknown[]): Promise<string> {
    try {
      const response = await request(endpoint, {
        method: "POST",
        headers,
        body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
        signal: AbortSignal.timeout(p.timeout),
      });
      const text = await response.text();
      // An error of JSON-RPC says more than its HTTP status, which nodes choose as they like.
      if (!response.ok && !isAnswer(text)) throw statusError({ status: response.status, endpoint });
      return text;
    } catch (error) {
      throw transportError({ error, method, endpoint, timeout: p.timeout });
    }
  }

  return async (method, params) => {
    const text = await post(method, params);
    if (!isAnswer(text)) {
      throw new RetryableError("rpc-answer", `${endpoint} answered ${method} with something that is no JSON-RPC.`, {
        expected: "the HTTP JSON-RPC endpoint of a node",
        advice: "Check the URL, its port and what stands in front of the node.",
      });
    }
    const answer = JSON.parse(text) as { result?: unknown; error?: RpcFailure };
    if (answer.error !== undefined && answer.error !== null) throw failureToError({ method, failure: answer.error });
    if (answer.result === undefined) {
      throw new RetryableError("rpc-answer", `${endpoint} answered ${method} with neither a result nor an error.`);
    }
    // Besu has no error for a call at a block to come: its result is null.
    if (answer.result === null && AT_A_BLOCK.has(method)) throw blockUnknown();
    return answer.result;
  };
}

function blockUnknown(): RetryableError {
  return new RetryableError("rpc-block-unknown", "The node does not have the block that was asked about yet.", {
    expected: "a block that this node has reported",
    advice: "Wait for the node to catch up.",
  });
}

function readUrl(text: string): { endpoint: string; headers: Record<string, string> } {
  const headers: Record<string, string> = { "content-type": "application/json" };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new FactoryChainError("rpc-url", `${text === "" ? "An empty text" : text} is no URL of a node.`, {
      expected: "http://host:port or https://host/path",
      advice: "Give the URL of the node's HTTP JSON-RPC; WebSockets are not used.",
    });
  }
  if (url.username !== "") {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const bytes = new TextEncoder().encode(credentials);
    headers["authorization"] = `Basic ${btoa(String.fromCharCode(...bytes))}`;
    url.username = "";
    url.password = "";
  }
  return { endpoint: url.href, headers };
}

function isAnswer(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && ("result" in value || "error" in value);
  } catch {
    return false;
  }
}

function statusError(p: { status: number; endpoint: string }): Error {
  if (p.status === 429) {
    return new RetryableError("rpc-busy", `${p.endpoint} takes no more requests for now (429).`, {
      advice: "Wait; if it stays, raise the node's limit or use a node of your own.",
    });
  }
  if (p.status >= 500 || p.status === 408) {
    return new RetryableError("rpc-unavailable", `${p.endpoint} is out of order (${p.status}).`, {
      advice: "Wait; if it stays, see the log of the node and of what stands in front of it.",
    });
  }
  return new FactoryChainError("rpc-denied", `${p.endpoint} refuses to talk (${p.status}).`, {
    expected: "an endpoint that takes JSON-RPC from this machine",
    advice: "Check path, user name and password of the URL, and the node's list of allowed hosts.",
  });
}

function transportError(p: { error: unknown; method: string; endpoint: string; timeout: number }): Error {
  const { error } = p;
  if (error instanceof FactoryChainError) return error;
  if (error instanceof Error && error.name === "TimeoutError") {
    return new RetryableError("rpc-timeout", `${p.endpoint} did not answer ${p.method} in ${p.timeout} ms.`, {
      advice: "Wait; if it stays, see whether the node is overloaded or hangs.",
      cause: error,
    });
  }
  return new RetryableError("rpc-unreachable", `No node answers at ${p.endpoint}.`, {
    expected: "a running node at that address",
    advice: "Start the node, or check host and port of the URL.",
    cause: error,
  });
}

function failureToError(p: { method: string; failure: RpcFailure }): Error {
  const { code = 0, message = "no reason given" } = p.failure;
  const data = revertData(p.failure.data);
  if (AT_A_BLOCK.has(p.method) && BLOCK_UNKNOWN.test(message)) return blockUnknown();
  if (p.method === "eth_call" || p.method === "eth_estimateGas") {
    if (data !== null || code === 3 || /revert/i.test(message)) return revertToError(data ?? "0x");
    if (/out ?of ?gas|exception|invalid opcode|gas/i.test(message)) {
      return new ChainError("call-failed", `The call would fail: ${message}.`, {
        expected: "a call that ends within its gas",
        advice: "Give it more gas; if that does not help, check that the address is the contract that you mean.",
      });
    }
  }
  return new RpcError({ method: p.method, rpcCode: code, answer: message });
}

/** The bytes of a revert, which some nodes wrap in an object. */
function revertData(data: unknown): string | null {
  if (typeof data === "string" && /^0x([0-9a-f]{2})*$/i.test(data)) return data;
  if (typeof data === "object" && data !== null && "data" in data) return revertData(data.data);
  return null;
}
