import { expect } from "chai";
import { freePorts } from "../../src/node/ports.ts";
import { watchDescendants } from "../node/processes.ts";
import { untilSaved } from "../node/savedChain.ts";
import { story } from "../support/story.ts";
import { runCli, startCli, startNode, STORY_TIMEOUT, temporaryFolder, untilEnded } from "./run.ts";
import type { Cli } from "./run.ts";

const NUMBER = "BO-2026-0117";
const BUYER = "8801234500012";

describe("a stack that stays up", function () {
  this.timeout(STORY_TIMEOUT);
  const place = temporaryFolder();
  const step = story();
  let base: string | undefined;
  let running: Cli | null = null;

  after(async () => {
    running?.child.kill("SIGTERM");
    if (running !== null) await untilEnded(running, 60_000);
    place.remove();
  });

  /** The first time on ports that are free, later on the same ones. */
  async function start(): Promise<void> {
    const node = await startNode({ data: place.folder, ...(base === undefined ? {} : { base }) });
    running = node.cli;
    base = node.base;
  }

  /** Number of the chain's newest block. */
  async function head(): Promise<number> {
    const { rpc } = await ask<{ rpc: string }>("node", "status");
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
    const answer = await fetch(rpc, { method: "POST", headers: { "content-type": "application/json" }, body });
    return Number(((await answer.json()) as { result: string }).result);
  }

  /** Runs a command against the stack; answers its JSON. */
  async function ask<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await runCli(...args, "--data", place.folder, "--json");
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as T;
  }

  const paid = async () => (await ask<{ paid: string }>("order", "show", NUMBER)).paid;

  step("takes an order and its deliveries", async () => {
    await start();
    await ask("order", "create", "examples/order.xml", "--register");
    await ask("device", "enrol", "--owner", BUYER, "--simulated");
    const { verdicts } = await ask<{ verdicts: { status: string }[] }>(
      "deliver",
      NUMBER,
      "--line",
      "10",
      "--quantity",
      "400",
    );
    expect(verdicts.map(({ status }) => status)).to.deep.equal(["counted"]);
    expect(await paid()).to.equal("3144048");
  });

  step("refuses the same order a second time, before money moves", async () => {
    const { code, stderr } = await runCli("order", "create", "examples/order.xml", "--data", place.folder);
    expect(code).to.equal(1);
    expect(stderr).to.match(new RegExp(`Order ${NUMBER} of this buyer exists`));
    expect(await ask<object[]>("order", "list")).to.have.length(1);
  });

  step("refuses a second stack in the same folder", async () => {
    const other = String((await freePorts()).rpc);
    const { code, stderr } = await untilEnded(
      startCli(["node", "start", "--data", place.folder, "--base-port", other]),
      30_000,
    );
    expect(code).to.equal(1);
    expect(stderr).to.match(/runs with the data folder .* already/);
  });

  step("goes on where it was after it was killed", async () => {
    const watch = watchDescendants(running?.child.pid ?? 0);
    await untilSaved({ folder: place.folder, block: await head() });
    running?.child.kill("SIGKILL");
    await running?.ended;
    expect(await watch.left(), "processes left").to.deep.equal([]);

    await start();
    expect(await paid()).to.equal("3144048");
    await ask("deliver", NUMBER, "--line", "20", "--quantity", "100.5");
    expect(BigInt(await paid()) > 3_144_048n).to.equal(true);
  });

  step("delivers the rest, settles, and stops when it is asked to", async () => {
    await ask("deliver", NUMBER);
    const { paid: all, total } = await ask<{ paid: string; total: string }>("order", "show", NUMBER);
    expect(all).to.equal(total);
    await ask("order", "settle", NUMBER);
    expect(await ask("order", "show", NUMBER)).to.include({ status: "closed" });

    const watch = watchDescendants(running?.child.pid ?? 0);
    running?.child.kill("SIGINT");
    const ended = running === null ? null : await untilEnded(running);
    expect(ended?.code).to.equal(0);
    expect(await watch.left(), "processes left").to.deep.equal([]);
    expect((await runCli("node", "status", "--data", place.folder)).code).to.equal(1);
  });
});
