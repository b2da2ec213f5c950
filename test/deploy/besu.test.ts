import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Interface, Wallet, id } from "ethers";
import type { Contract } from "ethers";
import { ROLES } from "../../deploy/roles.ts";
import type { Report } from "../../scripts/deploy/report.ts";
import { deploy, deployed, managerOf, startChain, temporaryFolder } from "./support.ts";
import type { Chain } from "./support.ts";

const DAY = 86_400;
const KEY = id("deployer of besu.test.ts");

/** Blocks of one second, as QBFT makes them, and the delays of deploy/parameters/besu.json. */
describe("npm run deploy -- --network besu", () => {
  const folder = temporaryFolder();
  const out = join(folder.path, "deployment.json");
  const journal = (name: string): string => readFileSync(join(folder.path, "journal", name), "utf8");
  let chain: Chain;
  let args: string[];
  let report: Report;
  let manager: Contract;
  let admin: Wallet;
  let newAdmin: Wallet;
  let guardian: Wallet;

  before(async () => {
    chain = await startChain(["--chain-id", "1337", "--block-time", "1", "--hardfork", "cancun"]);
    const keyFile = join(folder.path, "deployer.key");
    writeFileSync(keyFile, KEY, { mode: 0o600 });
    args = ["--network", "besu", "--rpc", chain.url, "--key-file", keyFile, "--out", out];
    args.push("--journal", join(folder.path, "journal"));
    admin = new Wallet(KEY, chain.provider);
    newAdmin = new Wallet(id("new administrator"), chain.provider);
    guardian = new Wallet(id("guardian"), chain.provider);
  });
  after(async () => {
    await chain.stop();
    folder.remove();
  });

  it("goes on where it was killed, and sends nothing twice", async () => {
    const killed = await deploy(args, (child) => {
      const timer = setInterval(() => {
        if (sentSoFar() < 8) return;
        clearInterval(timer);
        child.kill("SIGKILL");
      }, 5);
      child.once("exit", () => clearInterval(timer));
    });
    expect(killed.code).to.equal(null);
    report = await deployed(args);
    const all = journal("journal.jsonl").match(/"type":"TRANSACTION_CONFIRM"/g)?.length;
    expect(await chain.provider.getTransactionCount(admin.address)).to.equal(all);
    expect((await deployed(args)).transactions).to.equal(0);
  });

  it("delays what is dangerous, and says that a chain before Osaka has no P-256", async () => {
    expect(report.chain.p256).to.equal(false);
    const role = (name: string) => report.roles.find(({ role: other }) => other === name);
    expect(role("RECOVERER")?.holders).to.deep.equal([{ account: admin.address.toLowerCase(), delay: 2 * DAY }]);
    manager = managerOf(chain, report.deployment.accessManager);
    await mine(6 * DAY);
    for (const name of ["ISSUER", "GUARDIAN", "RECOVERER"] as const) {
      expect(await manager.getFunction("getRoleGrantDelay")(ROLES[name])).to.equal(BigInt(2 * DAY));
    }
    const krw = report.deployment.currencies["KRW"];
    for (const target of [report.deployment.organisationRegistry, krw?.token, krw?.escrow]) {
      expect(await manager.getFunction("getTargetAdminDelay")(target)).to.equal(BigInt(2 * DAY));
    }
  });

  it("leaves the wiring of a new currency to the administrator after the handover", async () => {
    await send(admin, "grantRole", [ROLES.GUARDIAN, guardian.address, 0]);
    await send(admin, "grantRole", [ROLES.ADMIN, newAdmin.address, 2 * DAY]);
    await send(admin, "renounceRole", [ROLES.ADMIN, admin.address]);
    await mine(3 * DAY);
    const second = await deployed([...args, "--currency", "EUR"]);
    expect(second.transactions).to.equal(4); // the token, and the escrow in three contracts
    expect(second.pending.map(({ call }) => call.split("(")[0])).to.deep.equal([
      "setTargetFunctionRole",
      "setTargetAdminDelay",
      "setTargetFunctionRole",
      "setTargetFunctionRole",
      "setTargetAdminDelay",
    ]);
    const [wire] = second.pending;
    const when = await schedule(newAdmin, wire?.data ?? "");
    expect(when - (await now())).to.be.greaterThan(2 * DAY - 60);
    await mine(2 * DAY);
    await sendRaw(newAdmin, wire?.data ?? "");
    const selector = id("mint(address,uint256)").slice(0, 10);
    const token = second.deployment.currencies["EUR"]?.token;
    expect(await manager.getFunction("getTargetFunctionRole")(token, selector)).to.equal(BigInt(ROLES.ISSUER));
  });

  it("lets the guardian cancel what an administrator scheduled, but not its own removal", async () => {
    const grant = encode("grantRole", [ROLES.ADMIN, guardian.address, 0]);
    await schedule(newAdmin, grant);
    await send(guardian, "cancel", [newAdmin.address, manager.target, grant]);
    const removal = encode("revokeRole", [ROLES.GUARDIAN, guardian.address]);
    await schedule(newAdmin, removal);
    const refused = manager.getFunction("cancel").staticCall(newAdmin.address, manager.target, removal, {
      from: guardian.address,
    });
    expect(await refused.catch((error: Error) => error.message)).to.contain("AccessManagerUnauthorizedCancel");
    await mine(2 * DAY + 60);
    await sendRaw(newAdmin, removal);
    const [member] = (await manager.getFunction("hasRole")(ROLES.GUARDIAN, guardian.address)) as [boolean];
    expect(member).to.equal(false);
  });

  function sentSoFar(): number {
    try {
      return journal("sent.jsonl").split("\n").length;
    } catch {
      return 0;
    }
  }

  async function now(): Promise<number> {
    return (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
  }

  async function mine(seconds: number): Promise<void> {
    await chain.provider.send("evm_increaseTime", [seconds]);
    await chain.provider.send("evm_mine", []);
  }

  async function schedule(wallet: Wallet, data: string): Promise<number> {
    await send(wallet, "schedule", [manager.target, data, 0]);
    const operation = await manager.getFunction("hashOperation")(wallet.address, manager.target, data);
    return Number(await manager.getFunction("getSchedule")(operation));
  }

  function encode(name: string, parameters: unknown[]): string {
    return new Interface(manager.interface.fragments).encodeFunctionData(name, parameters);
  }

  async function send(wallet: Wallet, name: string, parameters: unknown[]): Promise<void> {
    await sendRaw(wallet, encode(name, parameters));
  }

  async function sendRaw(wallet: Wallet, data: string): Promise<void> {
    const to = String(manager.target);
    const sent = await wallet.sendTransaction({ to, data, type: 0, gasPrice: 0, gasLimit: 1_000_000 });
    const receipt = await sent.wait();
    expect(receipt?.status).to.equal(1);
  }
});
