import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { childEnvironment } from "../../src/config/env.ts";
import { freePort } from "../../src/node/ports.ts";
import { root, temporaryFolder } from "../cli/run.ts";
import { startAnvil } from "./anvil.ts";
import { until } from "./until.ts";

const ESCROW = `0x${"e5".repeat(20)}`;
const PROGRAM = join(root, "src/relayer/main.ts");

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A chain with a block a second and good settings for relayers on it, each of which is a process with a store of its own. */
export async function createRelayerPlace() {
  const place = temporaryFolder();
  const anvil = await startAnvil(["--block-time", "1"]);
  await anvil.rpc("anvil_setCode", [ESCROW, "0x00"]);
  const { hash } = (await anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string };
  const contracts = { accessManager: ESCROW, organisationRegistry: ESCROW, deviceRegistry: ESCROW };
  const currencies = { KRW: { minorUnit: 0, token: ESCROW, escrow: ESCROW } };
  const deployment = { chainId: 31_337, genesis: hash, block: 0, ...contracts, currencies };
  const good = {
    rpcUrls: [anvil.url],
    mqtt: { url: "mqtt://127.0.0.1:9" },
    deployment: file("deployment.json", JSON.stringify(deployment)),
    keyFile: file("relayer.key", Wallet.createRandom().privateKey),
    peers: [],
  };
  let number = 0;
  const running = new Set<ReturnType<typeof spawn>>();
  // What a test that fails does not stop ends with the tests.
  process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

  function file(name: string, text: string): string {
    writeFileSync(join(place.folder, name), text, { mode: 0o600 });
    return join(place.folder, name);
  }

  /**
   * Starts one with the good settings, but for these.
   *
   * @param options.program what Node runs
   * @param options.within a command that starts it, in place of this process
   * @param options.config the whole text of its configuration file; null: there is none
   */
  async function start(
    settings: Record<string, unknown> = {},
    options: { program?: string[]; within?: string[]; config?: string | null } = {},
  ) {
    const { program = [PROGRAM], within = [] } = options;
    const listen = `127.0.0.1:${await freePort()}`;
    const all = { ...good, listen, store: join(place.folder, `store-${++number}.sqlite`), ...settings };
    const { config: text = JSON.stringify(all) } = options;
    const name = `relayer-${number}.json`;
    const config = text === null ? join(place.folder, name) : file(name, text);
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", ...program, "--config", config];
    const [command = "", ...args] = [...within, ...node];
    const child = spawn(command, args, { env: childEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    void ended.then(() => running.delete(child));
    const ready = async () => {
      const answer = await fetch(`http://${listen}/ready`);
      const state = (await answer.json()) as { role: string; reasons: { code: string; detail: string }[] };
      return { status: answer.status, role: state.role, reasons: state.reasons };
    };
    return { child, ended, url: `http://${listen}`, listen, store: String(all.store), said: () => said, ready };
  }

  async function started(...given: Parameters<typeof start>) {
    const relayer = await start(...given);
    await until(() => relayer.said().includes("the relayer is up") || relayer.child.exitCode !== null);
    expect(relayer.child.exitCode, relayer.said()).to.equal(null);
    return relayer;
  }

  /** It ends by itself, and says this: one message for a person, without a stack trace. */
  async function expectEnd(given: Parameters<typeof start>, ...texts: (string | RegExp)[]): Promise<void> {
    const { ended, said } = await start(...given);
    expect(await ended, said()).to.equal(1);
    for (const text of texts) expect(said()).to.match(typeof text === "string" ? new RegExp(escaped(text)) : text);
    expect(said().match(/^What to do: /gm), said()).to.have.length(1);
    expectNoTrace(said());
  }

  async function stop(relayer: Awaited<ReturnType<typeof start>>): Promise<void> {
    relayer.child.kill("SIGTERM");
    expect(await relayer.ended, relayer.said()).to.equal(0);
  }

  async function close(): Promise<void> {
    for (const child of running) child.kill("SIGKILL");
    await anvil.stop();
    place.remove();
  }

  return { anvil, folder: place.folder, good, deployment, file, start, started, expectEnd, stop, close };
}

export type RelayerPlace = Awaited<ReturnType<typeof createRelayerPlace>>;

/** A person reads this: no stack, and nothing of Node's inside. */
export function expectNoTrace(said: string): void {
  expect(said).to.not.match(/^ +at |\\n +at /m);
  expect(said).to.not.include("node:internal");
}
