import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { freePort } from "../src/node/ports.ts";

/** What goes wrong with one request on its way to a node. */
export type RpcFault =
  /** It arrives later, in milliseconds, and is answered. */
  | { kind: "delay"; milliseconds: number }
  /** It does not arrive, and nobody says so. */
  | { kind: "hang" }
  /** It does not arrive, and the connection ends. */
  | { kind: "disconnect" }
  /** It arrives, and the answer does not. */
  | { kind: "lose-answer" }
  /** It arrives twice, one after the other; the second answer counts. */
  | { kind: "duplicate" }
  /** It does not arrive: an HTTP status instead (429, 503). */
  | { kind: "status"; status: number }
  /** It does not arrive: an error of JSON-RPC instead. */
  | { kind: "error"; code: number; message: string }
  /** It does not arrive: the result is null, as of a node that has not seen it yet. */
  | { kind: "null" }
  /** It does not arrive: some text instead. */
  | { kind: "answer"; text: string };

export interface RpcRequest {
  method: string;
  params: unknown[];
}

/** A proxy before a node's JSON-RPC that does what a script tells it. */
export interface RpcProxy {
  readonly url: string;
  /** What arrived so far. */
  readonly requests: RpcRequest[];
  /** How often each kind of fault was done. */
  readonly done: Partial<Record<RpcFault["kind"] | "stale" | "down", number>>;
  /** Decides about each request; null lets it pass. */
  fault: (request: RpcRequest) => RpcFault | null;
  /** When set, the node is as it was when this was its newest block. */
  staleAt: number | null;
  /** Where requests go; another node's URL may be set at any time. */
  target: string;
  /** Refuses connections. */
  down(): Promise<void>;
  /** Takes connections again, on the same port. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

type Answer = { result: unknown } | { error: { code: number; message: string } };

/** Position of the block among the parameters. */
const BLOCK_AT: Record<string, number> = {
  eth_getBlockByNumber: 0,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getTransactionCount: 1,
  eth_getCode: 1,
  eth_getBalance: 1,
};
const BY_HASH = new Set(["eth_getBlockByHash", "eth_getTransactionReceipt", "eth_getTransactionByHash"]);

/** Starts a proxy on a free port of this machine. @param target URL of the node's HTTP JSON-RPC */
export async function startRpcProxy(p: { target: string }): Promise<RpcProxy> {
  let server: Server | null = null;
  // One that the system gives to nobody while the proxy is down.
  const port = await freePort();

  const count = (what: keyof RpcProxy["done"]): void => void (proxy.done[what] = (proxy.done[what] ?? 0) + 1);

  async function ask({ method, params }: RpcRequest): Promise<Answer> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    return (await (await fetch(proxy.target, { method: "POST", headers, body })).json()) as Answer;
  }

  /** What the node would have answered when block `newest` was its newest. */
  async function askStale(request: RpcRequest, newest: number): Promise<Answer> {
    const { method, params } = request;
    const limit = `0x${newest.toString(16)}`;
    if (method === "eth_blockNumber") return { result: limit };
    if (method === "eth_getLogs") {
      const { toBlock = "latest" } = params[0] as { toBlock?: string };
      const beyond = toBlock.startsWith("0x") && Number(toBlock) > newest;
      if (beyond) return { error: { code: -32602, message: "Invalid params" } };
      const range = toBlock.startsWith("0x") ? {} : { toBlock: limit };
      return await ask({ method, params: [{ ...(params[0] as object), ...range }] });
    }
    const at = BLOCK_AT[method];
    if (at !== undefined) {
      const tag = params[at];
      if (typeof tag !== "string" || !tag.startsWith("0x")) {
        return await ask({ method, params: params.with(Math.min(at, params.length - 1), limit) });
      }
      return Number(tag) > newest ? { result: null } : await ask(request);
    }
    const answer = await ask(request);
    if (!BY_HASH.has(method) || !("result" in answer)) return answer;
    const found = answer.result as { blockNumber?: string; number?: string } | null;
    return Number(found?.blockNumber ?? found?.number ?? 0) > newest ? { result: null } : answer;
  }

  async function forward(request: RpcRequest): Promise<Answer> {
    const { staleAt } = proxy;
    if (staleAt === null) return await ask(request);
    const newest = await ask({ method: "eth_blockNumber", params: [] });
    const head = "result" in newest ? Number(newest.result) : 0;
    if (head <= staleAt) return await ask(request);
    count("stale");
    return await askStale(request, staleAt);
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = JSON.parse(await textOf(incoming)) as RpcRequest & { id: unknown };
    const request = { method: asked.method, params: asked.params ?? [] };
    proxy.requests.push(request);
    const fault = proxy.fault(request);
    if (fault !== null) count(fault.kind);
    const reply = (answer: Answer): void => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, ...answer }));
    };
    if (fault === null) return reply(await forward(request));
    if (fault.kind === "hang") return;
    if (fault.kind === "disconnect") return void response.destroy();
    if (fault.kind === "status") return void response.writeHead(fault.status).end("out of order");
    if (fault.kind === "answer") return void response.end(fault.text);
    if (fault.kind === "null") return reply({ result: null });
    if (fault.kind === "error") return reply({ error: { code: fault.code, message: fault.message } });
    if (fault.kind === "delay") await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
    const answer = await forward(request);
    if (fault.kind === "lose-answer") return void response.destroy();
    reply(fault.kind === "duplicate" ? await forward(request) : answer);
  }

  async function up(): Promise<void> {
    if (server !== null) return;
    const made = createServer((incoming, response) => {
      handle(incoming, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => made.once("error", reject).listen(port, "127.0.0.1", resolve));
    server = made;
  }

  async function down(): Promise<void> {
    const closing = server;
    server = null;
    if (closing === null) return;
    const closed = new Promise((resolve) => closing.close(resolve));
    closing.closeAllConnections();
    await closed;
  }

  const proxy: RpcProxy = {
    ...{ requests: [], done: {}, fault: () => null, staleAt: null, target: p.target, up },
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    async down() {
      if (server !== null) count("down");
      await down();
    },
    stop: down,
  };
  await up();
  return proxy;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
