import { FactoryChainError, RetryableError, withoutCredentials } from "../../src/lib/errors.ts";

/** A node's answer that it will not do what was asked. */
export class RpcRefusal extends Error {
  readonly code: number;
  readonly data: string | undefined;

  constructor(p: { code: number; message: string; data: string | undefined }) {
    super(p.message);
    this.code = p.code;
    this.data = p.data;
  }
}

export interface Rpc {
  url: string;
  /** @throws RpcRefusal, and RetryableError `chain-unreachable` */
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
}

/** JSON-RPC over HTTP, one request at a time, nothing cached and nothing guessed. */
export function createRpc(p: { url: string; fetch: typeof fetch; timeoutMilliseconds?: number }): Rpc {
  const endpoint = endpointOf(p.url);
  let id = 0;
  return {
    url: endpoint.shown,
    async request(method, params = []) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
      const signal = AbortSignal.timeout(p.timeoutMilliseconds ?? 15_000);
      let answer: unknown;
      try {
        const response = await p.fetch(endpoint.url, { method: "POST", headers: endpoint.headers, body, signal });
        answer = await response.json();
      } catch (cause) {
        throw unreachable({ url: endpoint.shown, cause });
      }
      return resultOf({ answer, url: endpoint.shown });
    },
  };
}

/** `fetch` takes no credentials in a URL: they become a header, and what is shown has none. */
function endpointOf(text: string): { url: string; shown: string; headers: Record<string, string> } {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new FactoryChainError("rpc-url", `"${withoutCredentials(text)}" is no address of a chain.`, {
      expected: "an http or https URL, such as http://127.0.0.1:8545",
      advice: "Pass the JSON-RPC URL of a node with --rpc.",
    });
  }
  const url = new URL(text);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (url.username !== "" || url.password !== "") {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    url.username = url.password = "";
  }
  return { url: url.href, shown: url.origin, headers };
}

function resultOf(p: { answer: unknown; url: string }): unknown {
  const answer = p.answer;
  if (typeof answer !== "object" || answer === null || !("result" in answer || "error" in answer)) {
    throw unreachable({ url: p.url, cause: new Error("what answers does not speak JSON-RPC") });
  }
  const error = (answer as { error?: { code?: number; message?: string; data?: unknown } }).error;
  if (error === undefined || error === null) return (answer as { result: unknown }).result;
  throw new RpcRefusal({
    code: error.code ?? 0,
    message: error.message ?? "no reason given",
    data: typeof error.data === "string" ? error.data : undefined,
  });
}

function unreachable(p: { url: string; cause: unknown }): RetryableError {
  return new RetryableError("chain-unreachable", `No chain answers at ${p.url}: ${reasonOf(p.cause)}.`, {
    expected: "a node with JSON-RPC over HTTP",
    advice: "Start the node, or correct --rpc; then run the same command again.",
    cause: p.cause,
  });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "no reason given";
  if (cause.name === "TimeoutError") return "it took too long";
  const inner = cause.cause;
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) return inner.errors[0].message;
  return inner instanceof Error ? inner.message : cause.message;
}
