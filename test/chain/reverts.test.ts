import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { AbiCoder, ErrorFragment, id, Interface } from "ethers";
import { FORMATS, REVERTS, revertToError } from "../../src/chain/reverts.ts";

const ARTIFACTS = fileURLToPath(new URL("../../artifacts/", import.meta.url));

interface Artifact {
  contractName: string;
  sourceName: string;
  abi: { type: string }[];
}

/** Every artifact of our contracts but the test doubles, and of the AccessManager that we deploy. */
function artifacts(): Artifact[] {
  return ["contracts", "@openzeppelin/contracts/access/manager"].flatMap((folder) =>
    readdirSync(join(ARTIFACTS, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json") && !name.startsWith("mocks"))
      .map((name) => JSON.parse(readFileSync(join(ARTIFACTS, folder, name), "utf8")) as Artifact),
  );
}

const fragmentOf = (signature: string) => ErrorFragment.from(`error ${signature}`);
const written = new Map(Object.keys(REVERTS).map((signature) => [fragmentOf(signature).selector, signature]));

/** Some value of each type that errors carry. */
function sample(type: string): unknown {
  if (type === "string") return "text";
  if (type === "address") return `0x${"ab".repeat(20)}`;
  if (type.startsWith("bytes")) return `0x${"ab".repeat(Number(type.slice(5)))}`;
  return 1;
}

describe("reverts", () => {
  it("explain every error that a contract of ours can throw", () => {
    const found = artifacts();
    expect(found.some(({ contractName }) => contractName === "ISupplierEscrow")).to.equal(true);
    const missing = new Set<string>();
    for (const { abi, sourceName } of found) {
      for (const item of abi.filter(({ type }) => type === "error")) {
        const fragment = ErrorFragment.from(item);
        const signature = written.get(fragment.selector);
        const names = signature === undefined ? null : fragmentOf(signature).inputs.map(({ name }) => name);
        if (String(names) !== String(fragment.inputs.map(({ name }) => name))) {
          missing.add(`${sourceName}: ${fragment.format("full")}`);
        }
      }
    }
    expect([...missing], "errors without a text in src/chain/revertTable*.ts").to.deep.equal([]);
  });

  for (const [signature, text] of Object.entries(REVERTS)) {
    it(`say what to do about ${signature.slice(0, signature.indexOf("("))}`, () => {
      const fragment = fragmentOf(signature);
      const values = fragment.inputs.map(({ type }) => sample(type));
      const error = revertToError(new Interface([fragment]).encodeErrorResult(fragment, values));
      expect(error.code).to.match(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(Object.keys(error.figures)).to.deep.equal(fragment.inputs.map(({ name }) => name));
      expect(error.advice).to.be.a("string").and.not.to.equal("");
      for (const line of [error.message, error.expected ?? "", error.advice ?? ""]) {
        expect(line).not.to.match(/[{}]|undefined|NaN/);
      }
      const formats = JSON.stringify(text).matchAll(/\{\w+:(\w+)\}/g);
      for (const [, format] of formats) expect(FORMATS).to.have.property(format ?? "");
    });
  }

  it("carry figures as they are and show times and states as words", () => {
    const data = new Interface(["error OrderNotOpen(bytes32 order, uint8 status)"]).encodeErrorResult("OrderNotOpen", [
      id("x"),
      2,
    ]);
    const error = revertToError(data);
    expect(error).to.include({ code: "order-not-open", retryable: false });
    expect(error.message).to.equal(`Order ${id("x")} is ended.`);
    expect(error.figures).to.deep.equal({ order: id("x"), status: "2" });
    const early = new Interface(["error OrderRefundTooEarly(uint256 now_, uint256 from)"]);
    expect(revertToError(early.encodeErrorResult("OrderRefundTooEarly", [1_800_000_000, 2n ** 255n])).message)
      .to.include("2027-01-15T08:00:00Z")
      .and.to.include(String(2n ** 255n));
  });

  it("keep acronyms of standards in the code together", () => {
    const data = new Interface(["error ERC20InvalidSpender(address spender)"]).encodeErrorResult(
      "ERC20InvalidSpender",
      [`0x${"00".repeat(20)}`],
    );
    expect(revertToError(data).code).to.equal("erc20-invalid-spender");
  });

  it("understand Error(string), Panic, nothing, what is unknown and what is cut off", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const reason = `0x08c379a0${coder.encode(["string"], ["not today"]).slice(2)}`;
    expect(revertToError(reason)).to.deep.include({ code: "reverted", figures: { reason: "not today" } });
    const panic = revertToError(`0x4e487b71${coder.encode(["uint256"], [17]).slice(2)}`);
    expect(panic.code).to.equal("contract-panic");
    expect(panic.message).to.include("range");
    expect(revertToError("0x").code).to.equal("reverted");
    for (const data of ["0xdeadbeef", "0x12", reason.slice(0, 40), "0x4e487b71"]) {
      expect(revertToError(data)).to.deep.include({ code: "reverted-unknown", figures: { data } });
    }
  });
});
