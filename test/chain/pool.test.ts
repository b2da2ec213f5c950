import { expect } from "chai";
import { createPool } from "../../src/chain/pool.ts";
import type { NodePool, SwitchReason } from "../../src/chain/pool.ts";
import { createProvider } from "../../src/chain/provider.ts";
import { readHead } from "../../src/chain/wire.ts";
import type { BlockRef } from "../../src/chain/transactions.ts";
import { startAnvil } from "../support/anvil.ts";
import type { Anvil } from "../support/anvil.ts";
import type { Clock } from "../../src/lib/retry.ts";
import { failureOf } from "../support/failureOf.ts";
import { until } from "../support/until.ts";
import { startRpcProxy } from "../../testbed/rpcProxy.ts";
import type { RpcProxy } from "../../testbed/rpcProxy.ts";

const CHAIN_ID = 31_337;

describe("a pool of nodes", () => {
  let anvil: Anvil;
  let other: Anvil;
  let genesis: string;
  let proxies: RpcProxy[];
  let top: BlockRef | null;
  let now: number;
  let switches: { from: string; to: string; reason: SwitchReason }[];
  let refused: string[];
  /** Whether those who have not answered when another one has are waited for no longer. */
  let impatient: boolean;

  before(async () => {
    anvil = await startAnvil();
    other = await startAnvil(["--chain-id", "4711"]);
    genesis = ((await anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string }).hash;
  });
  after(async () => {
    await anvil.stop();
    await other.stop();
  });
  beforeEach(async () => {
    proxies = await Promise.all([0, 1, 2].map(() => startRpcProxy({ target: anvil.url })));
    top = null;
    now = 1_000_000;
    switches = [];
    refused = [];
    impatient = false;
    await mine(3);
  });
  afterEach(async () => {
    for (const proxy of proxies) await proxy.stop();
  });

  const mine = (blocks: number) => anvil.rpc("anvil_mine", [`0x${blocks.toString(16)}`]);
  const head = () => readHead(createProvider({ url: anvil.url }));
  const first = () => proxies[0] as RpcProxy;
  const second = () => proxies[1] as RpcProxy;
  const urlOf = (index: number) => proxies[index]?.url;

  function pool(over: Partial<Parameters<typeof createPool>[0]> & { size?: number } = {}): NodePool {
    const { size = 2, ...rest } = over;
    // So that nothing but the pool's own patience ends a look at a node that hangs.
    const timeout = 3_600_000;
    // A pool of an earlier test may tell of its last look yet.
    const [ownSwitches, ownRefused] = [switches, refused];
    return createPool({
      nodes: proxies.slice(0, size).map(({ url }) => ({ url, provider: createProvider({ url, timeout }) })),
      chain: { chainId: CHAIN_ID, genesis },
      checkpoints: async () => (top === null ? [] : [top]),
      clock: { now: () => now, sleep: createPatience() },
      switched: (change) => ownSwitches.push(change),
      refused: ({ error }) => ownRefused.push(error.message),
      ...rest,
    });
  }

  /** The patience of a pool for its nodes: no time but the others' answers decide when it is over. */
  function createPatience(): Clock["sleep"] {
    const waiting = new Set<() => void>();
    return (_milliseconds, signal) =>
      new Promise((resolve) => {
        waiting.add(resolve);
        signal?.addEventListener("abort", () => {
          waiting.delete(resolve);
          resolve();
          if (impatient) for (const other of waiting) other();
        });
      });
  }

  /** Time passes, the pool looks at its nodes, and one request is made. */
  async function round(nodes: NodePool, milliseconds = 2_001): Promise<unknown> {
    now += milliseconds;
    await nodes.review();
    return await nodes.send("eth_blockNumber", []).catch((error: unknown) => error);
  }

  it("uses the preferred node, and looks at the others", async () => {
    const nodes = pool({ size: 3 });
    expect(nodes.state().inUse).to.equal(null);
    await nodes.send("eth_gasPrice", []);
    const { inUse, switches: count, endpoints } = nodes.state();
    expect({ inUse, count }).to.deep.equal({ inUse: urlOf(0), count: 0 });
    expect(endpoints.map(({ state }) => state)).to.deep.equal(["healthy", "healthy", "healthy"]);
    expect(proxies.map(({ requests }) => requests.filter(({ method }) => method === "eth_gasPrice").length)).to.eql([
      1, 0, 0,
    ]);
  });

  const outages: [string, (proxy: RpcProxy) => void | Promise<void>][] = [
    ["refuses connections", (proxy) => proxy.down()],
    ["hangs", (proxy) => void ((proxy.fault = () => ({ kind: "hang" })), (impatient = true))],
    ["takes no more requests", (proxy) => void (proxy.fault = () => ({ kind: "status", status: 429 }))],
    ["is out of order", (proxy) => void (proxy.fault = () => ({ kind: "status", status: 502 }))],
    ["answers something else", (proxy) => void (proxy.fault = () => ({ kind: "answer", text: "<html>" }))],
    ["refuses to talk", (proxy) => void (proxy.fault = () => ({ kind: "status", status: 403 }))],
  ];
  for (const [what, happens] of outages) {
    it(`takes the next node when the one in use ${what}`, async () => {
      const nodes = pool();
      await round(nodes);
      await happens(first());
      await round(nodes);
      expect(nodes.state().inUse).to.equal(urlOf(1));
      expect(switches).to.deep.equal([{ from: urlOf(0), to: urlOf(1), reason: "failing" }]);
      expect(nodes.state().endpoints[0]).to.include({ state: "failing" });
      expect(nodes.state().endpoints[0]?.failures).to.be.greaterThan(0);
    });
  }

  it("does not wait for the next look when requests fail", async () => {
    const nodes = pool();
    await round(nodes);
    await first().down();
    const failed = await failureOf(nodes.send("eth_blockNumber", []));
    expect(failed).to.include({ code: "rpc-unreachable", retryable: true });
    await failureOf(nodes.send("eth_blockNumber", [])); // this one starts the look
    await nodes.review();
    expect(nodes.state().inUse).to.equal(urlOf(1));
    expect(Number(await nodes.send("eth_blockNumber", []))).to.equal((await head()).number);
  });

  it("leaves a node that fails every second time", async () => {
    const nodes = pool();
    await round(nodes);
    let turn = 0;
    first().fault = ({ method }) =>
      method === "eth_gasPrice" && turn++ % 2 === 0 ? { kind: "status", status: 503 } : null;
    for (let requests = 0; requests < 12; requests++) await nodes.send("eth_gasPrice", []).catch(() => null);
    await nodes.review();
    expect(nodes.state().inUse).to.equal(urlOf(1));
  });

  it("keeps a node that fails now and then", async () => {
    const nodes = pool();
    await round(nodes);
    let turn = 0;
    first().fault = ({ method }) =>
      method === "eth_gasPrice" && turn++ % 12 === 0 ? { kind: "status", status: 503 } : null;
    for (let requests = 0; requests < 48; requests++) await nodes.send("eth_gasPrice", []).catch(() => null);
    await round(nodes);
    expect(nodes.state()).to.include({ inUse: urlOf(0), switches: 0 });
    expect(nodes.state().endpoints[0]?.failures).to.equal(4);
  });

  it("trusts a node again soon, however long it was away", async () => {
    const nodes = pool({ size: 1 });
    await round(nodes);
    await first().down();
    for (let requests = 0; requests < 200; requests++) await nodes.send("eth_gasPrice", []).catch(() => null);
    expect(nodes.state().endpoints[0]).to.include({ state: "failing" });
    await first().up();
    await round(nodes, 4_001);
    expect(nodes.state().endpoints[0]).to.include({ state: "healthy" });
  });

  it("stays with one node for a round, also when another is taken meanwhile", async () => {
    const nodes = pool();
    const pinned = await nodes.pin();
    first().staleAt = (await head()).number;
    top = await head();
    await mine(9);
    await round(nodes);
    await round(nodes);
    expect(nodes.state().inUse).to.equal(urlOf(1));
    expect(Number(await pinned.send("eth_blockNumber", []))).to.equal(first().staleAt);
    expect(Number(await nodes.send("eth_blockNumber", []))).to.equal((await head()).number);
  });

  it("takes a node that has what was followed, not one that is behind or on another fork", async () => {
    const nodes = pool({ size: 3 });
    await round(nodes);
    top = await head();
    second().staleAt = top.number - 1;
    const third = proxies[2] as RpcProxy;
    const forked = await startAnvil(["--chain-id", String(CHAIN_ID), "--timestamp", "1"]);
    await forked.rpc("anvil_mine", [`0x${(top.number + 1).toString(16)}`]);
    third.fault = ({ method, params }) => (method === "eth_getBlockByNumber" && params[0] !== "0x0" ? fromFork : null);
    const block = await forked.rpc("eth_getBlockByNumber", [`0x${top.number.toString(16)}`, false]);
    const fromFork = { kind: "answer", text: JSON.stringify({ jsonrpc: "2.0", id: 1, result: block }) } as const;
    await first().down();
    await round(nodes);
    expect(nodes.state().endpoints.map(({ state }) => state)).to.deep.equal(["failing", "behind", "other-fork"]);
    expect(nodes.state()).to.include({ inUse: urlOf(0), switches: 0 });
    second().staleAt = null;
    await round(nodes);
    expect(nodes.state().inUse).to.equal(urlOf(1));
    await forked.stop();
  });

  it("does not begin with a node that has less than was followed before the start", async () => {
    top = await head();
    first().staleAt = top.number - 1;
    await second().down();
    const nodes = pool();
    const error = await failureOf(nodes.pin());
    expect(error).to.include({ code: "rpc-none", retryable: true });
    expect(error?.message).to.include("less of the chain").and.to.include("No node answers");
    first().staleAt = null;
    await round(nodes);
    expect(nodes.state().inUse).to.equal(urlOf(0));
  });

  it("lets the chain go back when all its nodes say so, at the start as well", async () => {
    top = { ...(await head()), hash: `0x${"ab".repeat(32)}` };
    const nodes = pool();
    await round(nodes);
    expect(nodes.state().inUse).to.equal(urlOf(0));
    await second().down();
    await round(nodes);
    expect(await failureOf(nodes.pin())).to.include({ code: "rpc-none" });
  });

  it("leaves a node that lags behind another one, once that is no passing thing", async () => {
    const nodes = pool({ lag: 3 });
    await round(nodes);
    first().staleAt = (await head()).number;
    await mine(3);
    await round(nodes);
    await round(nodes);
    expect(nodes.state().inUse, "within what is allowed").to.equal(urlOf(0));
    await mine(1);
    await round(nodes);
    expect(nodes.state().inUse, "seen once").to.equal(urlOf(0));
    await round(nodes);
    expect(switches).to.deep.equal([{ from: urlOf(0), to: urlOf(1), reason: "lagging" }]);
  });

  it("returns to the preferred node once it has been healthy for a while", async () => {
    const nodes = pool({ settle: 30_000 });
    await round(nodes);
    await first().down();
    await round(nodes);
    await first().up();
    await round(nodes);
    await round(nodes, 20_000);
    expect(nodes.state().inUse).to.equal(urlOf(1));
    await first().down();
    await round(nodes);
    await first().up();
    await round(nodes);
    await round(nodes, 29_000);
    expect(nodes.state().inUse, "its time began anew").to.equal(urlOf(1));
    await round(nodes);
    expect(nodes.state()).to.include({ inUse: urlOf(0), switches: 2 });
    expect(switches.at(-1)).to.include({ reason: "preferred" });
  });

  it("refuses a node of another chain for good, and ends when all are", async () => {
    second().target = other.url;
    const nodes = pool();
    await round(nodes);
    expect(refused).to.have.length(1);
    expect(refused[0]).to.include("on chain 4711");
    second().target = anvil.url;
    await first().down();
    await round(nodes);
    expect(nodes.state().inUse, "never again").to.equal(urlOf(0));
    const asked = second().requests.length;
    await first().up();
    first().target = other.url;
    await round(nodes);
    expect(second().requests.length).to.equal(asked);
    const error = await failureOf(nodes.pin());
    expect(error).to.include({ code: "wrong-chain", retryable: false });
    expect(error?.message).to.include(urlOf(0)).and.to.include(urlOf(1));
  });

  it("refuses another chain with the same id", async () => {
    const nodes = pool({ size: 1, chain: { chainId: CHAIN_ID, genesis: `0x${"ab".repeat(32)}` } });
    expect(await failureOf(nodes.pin())).to.include({ code: "wrong-genesis", retryable: false });
  });

  it("does not hold up rounds while another node hangs", async () => {
    // Whoever waited for it would be waiting still.
    const never = { now: () => now, sleep: () => new Promise<void>(() => undefined) };
    const nodes = pool({ clock: never });
    await round(nodes);
    let asked = 0;
    second().fault = () => (asked++, { kind: "hang" });
    now += 10_000;
    for (let rounds = 0; rounds < 5; rounds++) await (await nodes.pin()).send("eth_blockNumber", []);
    await until(() => asked > 0);
  });

  it("takes what a node alone has, and keeps credentials to itself", async () => {
    top = { ...(await head()), hash: `0x${"ab".repeat(32)}` };
    const url = first().url.replace("//", "//user:secret@");
    const nodes = pool({ nodes: [{ url, provider: createProvider({ url }) }] });
    expect(Number(await nodes.send("eth_blockNumber", []))).to.equal((await head()).number);
    expect(JSON.stringify(nodes.state())).not.to.include("secret");
  });

  it("takes no node for another by what a node refuses", async () => {
    const nodes = pool();
    await round(nodes);
    for (let times = 0; times < 6; times++) await nodes.send("eth_sendRawTransaction", ["0x12"]).catch(() => null);
    await round(nodes);
    expect(nodes.state()).to.include({ inUse: urlOf(0), switches: 0 });
    expect(nodes.state().endpoints[0]?.failures).to.equal(0);
  });
});
