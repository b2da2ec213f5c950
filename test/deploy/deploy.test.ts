import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Contract } from "ethers";
import { ROLES, WIRING, selectorOf } from "../../deploy/roles.ts";
import type { Report } from "../../scripts/deploy/report.ts";
import { contractAt, deploy, deployed, managerOf, root, startChain, temporaryFolder } from "./support.ts";
import type { Chain } from "./support.ts";

describe("npm run deploy", () => {
  const folder = temporaryFolder();
  const out = join(folder.path, "deployment.json");
  let chain: Chain;
  let args: string[];
  let first: Report;
  let manager: Contract;

  before(async () => {
    chain = await startChain();
    args = ["--rpc", chain.url, "--out", out];
    first = await deployed(args);
    manager = managerOf(chain, first.deployment.accessManager);
  });
  after(async () => {
    await chain.stop();
    folder.remove();
  });

  it("writes where everything is, and the contracts are there and belong together", async () => {
    const { deployment } = first;
    expect(JSON.parse(readFileSync(out, "utf8"))).to.deep.equal(deployment);
    expect(deployment.chainId).to.equal(31337);
    expect(deployment.genesis).to.equal((await chain.provider.getBlock(0))?.hash);
    expect(deployment.block).to.equal(1);
    const krw = deployment.currencies["KRW"];
    expect(krw?.minorUnit).to.equal(0);
    const at = (source: string, name: string, address = ""): Contract => contractAt({ chain, source, name, address });
    const token = at("contracts/value/CurrencyToken.sol", "CurrencyToken", krw?.token);
    const escrow = at("contracts/settlement/SupplierEscrow.sol", "SupplierEscrow", krw?.escrow);
    const orders = at("contracts/settlement/ISupplierEscrow.sol", "ISupplierEscrow", krw?.escrow);
    const devices = at("contracts/identity/DeviceRegistry.sol", "DeviceRegistry", deployment.deviceRegistry);
    expect(await token.getFunction("symbol")()).to.equal("KRW");
    expect(await token.getFunction("decimals")()).to.equal(0n);
    expect((await orders.getFunction("token")()).toLowerCase()).to.equal(krw?.token);
    expect((await devices.getFunction("organisations")()).toLowerCase()).to.equal(deployment.organisationRegistry);
    for (const contract of [token, escrow]) {
      expect((await contract.getFunction("authority")()).toLowerCase()).to.equal(deployment.accessManager);
    }
  });

  it("makes a key for the embedded chain that only its owner reads, and never prints it", async () => {
    const file = join(folder.path, "deployer.key");
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const key = readFileSync(file, "utf8").trim();
    expect(key).to.match(/^0x[0-9a-f]{64}$/);
    const { stdout, stderr } = await deploy(args);
    expect(stdout + stderr).not.to.contain(key.slice(2));
  });

  it("needs no balance and sends legacy transactions at gas price 0", async () => {
    expect(await chain.provider.getBalance(first.deployer)).to.equal(0n);
    const block = await chain.provider.getBlock(1, true);
    const transaction = block?.prefetchedTransactions[0];
    expect([transaction?.type, transaction?.gasPrice]).to.deep.equal([0, 0n]);
  });

  it("prints the roles as the chain has them", async () => {
    const guarded = ["REGISTRAR", "RELAYER_ADMIN", "ISSUER", "RECOVERER", "ADMINISTRATION"];
    for (const { role, holders, grantDelay, guarded: shown, may } of first.roles) {
      for (const { account, delay } of holders) {
        const [member, chainDelay] = (await manager.getFunction("hasRole")(ROLES[role], account)) as [boolean, bigint];
        expect([role, member, Number(chainDelay)]).to.deep.equal([role, true, delay]);
      }
      expect(Number(await manager.getFunction("getRoleGrantDelay")(ROLES[role]))).to.equal(grantDelay);
      const guardian = Number(await manager.getFunction("getRoleGuardian")(ROLES[role]));
      expect([role, guardian === ROLES.GUARDIAN]).to.deep.equal([role, guarded.includes(role)]);
      expect([role, shown]).to.deep.equal([role, guarded.includes(role)]);
      const wired = WIRING.filter((wiring) => wiring.role === role).flatMap(({ functions }) => functions);
      expect(may.length).to.equal(wired.length);
    }
    const holders = new Map(first.roles.map(({ role, holders: all }) => [role, all]));
    for (const role of ["ADMIN", "REGISTRAR", "RELAYER_ADMIN", "ISSUER", "GUARDIAN"] as const) {
      expect(holders.get(role)).to.deep.equal([{ account: first.deployer, delay: 0 }]);
    }
    expect(holders.get("RECOVERER")).to.deep.equal([{ account: first.deployer, delay: 60 }]);
    expect(holders.get("ADMINISTRATION")).to.deep.equal([]);
  });

  it("wires every function to the role that is meant for it", async () => {
    const { deployment } = first;
    const { token, escrow } = deployment.currencies["KRW"] ?? { token: "", escrow: "" };
    const targets = {
      AccessManager: deployment.accessManager,
      OrganisationRegistry: deployment.organisationRegistry,
      CurrencyToken: token,
      SupplierEscrow: escrow,
    };
    const expected: [keyof typeof targets, string, number][] = [
      ["OrganisationRegistry", "register(uint32,bytes32,address)", ROLES.REGISTRAR],
      ["OrganisationRegistry", "setStatus(uint64,uint8)", ROLES.REGISTRAR],
      ["OrganisationRegistry", "setKinds(uint64,uint32)", ROLES.REGISTRAR],
      ["OrganisationRegistry", "recoverAccount(uint64,address)", ROLES.RECOVERER],
      ["CurrencyToken", "mint(address,uint256)", ROLES.ISSUER],
      ["SupplierEscrow", "registerGroup(address[],uint8)", ROLES.RELAYER_ADMIN],
      ["SupplierEscrow", "proposeMember(uint40,bytes,address)", ROLES.RELAYER_ADMIN],
      ["SupplierEscrow", "retireMember(uint40,bytes,uint256)", ROLES.GUARDIAN],
      ["SupplierEscrow", "cancelMember(uint40,address)", ROLES.GUARDIAN],
      ["SupplierEscrow", "closeGroup(uint40)", ROLES.GUARDIAN],
      ["SupplierEscrow", "reopenGroup(uint40)", ROLES.GUARDIAN],
      ["AccessManager", "grantRole(uint64,address,uint32)", ROLES.ADMINISTRATION],
      ["AccessManager", "revokeRole(uint64,address)", ROLES.ADMIN],
    ];
    for (const [contract, signature, role] of expected) {
      const wired = await manager.getFunction("getTargetFunctionRole")(targets[contract], selectorOf(signature));
      expect([signature, Number(wired)]).to.deep.equal([signature, role]);
    }
  });

  it("has the role ids of the contracts", () => {
    const source = readFileSync(join(root, "contracts/access/Roles.sol"), "utf8");
    const constants = [...source.matchAll(/uint64 internal constant (\w+) = (\d+);/g)];
    const ids = Object.fromEntries(constants.map(([, name, id]) => [name, Number(id)]));
    expect({ ADMIN: 0, ...ids }).to.deep.equal(ROLES);
  });

  it("deploys nothing the second time, and says so", async () => {
    const nonce = await chain.provider.getTransactionCount(first.deployer);
    const before = readFileSync(out, "utf8");
    const { code, stdout } = await deploy(args);
    expect(code).to.equal(0);
    expect(stdout).to.contain("Nothing to deploy: everything is there.").and.to.contain("was there");
    expect(stdout).to.contain("P-256: yes");
    expect(await chain.provider.getTransactionCount(first.deployer)).to.equal(nonce);
    expect(readFileSync(out, "utf8")).to.equal(before);
  });

  it("adds a currency: its token, its escrow and their roles, nothing else", async () => {
    const second = await deployed([...args, "--currency", "KWD"]);
    expect(second.contracts.filter(({ fresh }) => fresh).map(({ name }) => name)).to.have.members([
      "CurrencyToken KWD",
      "OrderActions KWD",
      "OrderServices KWD",
      "SupplierEscrow KWD",
    ]);
    expect(second.transactions).to.equal(7); // four contracts, and three roles that they need
    expect(second.deployment.currencies["KRW"]).to.deep.equal(first.deployment.currencies["KRW"]);
    expect(second.deployment.currencies["KWD"]?.minorUnit).to.equal(3);
    const third = await deployed(args);
    expect(third.transactions).to.equal(0);
    expect(Object.keys(third.deployment.currencies)).to.have.members(["KRW", "KWD"]);
  });

  it("finds every currency again when the deployment file is lost", async () => {
    const before = JSON.parse(readFileSync(out, "utf8")) as unknown;
    rmSync(out);
    const { transactions, deployment } = await deployed(args);
    expect(transactions).to.equal(0);
    expect(deployment).to.deep.equal(before);
    expect(JSON.parse(readFileSync(out, "utf8"))).to.deep.equal(before);
  });
});
