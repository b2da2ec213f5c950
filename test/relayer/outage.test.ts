import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { childEnvironment } from "../../src/config/env.ts";
import { freePorts } from "../../src/node/ports.ts";
import { root, temporaryFolder } from "../cli/run.ts";
import { killTree } from "../node/processes.ts";
import { startAnvil } from "../support/anvil.ts";
import type { Anvil } from "../support/anvil.ts";
import { startBesuStandIn } from "../support/besuStandIn.ts";
import type { BesuStandIn, Fault } from "../support/besuStandIn.ts";
import { until } from "../support/until.ts";

const CHAIN_ID = 31_337;
const ESCROW = `0x${"e5".repeat(20)}`;

describe("a relayer that starts while its chain's node is away", () => {
  const place = temporaryFolder();
  let anvil: Anvil;
  let node: BesuStandIn;
  let child: ChildProcess | null = null;
  let said = "";
  let health = "";

  before(async () => {
    anvil = await startAnvil(["--chain-id", String(CHAIN_ID)]);
    await anvil.rpc("anvil_setCode", [ESCROW, "0x00"]);
    node = await startBesuStandIn({ anvilUrl: anvil.url });
  });
  afterEach(() => {
    if (child?.pid !== undefined && child.exitCode === null) killTree(child.pid);
    child = null;
  });
  after(async () => {
    await node.stop();
    await anvil.stop();
    place.remove();
  });

  /** Starts it on this node, which does not answer, or not as it should; resolves when the relayer has said so. */
  async function startAway(fault: Fault = { kind: "disconnect" }): Promise<ChildProcess> {
    node.fault = () => fault;
    const { mqtt, relayers } = await freePorts();
    const { hash } = (await anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string };
    const file = (name: string, text: string): string => {
      writeFileSync(join(place.folder, name), text, { mode: 0o600 });
      return join(place.folder, name);
    };
    const contracts = { accessManager: ESCROW, organisationRegistry: ESCROW, deviceRegistry: ESCROW };
    const currencies = { KRW: { minorUnit: 0, token: ESCROW, escrow: ESCROW } };
    const deployment = { chainId: CHAIN_ID, genesis: hash, block: 0, ...contracts, currencies };
    const listen = `127.0.0.1:${relayers[0]}`;
    health = `http://${listen}/health`;
    const env = childEnvironment({
      FACTORYCHAIN_RPC_URL: node.url,
      FACTORYCHAIN_MQTT_URL: `mqtt://127.0.0.1:${mqtt}`,
      FACTORYCHAIN_DEPLOYMENT: file("deployment.json", JSON.stringify(deployment)),
      FACTORYCHAIN_KEY_FILE: file("relayer.key", Wallet.createRandom().privateKey),
      FACTORYCHAIN_STORE: join(place.folder, `${relayers[0]}.sqlite`),
      FACTORYCHAIN_LISTEN: listen,
      FACTORYCHAIN_PEERS: "http://127.0.0.1:9",
    });
    const program = join(root, "src/relayer/main.ts");
    const started = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    child = started;
    said = "";
    started.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    await until(() => said.split("the chain's node is away; trying again").length > 2 || started.exitCode !== null);
    expect(started.exitCode, said).to.equal(null);
    return started;
  }

  const isUp = () =>
    fetch(health).then(
      ({ ok }) => ok,
      () => false,
    );

  const internal = '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error"}}';
  for (const [what, fault, says] of [
    ["there", { kind: "disconnect" }, "No node answers"],
    ["in order", { kind: "answer", text: internal }, "Internal error"],
  ] satisfies [string, Fault, string][]) {
    it(`waits, says so, and is up once the node is ${what}`, async () => {
      const relayer = await startAway(fault);
      expect(said).to.include(says);
      expect(await isUp()).to.equal(false);
      node.fault = () => null;
      await until(isUp);
      const ended = once(relayer, "exit");
      relayer.kill("SIGTERM");
      expect(await ended).to.deep.equal([0, null]);
    });
  }

  it("stops when it is asked to, without the node", async () => {
    const relayer = await startAway();
    const ended = once(relayer, "exit");
    relayer.kill("SIGTERM");
    expect(await ended).to.deep.equal([0, null]);
  });

  it("does not wait for a node of another chain", async () => {
    const relayer = await startAway();
    // With all that it said, which may be on its way still when it has ended.
    const ended = once(relayer, "close");
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x5" });
    node.fault = ({ method }) => (method === "eth_chainId" ? { kind: "answer", text } : null);
    expect(await ended).to.deep.equal([1, null]);
    expect(said).to.include("on chain 5, the deployment on 31337");
  });
});
