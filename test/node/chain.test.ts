import { expect } from "chai";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBlock, readHead, readLogs } from "../../src/chain/wire.ts";
import { systemClock } from "../../src/lib/retry.ts";
import { startChain } from "../../src/node/chain.ts";
import type { EmbeddedChain } from "../../src/node/chain.ts";
import { freePort, onPort } from "../../src/node/ports.ts";
import { temporaryFolder } from "../cli/run.ts";
import { processesWith, untilGone } from "./processes.ts";
import { savedBlocks, untilSaved } from "./savedChain.ts";

/** Creation code of a contract that logs one word when it is created, and nothing more. */
const LOGGING = "0x4360005260206000a000";
const ACCOUNT = `0x${"11".repeat(20)}`;

describe("the embedded chain", () => {
  let place: ReturnType<typeof temporaryFolder>;
  let chain: EmbeddedChain | null = null;

  beforeEach(() => {
    place = temporaryFolder();
  });
  afterEach(async () => {
    await chain?.stop();
    chain = null;
    place.remove();
  });

  async function start(clock = systemClock): Promise<EmbeddedChain> {
    const stateFile = join(place.folder, "chain.state.gz");
    const open = (port: number) => startChain({ port, stateFile, clock, died: () => {}, failed: () => {} });
    chain = await onPort({ port: await freePort(), any: true, open });
    return chain;
  }

  /** Sends a transaction that logs, and waits for its block: anvil answers before it mined. */
  async function log({ provider }: EmbeddedChain): Promise<string> {
    await provider.send("anvil_impersonateAccount", [ACCOUNT]);
    const call = { from: ACCOUNT, data: LOGGING, gas: "0x30d40", gasPrice: "0x0" };
    const hash = (await provider.send("eth_sendTransaction", [call])) as string;
    while ((await provider.send("eth_getTransactionReceipt", [hash])) === null) await systemClock.sleep(20);
    return hash;
  }

  const allLogs = async ({ provider }: EmbeddedChain) =>
    await readLogs(provider, { addresses: [], from: 0, to: (await readHead(provider)).number });

  /** The chain's process, as the system sees it. */
  const pidOf = ({ url }: EmbeddedChain): number => processesWith(`--port ${new URL(url).port} `)[0]?.pid ?? 0;

  it("goes on after a stop as the same chain, twice: blocks, receipts and logs from the beginning", async () => {
    const first = await start();
    const genesis = await readBlock(first.provider, 0);
    const hash = await log(first);
    await first.keepState();
    await first.stop();

    const second = await start();
    await log(second);
    await second.keepState();
    await second.stop();

    const third = await start();
    // One block a number: a start that made another genesis would have left both in the state.
    expect(savedBlocks(place.folder)).to.equal((await readHead(third.provider)).number + 1);
    expect(await readBlock(third.provider, 0)).to.deep.equal(genesis);
    expect((await readBlock(third.provider, 1))?.parent).to.equal(genesis?.hash);
    expect(await allLogs(third)).to.have.length(2);
    expect(await third.provider.send("eth_getTransactionReceipt", [hash])).to.include({ blockNumber: "0x1" });
  });

  it("has saved what happened before it is killed, without being asked", async () => {
    const first = await start();
    await first.keepState();
    await first.keepTime();
    const hash = await log(first);
    await untilSaved({ folder: place.folder, block: (await readHead(first.provider)).number });
    process.kill(pidOf(first), "SIGKILL");
    await first.stop().catch(() => {});

    const second = await start();
    expect(await second.provider.send("eth_getTransactionReceipt", [hash])).not.to.equal(null);
  });

  it("goes on saving when the machine's clock is set back", async () => {
    let offset = 0;
    const first = await start({ ...systemClock, now: () => Date.now() + offset });
    await first.keepState();
    offset = -3_600_000;
    await log(first);
    await untilSaved({ folder: place.folder, block: (await readHead(first.provider)).number });
  });

  it("keeps its clock over a stop: the next block is of now", async () => {
    const first = await start();
    await first.keepState();
    await first.stop();
    await systemClock.sleep(1_500);
    const started = Math.floor(Date.now() / 1000);
    const second = await start();
    await log(second);
    const { time } = await readHead(second.provider);
    expect(time).to.be.at.least(started);
  });

  it("makes a block for a transaction when blocks come by the clock", async () => {
    const first = await start();
    await first.keepTime();
    const { number } = await readHead(first.provider);
    await log(first);
    expect((await readHead(first.provider)).number).to.be.above(number);
  });

  it("ends when it is let go of, without being asked", async () => {
    const first = await start();
    const port = new URL(first.url).port;
    expect(processesWith(`--port ${port} `)).not.to.deep.equal([]);
    await first.stop();
    expect(await untilGone(`--port ${port} `)).to.deep.equal([]);
  });

  it("says what is wrong with a broken state, and leaves it as it is", async () => {
    const file = join(place.folder, "chain.state.gz");
    writeFileSync(file, "no state");
    let error: unknown;
    await start().catch((thrown: unknown) => (error = thrown));
    expect(error).to.include({ code: "chain-state-broken" });
    expect(existsSync(file)).to.equal(true);
  });
});
