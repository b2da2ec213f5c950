import { expect } from "chai";
import { freePorts } from "../../src/node/ports.ts";
import { watchDescendants } from "../node/processes.ts";
import { runCli, startCli, temporaryFolder, untilSeen } from "./run.ts";

const NUMBER = "BO-2026-0117";
const BUYER = "8801234500012";

describe("a stack that stays up", function () {
  this.timeout(120_000);
  const place = temporaryFolder();
  let base = "";
  let running: ReturnType<typeof startCli> | null = null;

  before(async () => {
    const { rpc } = await freePorts();
    base = String(Math.min(rpc, 60_000) - 10);
  });
  after(async () => {
    running?.child.kill("SIGTERM");
    await running?.ended;
    place.remove();
  });

  async function start(): Promise<ReturnType<typeof startCli>> {
    running = startCli(["node", "start", "--data", place.folder, "--base-port", base]);
    await untilSeen(running, "Ctrl-C stops it");
    return running;
  }

  /** Runs a command against the stack; answers its JSON. */
  async function ask<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await runCli(...args, "--data", place.folder, "--json");
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as T;
  }

  const paid = async () => (await ask<{ paid: string }>("order", "show", NUMBER)).paid;

  it("takes an order and its deliveries", async () => {
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

  it("refuses the same order a second time, before money moves", async () => {
    const { code, stderr } = await runCli("order", "create", "examples/order.xml", "--data", place.folder);
    expect(code).to.equal(1);
    expect(stderr).to.match(new RegExp(`Order ${NUMBER} of this buyer exists`));
    expect(await ask<object[]>("order", "list")).to.have.length(1);
  });

  it("refuses a second stack in the same folder", async () => {
    const { code, stderr } = await runCli("node", "start", "--data", place.folder);
    expect(code).to.equal(1);
    expect(stderr).to.match(/runs with the data folder .* already/);
  });

  it("goes on where it was after it was killed", async () => {
    const watch = watchDescendants(running?.child.pid ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    running?.child.kill("SIGKILL");
    await running?.ended;
    expect(await watch.left(), "processes left").to.deep.equal([]);

    await start();
    expect(await paid()).to.equal("3144048");
    await ask("deliver", NUMBER, "--line", "20", "--quantity", "100.5");
    expect(BigInt(await paid()) > 3_144_048n).to.equal(true);
  });

  it("delivers the rest, settles, and stops when it is asked to", async () => {
    await ask("deliver", NUMBER);
    const { paid: all, total } = await ask<{ paid: string; total: string }>("order", "show", NUMBER);
    expect(all).to.equal(total);
    await ask("order", "settle", NUMBER);
    expect(await ask("order", "show", NUMBER)).to.include({ status: "closed" });

    const watch = watchDescendants(running?.child.pid ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    running?.child.kill("SIGINT");
    const ended = await running?.ended;
    expect(ended?.code).to.equal(0);
    expect(await watch.left(), "processes left").to.deep.equal([]);
    expect((await runCli("node", "status", "--data", place.folder)).code).to.equal(1);
  });
});
