import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { startOwnChain } from "../../testbed/networkChain.ts";
import type { TestChain } from "../../testbed/networkChain.ts";
import { startPeerTap } from "../../testbed/networkTap.ts";
import { newSigner } from "../support/nodes.ts";
import { until } from "../support/until.ts";

describe("testbed: the way to a peer", () => {
  it("lets requests pass, keeps what was proposed, and cuts off what it should", async () => {
    const reached: string[] = [];
    const server = createServer((request, response) => {
      reached.push(request.url ?? "");
      response.writeHead(201, { "content-type": "application/json" }).end('{"decision":"wait"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const tap = await startPeerTap({ target: (server.address() as AddressInfo).port });
    const post = (path: string) => fetch(`${tap.url}${path}`, { method: "POST", body: "{}" });

    expect((await post("/v1/peer/proposals")).status).to.equal(201);
    await post("/v1/peer/messages");
    expect(tap.heard).to.deep.equal([{ path: "/v1/peer/proposals", body: "{}", answer: '{"decision":"wait"}' }]);

    const failure = (path: string) =>
      post(path).then(
        () => null,
        () => path,
      );
    tap.mode = "cut";
    expect(await failure("/v1/peer/shares")).to.equal("/v1/peer/shares");
    tap.mode = "lose-answer";
    expect(await failure("/v1/peer/roots")).to.equal("/v1/peer/roots");
    expect(tap.disturbed).to.equal(2);
    expect(reached).to.deep.equal(["/v1/peer/proposals", "/v1/peer/messages", "/v1/peer/roots"]);
    await tap.stop();
    server.closeAllConnections();
    server.close();
  });
});

describe("testbed: a relayer's clock", () => {
  it("is as far off as it is told to be, and keeps no process from ending", async () => {
    const clock = new URL("../../testbed/clock.ts", import.meta.url).href;
    const program = `data:text/javascript,${encodeURIComponent(
      "const tell = () => process.send([Date.now(), new Date().getTime(), new Date(5).getTime()]);" +
        "const since = Date.now(); tell();" +
        "const look = setInterval(() => Date.now() < since && (clearInterval(look), tell()), 20);",
    )}`;
    const child = fork("-", [], {
      ...{ execPath: process.execPath, stdio: ["ignore", "ignore", "inherit", "ipc"] },
      execArgv: ["--disable-warning=ExperimentalWarning", "--import", clock, "--import", program, "-e", "0"],
    });
    const [first] = (await once(child, "message")) as [number[]];
    child.send({ clock: -600 });
    const [second] = (await once(child, "message")) as [number[]];
    expect(Math.abs(first[0]! - Date.now())).to.be.lessThan(60_000);
    for (const time of second.slice(0, 2)) expect(Date.now() - time).to.be.within(590_000, 660_000);
    expect(second[2]).to.equal(5);
    expect((await once(child, "exit"))[0]).to.equal(0);
  });
});

describe("testbed: a chain of its own", () => {
  let chain: TestChain;
  before(async () => {
    chain = await startOwnChain();
  });
  after(() => chain.stop());

  async function send(): Promise<string> {
    const raw = await newSigner().signTransaction({
      ...{ chainId: 31_337, nonce: 0, to: `0x${"11".repeat(20)}`, gasLimit: 21_000, gasPrice: 0, type: 0 },
    });
    return (await chain.rpc("eth_sendRawTransaction", [raw])) as string;
  }
  const blockOf = async (hash: string) =>
    ((await chain.rpc("eth_getTransactionReceipt", [hash])) as { blockHash: string } | null)?.blockHash ?? null;

  it("takes blocks back, with their transactions or without", async () => {
    const included = async (hash: string) => await until(async () => (await blockOf(hash)) !== null);
    const first = await send();
    await included(first);
    const before = await blockOf(first);
    expect(await chain.own?.reorganise({ depth: 1, keep: true })).to.equal(1);
    expect(await blockOf(first))
      .to.be.a("string")
      .and.not.equal(before);

    const second = await send();
    await included(second);
    await chain.own?.reorganise({ depth: 1, keep: false });
    expect(await blockOf(second)).to.equal(null);
  });

  it("forgets what waits, stands still, and goes on", async () => {
    const head = async () => Number(await chain.rpc("eth_blockNumber"));
    await chain.own?.tick(100);
    await chain.own?.hold(async () => {
      const waiting = await send();
      const before = await head();
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(await head()).to.equal(before);
      expect(await blockOf(waiting)).to.equal(null);
    });
    const before = await head();
    await until(async () => (await head()) > before);

    const dropped = chain.own?.dropPool();
    expect(await dropped).to.be.a("number");
  });
});
