import { expect } from "chai";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../../src/chain/deployment.ts";
import { ensureContracts } from "../../src/node/contracts.ts";
import { temporaryFolder } from "../cli/run.ts";

const address = `0x${"aa".repeat(20)}`;
const genesis = `0x${"11".repeat(32)}`;

function deploymentOf(...codes: string[]): Deployment {
  const contracts = { minorUnit: 0, token: address, escrow: address };
  const currencies = Object.fromEntries(codes.map((code) => [code, contracts]));
  const registries = { accessManager: address, organisationRegistry: address, deviceRegistry: address };
  return { chainId: 31_337, genesis, block: 1, ...registries, currencies };
}

const firstBlock = {
  number: "0x0",
  hash: genesis,
  parentHash: `0x${"00".repeat(32)}`,
  timestamp: "0x0",
  gasLimit: "0x0",
};

/** A chain that has everything that was deployed. */
const provider = {
  send: (method: string): Promise<unknown> =>
    Promise.resolve(method === "eth_chainId" ? "0x7a69" : method === "eth_getCode" ? "0x01" : firstBlock),
};

describe("the stack's contracts", () => {
  let place: ReturnType<typeof temporaryFolder>;
  let deployed: string[][] = [];

  beforeEach(() => {
    place = temporaryFolder();
    deployed = [];
  });
  afterEach(() => place.remove());

  const file = () => join(place.folder, "deployment.json");
  const journal = () => join(place.folder, "deployment.journal");

  /** Writes what the deployment writes. */
  async function deploy(codes: string[]): Promise<Deployment> {
    deployed.push(codes);
    mkdirSync(journal(), { recursive: true });
    writeFileSync(join(journal(), "journal.jsonl"), codes.join());
    writeFileSync(file(), JSON.stringify(deploymentOf(...codes)));
    return await Promise.resolve(deploymentOf(...codes));
  }

  const ensure = (codes: string[], saveChain = async () => {}) =>
    ensureContracts({ data: place.folder, provider, currencies: codes, deploy: () => deploy(codes), saveChain });

  it("are deployed once", async () => {
    await ensure(["KRW"]);
    await ensure(["KRW"]);
    expect(deployed).to.deep.equal([["KRW"]]);
  });

  it("are completed by a currency that is missing", async () => {
    await ensure(["KRW"]);
    await ensure(["KRW", "EUR"]);
    expect(deployed).to.have.length(2);
  });

  it("are deployed again when the chain was not saved after the first time", async () => {
    const killed = new Error("killed");
    await ensure(["KRW"], () => Promise.reject(killed)).catch(() => {});
    expect(existsSync(file())).to.equal(true);
    await ensure(["KRW"]);
    expect(deployed).to.have.length(2);
  });

  it("are put back to what the saved chain has when a later deployment was cut short", async () => {
    await ensure(["KRW"]);
    await ensure(["KRW", "EUR"], () => Promise.reject(new Error("killed"))).catch(() => {});
    await ensure(["KRW"]);
    expect(readFileSync(join(journal(), "journal.jsonl"), "utf8")).to.equal("KRW");
    expect(Object.keys((JSON.parse(readFileSync(file(), "utf8")) as Deployment).currencies)).to.deep.equal(["KRW"]);
  });

  it("go on where a deployment was cut short on a chain that keeps everything by itself", async () => {
    const cut = async () => {
      await deploy(["KRW"]);
      rmSync(file());
      throw new Error("killed");
    };
    let found = "";
    const resumed = () => {
      found = readFileSync(join(journal(), "journal.jsonl"), "utf8");
      return deploy(["KRW"]);
    };
    const given = { data: place.folder, provider, currencies: ["KRW"], saveChain: null };
    await ensureContracts({ ...given, deploy: cut }).catch(() => {});
    await ensureContracts({ ...given, deploy: resumed });
    expect(found).to.equal("KRW");
  });
});
