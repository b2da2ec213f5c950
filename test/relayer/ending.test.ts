import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { createPeers } from "../../src/relayer/peers.ts";
import { createSuspects } from "../../src/relayer/suspects.ts";
import { createNetwork } from "../../testbed/network.ts";
import { startOwnChain } from "../../testbed/networkChain.ts";
import { root, temporaryFolder } from "../cli/run.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { createRelayerPlace } from "../support/relayerProcess.ts";
import { until } from "../support/until.ts";

/** Loaded before the relayer: it is asked to stop while its code is loaded. */
const EARLY = `import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) {
    if (url.endsWith("/relayer/groups.ts")) process.kill(process.pid, "SIGTERM");
    return next(url, context);
  } });`;

/** Somebody who hears everything and says nothing. */
async function startSilent() {
  const lines: Socket[] = [];
  const server = createServer((socket) => void lines.push(socket.on("error", () => undefined).resume()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  function close(): void {
    for (const line of lines) line.destroy();
    server.close();
  }
  return { url, asked: () => lines.length, close };
}

describe("a relayer's end", () => {
  it("is in order also while its code is loaded: nothing was begun, and it says so", async () => {
    const place = await createRelayerPlace();
    const early = ["--import", `data:text/javascript,${encodeURIComponent(EARLY)}`];
    const { ended, said } = await place.start({}, { program: [...early, join(root, "src/relayer/main.ts")] });
    expect(await ended, said()).to.equal(0);
    expect(said()).to.match(/The relayer was stopped before it began\.|the relayer has stopped/);
    expect(said()).to.not.include("the relayer is up");
    await place.close();
  });

  it("waits for what goes on behind before it closes the store, and for no peer that is silent", async () => {
    const silent = await startSilent();
    const { folder, remove } = temporaryFolder();
    const chain = await startOwnChain();
    const network = await createNetwork({
      ...{ folder, chain, members: 2, threshold: 2, finalityDepth: 0, broker: "embedded", path: "" },
      store: (index) => join(folder, `relayer-${index + 1}.sqlite`),
      played: new Map([[1, silent.url]]),
    });
    const relayer = network.relayers[0]!;
    const process = relayer.start();
    await until(() => silent.asked() > 0);
    expect(await process.stop(), process.lastWords()).to.equal("stopped");
    const log = readFileSync(relayer.logFile, "utf8").trim().split("\n");
    expect(log.at(-1)).to.include('"msg":"the relayer has stopped"');
    expect(log.join("\n")).to.not.include("destroyed");
    const stopping = log.findIndex((line) => line.includes('"msg":"the relayer is stopping"'));
    expect(log.slice(stopping).join("\n")).to.include("stopping").and.to.not.include("did not answer");
    await network.stop();
    await chain.stop();
    remove();
    silent.close();
  });

  it("comes when what was taken in is durable", async () => {
    const { network, device, chain } = await createOrderNetwork({ order: { quantity: 100n } });
    const { relayer } = network[0]!;
    await relayer.advance(chain.blocks.at(-1)!);
    const payload = Buffer.from(device.signJws(deliveryOf("e1", 4)));
    let kept = false;
    void relayer.receive({ topic: device.topic, payload, retained: false }).then(() => (kept = true));
    await relayer.ended();
    expect(kept).to.equal(true);
  });

  it("waits for no node that is silent", async () => {
    const silent = await startSilent();
    const place = await createRelayerPlace();
    const relayer = await place.started({ rpcUrls: [place.anvil.url, silent.url] });
    await until(() => silent.asked() > 0);
    const since = performance.now();
    await place.stop(relayer);
    // Whoever waits for its answer waits for twenty seconds, whatever else the machine does.
    expect(performance.now() - since).to.be.lessThan(15_000);
    await place.close();
    silent.close();
  });

  it("gives up its questions to peers, asks no more, and blames nobody", async () => {
    const said: string[] = [];
    const note = (_: object, message: string) => void said.push(message);
    const log = { info: note, warn: note, error: note };
    let asked = 0;
    const peers = createPeers({
      peers: [{ url: "http://127.0.0.1:9", account: null, fingerprints: [] }],
      suspects: createSuspects({ log }),
      log,
      fetch: (_, init) =>
        new Promise((_resolve, reject) => {
          asked++;
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
        }),
    });
    const question = () => peers.request(peers.list[0]!, "/v1/peer/events", z.object({}));
    const first = question();
    await peers.stop();
    expect(await Promise.race([first, Promise.resolve("open")])).to.equal(null);
    expect(await question()).to.equal(null);
    expect([asked, said]).to.deep.equal([1, []]);
  });
});
