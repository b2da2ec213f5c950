import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transaction } from "ethers";

/** What goes wrong with a request on its way. */
export type Fault =
  | { kind: "status"; status: number }
  | { kind: "hang" }
  | { kind: "disconnect" }
  /** The node does what it was asked, and the answer is lost. */
  | { kind: "lose-answer" }
  | { kind: "answer"; text: string };

export interface BesuStandIn {
  url: string;
  /** What was asked so far. */
  requests: { method: string; params: unknown[] }[];
  /** Decides about each request; null lets it pass. */
  fault: (request: { method: string; params: unknown[] }) => Fault | null;
  /** When set, the node has not seen any block above this one yet. */
  staleHead: number | null;
  /** Most blocks that one request for logs may span. */
  logRange: number;
  /** The node forgets what is pending, as after a restart. */
  losePending(): Promise<void>;
  stop(): Promise<void>;
}

type Rpc = (method: string, params?: unknown[]) => Promise<unknown>;
type Answer = { result: unknown } | { error: { code: number; message: string; data?: unknown } };

const MAX_TRANSACTION_GAS = 16_777_216n;
const MAX_LOG_RANGE = 5_000;
const MAX_NONCE_DISTANCE = 200;

/**
 * A JSON-RPC server that answers as Besu 26.8 with QBFT was measured to answer, on top of an anvil: its errors, its
 * limits, its pool. What is not rewritten here is answered by anvil.
 *
 * @param minimumGasPrice in wei; Besu's `--min-gas-price` with local priority off
 */
export async function startBesuStandIn(p: { anvilUrl: string; minimumGasPrice?: bigint }): Promise<BesuStandIn> {
  const pending = new Map<string, { sender: string; nonce: number }>();
  const rpc = rpcOf(p.anvilUrl);

  async function head(): Promise<number> {
    const newest = Number(await rpc("eth_blockNumber"));
    return standIn.staleHead === null ? newest : Math.min(newest, standIn.staleHead);
  }

  async function blockTag(tag: unknown): Promise<number> {
    if (tag === undefined || tag === "latest" || tag === "pending") return await head();
    if (tag === "earliest") return 0;
    return Number(tag);
  }

  async function sendRaw(raw: string): Promise<Answer> {
    const transaction = parse(raw);
    if (transaction === null || transaction.from === null || transaction.hash === null) return invalidParams();
    const { hash, from, nonce } = transaction;
    const refusal = refusalOf({
      transaction,
      chainId: Number(await rpc("eth_chainId")),
      minimum: p.minimumGasPrice ?? 0n,
    });
    if (refusal !== null) return refusal;
    const block = (await rpc("eth_getBlockByNumber", ["latest", false])) as { gasLimit: string };
    if (transaction.gasLimit > BigInt(block.gasLimit))
      return failure(-32005, "Transaction gas limit exceeds block gas limit");
    const count = Number(await rpc("eth_getTransactionCount", [from, "latest"]));
    if (nonce < count) return failure(-32001, "Nonce too low");
    if (nonce - count > MAX_NONCE_DISTANCE) {
      return failure(-32000, "Transaction nonce is too distant from current sender nonce");
    }
    if (pending.has(hash) && (await rpc("eth_getTransactionByHash", [hash])) !== null) {
      return failure(-32000, "Known transaction");
    }
    // At gas price 0 Besu replaces without a word; anvil would refuse.
    for (const [other, { sender, nonce: taken }] of pending) {
      if (sender === from && taken === nonce) await rpc("anvil_dropTransaction", [other]).catch(() => null);
    }
    pending.set(hash, { sender: from, nonce });
    return await forward("eth_sendRawTransaction", [raw]);
  }

  async function getLogs(filter: { fromBlock?: string; toBlock?: string }): Promise<Answer> {
    const [from, to] = [await blockTag(filter.fromBlock), await blockTag(filter.toBlock)];
    if (from > to || to > (await head())) return invalidParams();
    if (to - from >= standIn.logRange) return failure(-32005, "Requested range exceeds maximum RPC range limit");
    return await forward("eth_getLogs", [filter]);
  }

  async function call(method: string, params: unknown[]): Promise<Answer> {
    if ((await blockTag(params[1])) > (await head())) return { result: null };
    const answer = await forward(method, params);
    if ("result" in answer) return answer;
    const { code, message, data } = answer.error;
    if (code === 3) return { error: { code, message: "Execution reverted", data } };
    if (!/gas|opcode/i.test(message)) return answer;
    return failure(-32000, "Transaction processing could not be completed due to an exception (INSUFFICIENT_GAS)");
  }

  async function read(method: string, params: unknown[]): Promise<Answer> {
    const newest = await head();
    const at = params.map((value) => (value === "latest" ? `0x${newest.toString(16)}` : value));
    const answer = await forward(method, at);
    const number = "result" in answer ? (answer.result as { blockNumber?: string } | null)?.blockNumber : undefined;
    return number !== undefined && number !== null && Number(number) > newest ? { result: null } : answer;
  }

  async function forward(method: string, params: unknown[]): Promise<Answer> {
    try {
      return { result: await rpc(method, params) };
    } catch (error) {
      return { error: (error as { failure: { code: number; message: string; data?: unknown } }).failure };
    }
  }

  async function answer(method: string, params: unknown[]): Promise<Answer> {
    if (params.some((value) => value === "safe" || value === "finalized")) return failure(-39001, "Unknown block");
    if (method === "eth_sendRawTransaction") return await sendRaw(String(params[0]));
    if (method === "eth_getLogs") return await getLogs(params[0] as { fromBlock?: string; toBlock?: string });
    if (method === "eth_call" || method === "eth_estimateGas") return await call(method, params);
    if (method === "eth_blockNumber") return { result: `0x${(await head()).toString(16)}` };
    return standIn.staleHead === null ? await forward(method, params) : await read(method, params);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(request)) as { id: unknown; method: string; params: unknown[] };
    const { id, method, params } = body;
    standIn.requests.push({ method, params });
    const fault = standIn.fault({ method, params });
    if (fault?.kind === "hang") return;
    if (fault?.kind === "disconnect") return void response.destroy();
    if (fault?.kind === "status") return void response.writeHead(fault.status).end("out of order");
    if (fault?.kind === "answer") return void response.end(fault.text);
    const result = await answer(method, params);
    if (fault?.kind === "lose-answer") return void response.destroy();
    reply(response, { id, ...result });
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const standIn: BesuStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fault: () => null,
    staleHead: null,
    logRange: MAX_LOG_RANGE,
    async losePending() {
      for (const hash of pending.keys()) await rpc("anvil_dropTransaction", [hash]).catch(() => null);
      pending.clear();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

/** What Besu finds wrong with a transaction by itself. */
function refusalOf(p: { transaction: Transaction; chainId: number; minimum: bigint }): Answer | null {
  const { transaction } = p;
  if (Number(transaction.chainId) !== p.chainId) return failure(-32000, "Wrong chainId");
  if (transaction.gasLimit < 21_000n) return failure(-32003, "Intrinsic gas exceeds gas limit");
  if (transaction.gasLimit > MAX_TRANSACTION_GAS) return failure(-32005, "Transaction gas limit exceeds the gas cap");
  if ((transaction.gasPrice ?? 0n) < p.minimum) return failure(-32009, "Gas price below configured minimum gas price");
  return null;
}

function rpcOf(url: string): Rpc {
  return async (method, params = []) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw Object.assign(new Error(answer.error.message), { failure: answer.error });
    return answer.result;
  };
}

function parse(raw: string): Transaction | null {
  try {
    const transaction = Transaction.from(raw);
    return transaction.type === 3 ? null : transaction;
  } catch {
    return null;
  }
}

function invalidParams(): Answer {
  return failure(-32602, "Invalid params");
}

function failure(code: number, message: string): Answer {
  return { error: { code, message } };
}

function reply(response: ServerResponse, answer: Answer & { id: unknown }): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", ...answer }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
