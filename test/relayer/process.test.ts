import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { childEnvironment } from "../../src/config/env.ts";
import { writeKeystore } from "../../src/config/keystore.ts";
import { freePort } from "../../src/node/ports.ts";
import { root, runCli, temporaryFolder } from "../cli/run.ts";
import { startAnvil } from "../support/anvil.ts";
import type { Anvil } from "../support/anvil.ts";
import { until } from "../support/until.ts";
import { startWeb3SignerStandIn } from "../support/web3SignerStandIn.ts";

const ESCROW = `0x${"e5".repeat(20)}`;
const PROGRAM = join(root, "src/relayer/main.ts");

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

describe("a relayer's process", function () {
  this.timeout(120_000);
  const place = temporaryFolder();
  let anvil: Anvil;
  let good: Record<string, unknown>;
  let number = 0;
  const running = new Set<ReturnType<typeof spawn>>();

  before(async () => {
    anvil = await startAnvil(["--block-time", "1"]);
    await anvil.rpc("anvil_setCode", [ESCROW, "0x00"]);
    const { hash } = (await anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string };
    const contracts = { accessManager: ESCROW, organisationRegistry: ESCROW, deviceRegistry: ESCROW };
    const currencies = { KRW: { minorUnit: 0, token: ESCROW, escrow: ESCROW } };
    const deployment = { chainId: 31_337, genesis: hash, block: 0, ...contracts, currencies };
    good = {
      rpcUrls: [anvil.url],
      mqtt: { url: "mqtt://127.0.0.1:9" },
      deployment: file("deployment.json", JSON.stringify(deployment)),
      keyFile: file("relayer.key", Wallet.createRandom().privateKey),
      peers: [],
    };
  });
  after(async () => {
    for (const child of running) child.kill("SIGKILL");
    await anvil.stop();
    place.remove();
  });

  function file(name: string, text: string): string {
    writeFileSync(join(place.folder, name), text, { mode: 0o600 });
    return join(place.folder, name);
  }

  /** Starts one with the good settings, but for these. */
  async function start(settings: Record<string, unknown> = {}, program = [PROGRAM]) {
    const listen = `127.0.0.1:${await freePort()}`;
    const all = { ...good, listen, store: join(place.folder, `store-${++number}.sqlite`), ...settings };
    const config = file(`relayer-${number}.json`, JSON.stringify(all));
    const args = ["--disable-warning=ExperimentalWarning", ...program, "--config", config];
    const child = spawn(process.execPath, args, { env: childEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    void ended.then(() => running.delete(child));
    return { child, ended, url: `http://${listen}`, listen, said: () => said };
  }

  async function started(...given: Parameters<typeof start>) {
    const relayer = await start(...given);
    await until(() => relayer.said().includes("the relayer is up") || relayer.child.exitCode !== null);
    expect(relayer.child.exitCode, relayer.said()).to.equal(null);
    return relayer;
  }

  /** It ends by itself, and says this: one message for a person, without a stack trace. */
  async function expectEnd(settings: Record<string, unknown>, ...texts: (string | RegExp)[]): Promise<void> {
    const { ended, said } = await start(settings);
    expect(await ended, said()).to.equal(1);
    for (const text of texts) expect(said()).to.match(typeof text === "string" ? new RegExp(escaped(text)) : text);
    expect(said())
      .to.include("What to do: ")
      .and.not.match(/^ +at /m);
    expect(said()).to.not.include("node:internal");
  }

  it("runs, says how it is, and stops in order", async () => {
    const { child, ended, url, said } = await started({}, [join(root, "src/cli/main.ts"), "relayer", "run"]);
    expect(await (await fetch(`${url}/health`)).json()).to.have.property("alive", true);
    const ready = await fetch(`${url}/ready`);
    const state = (await ready.json()) as { reasons: { code: string }[]; role: string };
    expect([ready.status, state.role, state.reasons.map(({ code }) => code)]).to.deep.equal([
      503,
      "leader",
      ["broker"],
    ]);
    expect(await (await fetch(`${url}/metrics`)).text()).to.match(/^factorychain_lease_held\{\S+ 1$/m);

    const status = await runCli("relayer", "status", "--url", url, "--json");
    expect(status.code, status.stderr).to.equal(75);
    expect((JSON.parse(status.stdout) as { reasons: unknown }[])[0]?.reasons).to.have.length(1);
    expect((await runCli("relayer", "status", "--url", url)).stdout).to.match(/ready +no\n.*\n.*\n.*lease/);
    expect((await runCli("relayer", "refused", "--url", url)).stdout).to.equal("Nothing.\n");
    const retried = await runCli("relayer", "retry", "--url", url);
    expect([retried.code, retried.stdout]).to.deep.equal([0, `0 events are judged again at ${url}\n`]);

    child.kill("SIGTERM");
    expect(await ended, said()).to.equal(0);
    expect(said()).to.include("the relayer has stopped");
  });

  it("has its figures on an address of their own, where it is told to", async () => {
    const metricsListen = `127.0.0.1:${await freePort()}`;
    const { child, ended, url } = await started({ metricsListen });
    expect((await fetch(`http://${metricsListen}/metrics`)).status).to.equal(200);
    expect((await fetch(`http://${metricsListen}/v1/status`)).status).to.equal(404);
    expect((await fetch(`${url}/metrics`)).status).to.equal(404);
    child.kill("SIGINT");
    expect(await ended).to.equal(0);
  });

  it("ends at once when it is asked twice", async () => {
    const silent = createServer((socket) => socket.resume()); // a node that never answers
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const rpcUrls = [`http://127.0.0.1:${(silent.address() as AddressInfo).port}`];
    const { child, ended, said } = await start({ rpcUrls });
    await until(() => said().includes("the relayer starts") || child.exitCode !== null);
    child.kill("SIGTERM");
    await until(() => said().includes("stopping") || child.exitCode !== null);
    child.kill("SIGTERM");
    expect(await ended, said()).to.equal(143);
    silent.close();
  });

  it("signs with a keystore, and with a web3signer", async () => {
    const wallet = Wallet.createRandom();
    const password = "battery staple horse";
    const keystore = join(place.folder, "keystore.json");
    await writeKeystore({ file: keystore, wallet, password, scrypt: { N: 2, r: 8, p: 1 } });
    const keyPasswordFile = file("password", `${password}\n`);
    const server = await startWeb3SignerStandIn({ privateKeys: [wallet.privateKey] });
    const web3signer = { url: server.url, publicKey: `0x${wallet.signingKey.publicKey.slice(4)}` };
    for (const key of [
      { keyFile: keystore, keyPasswordFile },
      { keyFile: undefined, web3signer },
    ]) {
      const { child, ended, url, said } = await started(key);
      const { relayer } = (await (await fetch(`${url}/v1/status`)).json()) as { relayer: string };
      expect(relayer).to.equal(wallet.address.toLowerCase());
      child.kill("SIGTERM");
      expect(await ended).to.equal(0);
      expect(said()).to.not.include(password).and.not.include(wallet.privateKey.slice(2));
    }
    await server.stop();
    await expectEnd({ keyFile: keystore }, "no file with its password is named");
    await expectEnd(
      { keyFile: keystore, keyPasswordFile: file("wrong", "battery") },
      /password in .*wrong does not open/,
    );
  });

  it("says what to do about a port that is taken, or not this machine's", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    await expectEnd({ listen }, `cannot listen at ${listen} (listen): another program has it`);
    await expectEnd({ metricsListen: listen }, `cannot listen at ${listen} (metricsListen)`);
    taken.close();
    await expectEnd({ listen: "192.0.2.1:8701" }, "this machine does not have the address");
  });

  it("says what to do about files that are missing, wrong or closed", async () => {
    await expectEnd(
      { deployment: join(place.folder, "gone.json") },
      "the deployment file, cannot be read: there is no such",
    );
    await expectEnd({ deployment: file("bad.json", "{}") }, "bad.json");
    await expectEnd({ keyFile: file("bad.key", "0x12") }, "holds no private key");
    await expectEnd({ operatorTokenFile: file("short.token", "hush") }, "holds no token");
    await expectEnd({ colour: "red" }, "colour in");
    await expectEnd({ store: join(place.folder, "no/such/folder/store.sqlite") }, "store.sqlite");
    await expectEnd({ store: place.folder }, place.folder);
  });
});
