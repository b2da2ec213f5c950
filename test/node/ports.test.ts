import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { choosePorts, PORT_RANGE, readPortRange, splitPorts } from "../../src/lib/choosePorts.ts";
import { systemClock } from "../../src/lib/retry.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { startBroker } from "../../src/node/broker.ts";
import { startChain } from "../../src/node/chain.ts";
import { openJournal } from "../../src/node/journal.ts";
import { freePort, freePorts, isFree, onPort, portInUse } from "../../src/node/ports.ts";
import { createRelayers } from "../../src/node/relayers.ts";
import { temporaryFolder } from "../cli/run.ts";
import { startAnvil } from "../support/anvil.ts";

/** Somebody else, who takes a port. */
async function occupy(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return server;
}

/** The same without a wait: on a thread, and this one stands still until it is done. */
function takePort(port: number): Worker {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const program = `const { port, done } = require("node:worker_threads").workerData;
    const taken = () => (Atomics.store(done, 0, 1), Atomics.notify(done, 0));
    require("node:net").createServer((socket) => socket.destroy()).listen(port, "127.0.0.1", taken);`;
  const worker = new Worker(program, { eval: true, workerData: { port, done } });
  if (Atomics.wait(done, 0, 0, 30_000) === "timed-out") throw new Error(`Port ${port} could not be taken.`);
  return worker;
}

/** Does something where ports are looked for in a range. */
async function within(range: string, action: () => Promise<unknown>): Promise<void> {
  const before = process.env[PORT_RANGE];
  process.env[PORT_RANGE] = range;
  try {
    await action();
  } finally {
    if (before === undefined) delete process.env[PORT_RANGE];
    else process.env[PORT_RANGE] = before;
  }
}

describe("ports of a stack", () => {
  let server: Server | null = null;
  afterEach(() => {
    server?.close();
    server = null;
  });

  it("are five in a row, none of which a system gives to outgoing connections", async () => {
    const always = () => Promise.resolve(true);
    expect(await choosePorts({ count: 5, isFree: always, random: () => 0 })).to.equal(20_000);
    expect(await choosePorts({ count: 5, isFree: always, random: () => 1 - Number.EPSILON })).to.equal(31_995);
    const { rpc, mqtt, relayers } = await freePorts();
    expect([mqtt, ...relayers]).to.deep.equal([1, 2, 3, 4].map((more) => rpc + more));
  });

  it("are chosen again while one of them is taken, but not for ever", async () => {
    const draws = [0, 0.5];
    const random = () => draws.shift() ?? 0.5;
    expect(await choosePorts({ count: 5, isFree: async (port) => port !== 20_004, random })).to.be.above(20_004);
    expect(await choosePorts({ count: 5, isFree: async () => false })).to.equal(null);
  });

  it("are looked for where the environment says, which keeps programs apart that choose at the same time", async () => {
    expect(splitPorts({ count: 3 })).to.deep.equal(["20000-23999", "24000-27999", "28000-31999"]);
    const range = readPortRange("24000-24004");
    const isFree = () => Promise.resolve(true);
    for (const random of [() => 0, () => 1 - Number.EPSILON])
      expect(await choosePorts({ count: 5, isFree, range, random })).to.equal(24_000);
    expect(await choosePorts({ count: 6, isFree, range })).to.equal(null);
    expect(readPortRange("")).to.deep.equal({ first: 20_000, last: 31_999 });
    for (const wrong of ["24000", "24004-24000", "0-9", "1-65536", "a-b", "1-2-3"])
      expect(() => readPortRange(wrong), wrong)
        .to.throw()
        .with.property("code", "port-range");
    await within("40000-40999", async () => expect(await freePort()).to.be.within(40_000, 40_999));
  });

  it("are other ones each time, though none of them was opened, until there are no others", async () => {
    await within("41000-41099", async () => {
      const chosen = await Promise.all(Array.from({ length: 50 }, () => freePort()));
      expect(new Set(chosen).size).to.equal(50);
      for (let more = 0; more < 100; more++) await freePort();
    });
  });

  it("are seen as taken by who listens on them", async () => {
    const port = await freePort();
    expect(await isFree(port)).to.equal(true);
    server = await occupy(port);
    expect(await isFree(port)).to.equal(false);
  });

  it("give way to others where any will do, some times, and only when they are taken", async () => {
    const tried: number[] = [];
    const open = (fails: number, error: Error) => (port: number) =>
      tried.push(port) <= fails ? Promise.reject(error) : Promise.resolve(port);
    const another = () => Promise.resolve(20_000 + tried.length);
    const taken = portInUse({ port: 1, meaning: "a test" });
    const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

    expect(await onPort({ port: 1, any: true, open: open(2, taken), another })).to.equal(20_002);
    expect(tried.splice(0)).to.deep.equal([1, 20_001, 20_002]);
    expect(await failure(onPort({ port: 1, any: false, open: open(1, taken), another }))).to.equal(taken);
    expect(tried.splice(0)).to.deep.equal([1]);
    expect(await failure(onPort({ port: 1, any: true, open: open(9, taken), another }))).to.equal(taken);
    expect(tried.splice(0)).to.have.length(5);
    const other = new FactoryChainError("other", "Something else.");
    expect(await failure(onPort({ port: 1, any: true, open: open(1, other), another }))).to.equal(other);
    expect(tried).to.deep.equal([1]);
  });

  it("are never shared with another chain that answers there", async () => {
    const anvil = await startAnvil();
    try {
      const options = { port: Number(new URL(anvil.url).port), stateFile: null, clock: systemClock };
      const chain = startChain({ ...options, died: () => {}, failed: () => {} });
      expect(await chain.catch((error: unknown) => error)).to.include({ code: "port-in-use" });
    } finally {
      await anvil.stop();
    }
  });

  it("are seen as taken when that happened after the look, while the chain was started", async () => {
    const port = await freePort();
    // The clock is read between the look and the start: whoever takes the port has it when that goes on.
    let taker: Worker | null = null;
    const now = () => {
      taker ??= takePort(port);
      return Date.now();
    };
    const hooks = { clock: { ...systemClock, now }, died: () => {}, failed: () => {} };
    const chain = startChain({ port, stateFile: null, ...hooks });
    try {
      expect(await chain.catch((error: unknown) => error)).to.include({ code: "port-in-use" });
    } finally {
      await (taker as Worker | null)?.terminate();
    }
  });

  it("are not a relayer's when another one answers there", async () => {
    const { folder, remove } = temporaryFolder();
    const messages = { received: 0, counted: 0, duplicate: 0, refused: 0, waiting: 0, pending: 0 };
    const status = { relayer: `0x${"22".repeat(20)}`, head: { number: 1, time: 1 }, messages, open: 0 };
    const other = createHttpServer((_, response) => response.end(JSON.stringify(status)));
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    // Without its settings the relayer ends at once, as it does without its port. A minute passes in three seconds.
    const clock = { now: () => Date.now() * 20, sleep: (time: number) => systemClock.sleep(time / 20) };
    const place = { address: `0x${"11".repeat(20)}`, url: `http://127.0.0.1:${port}`, logFile: join(folder, "log") };
    const told = { died: () => {}, crashed: () => {} };
    const relayers = createRelayers({ places: [{ ...place, settings: {} }], clock, ...told });
    try {
      relayers.start(null);
      const outcome = await relayers.up().catch((error: unknown) => error);
      expect(outcome).to.have.property("code").that.is.oneOf(["port-in-use", "relayer-not-started"]);
    } finally {
      await relayers.stop();
      other.closeAllConnections();
      other.close();
      remove();
    }
  });

  it("are left to who took them between choice and use: chain and broker open on others", async () => {
    const port = await freePort();
    server = await occupy(port);
    const hooks = { clock: systemClock, died: () => {}, failed: () => {} };
    const startOn = (on: number) => startChain({ port: on, stateFile: null, ...hooks });
    const refused = await startOn(port).catch((error: unknown) => error);
    expect(refused).to.include({ code: "port-in-use" });
    const chain = await onPort({ port, any: true, open: startOn });
    await chain.stop();
    expect(chain.url).not.to.include(`:${port}`);

    const journal = openJournal({ file: ":memory:", sessions: [] });
    const open = (on: number) => startBroker({ port: on, journal, heard: () => {} });
    const broker = await onPort({ port, any: true, open });
    await broker.close();
    expect(broker.port).not.to.equal(port);
  });
});
