import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { untilSettled, untilThere } from "../../src/cli/demo/watch.ts";
import { FactoryChainError, RetryableError } from "../../src/lib/errors.ts";

/** A relayer that has one message, and has judged it from the third question on. */
async function startRelayer() {
  let asked = 0;
  const server = createServer((_, response) => {
    const pending = ++asked < 3 ? 1 : 0;
    const messages = { received: 1, counted: 1 - pending, duplicate: 0, refused: 0, waiting: 0, pending };
    const status = { relayer: `0x${"11".repeat(20)}`, head: { number: asked, time: asked }, messages, open: pending };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked: () => asked,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the demo, while it waits for the relayers", () => {
  let relayer: Awaited<ReturnType<typeof startRelayer>>;
  beforeEach(async () => (relayer = await startRelayer()));
  afterEach(() => relayer.stop());

  async function settled(error: Error): Promise<number> {
    let looks = 0;
    const look = () => (++looks < 3 ? Promise.reject(error) : Promise.resolve());
    await untilSettled({ relayers: [relayer.url], sent: 1, look, signal: new AbortController().signal });
    return looks;
  }

  it("goes on when the chain's node is away for a while", async () => {
    expect(await settled(new RetryableError("rpc-unreachable", "No node answers."))).to.equal(3);
  });

  it("begins when they stand where the chain stood", async () => {
    const word = `0x${"22".repeat(32)}`;
    const block = { number: "0x3", timestamp: "0x3", gasLimit: "0x1", hash: word, parentHash: word, transactions: [] };
    const provider = { send: () => Promise.resolve(block) };
    await untilThere({ provider, relayers: [relayer.url], signal: new AbortController().signal });
    expect(relayer.asked()).to.equal(3);
  });

  it("ends with whatever else is wrong", async () => {
    const error = new FactoryChainError("wrong-chain", "Another chain.");
    expect(await settled(error).catch((reason: unknown) => reason)).to.equal(error);
  });
});
