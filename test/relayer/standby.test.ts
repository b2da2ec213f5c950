import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { childEnvironment } from "../../src/config/env.ts";
import { freePort } from "../../src/node/ports.ts";
import { root, temporaryFolder } from "../cli/run.ts";
import { startAnvil } from "../support/anvil.ts";
import type { Anvil } from "../support/anvil.ts";
import { startOwnPostgres, newSchema } from "../support/postgres.ts";
import { describePostgres, describeStores } from "../support/stores.ts";
import { until } from "../support/until.ts";

const ESCROW = `0x${"e5".repeat(20)}`;
const UP = "the relayer is up";
const STANDBY = "standing by";

interface Running {
  child: ChildProcess;
  /** What it said, whole. */
  said: () => string;
  /** Number of the block it stands at; null while it does not answer. */
  head: () => Promise<number | null>;
}

/** A chain with nothing on it, and relayer processes that all have one key. */
function place() {
  const files = temporaryFolder();
  const running: Running[] = [];
  let anvil: Anvil;
  let settings: Record<string, string>;

  before(async () => {
    anvil = await startAnvil(["--block-time", "1"]);
    await anvil.rpc("anvil_setCode", [ESCROW, "0x00"]);
    const { hash } = (await anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string };
    const file = (name: string, text: string): string => {
      writeFileSync(join(files.folder, name), text, { mode: 0o600 });
      return join(files.folder, name);
    };
    const contracts = { accessManager: ESCROW, organisationRegistry: ESCROW, deviceRegistry: ESCROW };
    const currencies = { KRW: { minorUnit: 0, token: ESCROW, escrow: ESCROW } };
    const deployment = { chainId: 31_337, genesis: hash, block: 0, ...contracts, currencies };
    settings = {
      FACTORYCHAIN_RPC_URL: anvil.url,
      FACTORYCHAIN_MQTT_URL: "mqtt://127.0.0.1:9",
      FACTORYCHAIN_DEPLOYMENT: file("deployment.json", JSON.stringify(deployment)),
      FACTORYCHAIN_KEY_FILE: file("relayer.key", Wallet.createRandom().privateKey),
      FACTORYCHAIN_PEERS: "http://127.0.0.1:9",
    };
  });
  afterEach(() => {
    for (const { child } of running.splice(0)) child.kill("SIGKILL");
  });
  after(async () => {
    await anvil.stop();
    files.remove();
  });

  async function start(store: string): Promise<Running> {
    const listen = `127.0.0.1:${String(await freePort())}`;
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(root, "src/relayer/main.ts")],
      {
        env: childEnvironment({ ...settings, FACTORYCHAIN_STORE: store, FACTORYCHAIN_LISTEN: listen }),
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const head = (): Promise<number | null> =>
      fetch(`http://${listen}/health`).then(
        async (response) => (response.ok ? ((await response.json()) as { head: number }).head : null),
        () => null,
      );
    const relayer = { child, said: () => text, head };
    running.push(relayer);
    return relayer;
  }

  /** Starts two processes on one store; the first one leads. */
  async function startTwo(store: string): Promise<[Running, Running]> {
    const first = await start(store);
    await untilSaid(first, UP);
    const second = await start(store);
    await untilSaid(second, STANDBY);
    expect(second.said()).not.to.include(UP);
    return [first, second];
  }

  return { start, startTwo };
}

async function untilSaid({ child, said }: Running, text: string): Promise<void> {
  await until(() => said().includes(text) || child.exitCode !== null);
  expect(said()).to.include(text);
}

describeStores("a second process with a relayer's key and store", ({ newStore }) => {
  const { startTwo } = place();

  it("stands by, answers, and takes over when the first one is killed", async () => {
    const [first, second] = await startTwo(await newStore());
    await until(async () => (await second.head()) !== null);
    const head = (await second.head()) ?? 0;
    await until(async () => ((await second.head()) ?? 0) > head); // it sees what the first one follows
    first.child.kill("SIGKILL");
    await untilSaid(second, UP);
  });

  it("takes over when the first one is asked to stop", async () => {
    const [first, second] = await startTwo(await newStore());
    first.child.kill("SIGTERM");
    expect(await once(first.child, "exit")).to.deep.equal([0, null]);
    await untilSaid(second, UP);
    second.child.kill("SIGTERM");
    expect(await once(second.child, "exit")).to.deep.equal([0, null]);
  });
});

describePostgres("relayer processes on PostgreSQL", () => {
  const { start, startTwo } = place();
  let server: Awaited<ReturnType<typeof startOwnPostgres>>;

  before(async () => (server = await startOwnPostgres()));
  after(() => server.remove());

  it("let one that stood still find out that another one leads", async () => {
    const [first, second] = await startTwo(await newSchema(server.url));
    first.child.kill("SIGSTOP");
    await untilSaid(second, UP); // after the lease has lapsed
    first.child.kill("SIGCONT");
    await untilSaid(first, STANDBY);
    const head = (await second.head()) ?? 0;
    await until(async () => ((await second.head()) ?? 0) > head + 1);
  });

  it("wait for a server that is away, at their start and later, and go on", async () => {
    const store = await newSchema(server.url);
    await server.kill();
    const relayer = await start(store);
    await untilSaid(relayer, "the store is away; trying again");
    await server.start();
    await untilSaid(relayer, UP);
    const before = relayer.said().length;
    await server.kill();
    await until(() => relayer.said().slice(before).includes("does not answer"));
    await server.start();
    const head = (await relayer.head()) ?? 0;
    await until(async () => ((await relayer.head()) ?? 0) > head + 1);
    expect(relayer.child.exitCode).to.equal(null);
    expect(relayer.said()).not.to.include(new URL(server.url).password);
  });
});
