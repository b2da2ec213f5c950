import { chmodSync, cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { freePort } from "../../src/node/ports.ts";
import { deploy, deployed, startChain, temporaryFolder } from "./support.ts";
import type { Outcome } from "./support.ts";

const KEY = `0x${"11".repeat(32)}`;

describe("npm run deploy refuses", () => {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder.path, name);
  after(() => folder.remove());

  /** A message, what was expected, what to do; and no stack trace. */
  function expectRefusal(outcome: Outcome, code: number, message: string): void {
    expect(outcome.stderr).to.contain(message);
    expect(outcome.code).to.equal(code);
    expect(outcome.stderr).to.match(/\nExpected: .+\nWhat to do: .+\n$/s);
    expect(outcome.stderr).not.to.match(/^\s+at /m);
    expect(outcome.stdout).to.equal("");
  }

  async function on(chainArgs: string[], args: string[], fees: "free" | "paid" = "free"): Promise<Outcome> {
    const chain = await startChain(chainArgs, fees);
    try {
      return await deploy(["--rpc", chain.url, "--out", file("refused/deployment.json"), ...args]);
    } finally {
      await chain.stop();
    }
  }

  it("a chain with another id", async () => {
    expectRefusal(await on(["--chain-id", "5"], []), 1, "has the id 5");
  });

  it("an EVM before Cancun", async () => {
    expectRefusal(await on(["--hardfork", "shanghai"], []), 1, "older than Cancun");
  });

  it("a chain that asks for fees", async () => {
    expectRefusal(await on([], [], "paid"), 1, "wei for each unit of gas");
  });

  it("an address where nothing listens; it can be tried again", async () => {
    const url = `http://user:secret@127.0.0.1:${await freePort()}`;
    const outcome = await deploy(["--rpc", url, "--json"]);
    expectRefusal(outcome, 75, "No chain answers at http://127.0.0.1:");
    expect(outcome.stderr).not.to.contain("secret");
  });

  it("an address that is none, an option that is none, a currency that is none", async () => {
    expectRefusal(await deploy(["--rpc", "localhost:8545"]), 1, '"localhost:8545" is no address of a chain');
    expectRefusal(await deploy(["--gas-price", "1"]), 1, "--gas-price");
    expectRefusal(await deploy(["--network", "mainnet"]), 1, '"mainnet"');
    expectRefusal(await deploy(["--currency", "QQQ"]), 1, '"QQQ" is no currency');
  });

  it("a key that is missing, open to others, or none", async () => {
    const parameters = file("besu.json");
    cpSync(new URL("../../deploy/parameters/besu.json", import.meta.url), parameters);
    const besu = (key: string): string[] => ["--network", "besu", "--parameters", parameters, "--key-file", key];
    const id = ["--chain-id", "1337"];
    expectRefusal(await on(id, besu(file("none.key"))), 1, "There is no key of a deployer");
    expectRefusal(await on(id, besu(file("none.key")).slice(0, -2)), 1, "--key-file is not given");
    writeFileSync(file("open.key"), KEY);
    chmodSync(file("open.key"), 0o644);
    expectRefusal(await on(id, besu(file("open.key"))), 1, "Others may read");
    writeFileSync(file("bad.key"), `${KEY.slice(0, -2)}zz`, { mode: 0o600 });
    const outcome = await on(id, besu(file("bad.key")));
    expectRefusal(outcome, 1, "holds no private key");
    expect(outcome.stderr).not.to.contain("1111111111");
  });

  it("parameters that are none", async () => {
    writeFileSync(file("half.json"), '{ "chainId": 31337 }');
    expectRefusal(await on([], ["--parameters", file("half.json")]), 1, "currencies");
    const recoverer = { account: null, delay: 0, grantDelay: 0 };
    const roles = {
      REGISTRAR: recoverer,
      RELAYER_ADMIN: recoverer,
      ISSUER: recoverer,
      GUARDIAN: recoverer,
      RECOVERER: recoverer,
    };
    const rest = { chainId: 31337, currencies: ["KRW"], pollMilliseconds: 20, timeoutSeconds: 9, adminDelay: 0, roles };
    writeFileSync(file("hasty.json"), JSON.stringify(rest));
    expectRefusal(await on([], ["--parameters", file("hasty.json")]), 1, "RECOVERER");
  });

  it("a deployment file or a journal of another chain, and leaves both as they are", async () => {
    const out = file("foreign/deployment.json");
    const first = await startChain(["--timestamp", "1700000000"]);
    await deployed(["--rpc", first.url, "--out", out]);
    await first.stop();
    const other = await startChain(["--timestamp", "1700000001"]);
    expectRefusal(await deploy(["--rpc", other.url, "--out", out]), 1, "is of the chain 31337 that began with");
    rmSync(out);
    expectRefusal(await deploy(["--rpc", other.url, "--out", out]), 1, "is of a chain that began with");
    await other.stop();
  });

  it("the journal of a chain that was reset to the same genesis", async () => {
    const out = file("reset/deployment.json");
    const first = await startChain(["--timestamp", "1700000000"]);
    const { deployment } = await deployed(["--rpc", first.url, "--out", out]);
    await first.stop();
    const again = await startChain(["--timestamp", "1700000000"]);
    expect((await again.provider.getBlock(0))?.hash).to.equal(deployment.genesis);
    expectRefusal(await deploy(["--rpc", again.url, "--out", out]), 1, "where nothing is");
    await again.stop();
  });
});
