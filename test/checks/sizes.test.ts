import { expect } from "chai";
import { codeSize } from "../../scripts/checks/codeSize.ts";
import { sizes } from "../../scripts/checks/sizes.ts";
import { functionsOf } from "../../scripts/checks/solidity.ts";
import { findingsOf } from "./memoryTree.ts";

const lines = (count: number) => "x\n".repeat(count);

describe("sizes", () => {
  for (const [file, limit] of [
    ["contracts/a/A.sol", 500],
    ["test/a/a.test.ts", 400],
    ["test/a/A.t.sol", 400],
    ["src/a/a.ts", 300],
    ["scripts/launch/a.mjs", 300],
    ["eslint.config.js", 150],
  ] as const) {
    it(`lets ${file} have ${limit} lines and not one more`, () => {
      expect(findingsOf(sizes, { [file]: lines(limit) })).to.deep.equal([]);
      expect(findingsOf(sizes, { [file]: lines(limit + 1) })[0]?.limit).to.equal(`${limit}`);
    });
  }

  it("finds a folder that is five deep", () => {
    expect(findingsOf(sizes, { "src/a/b/c/d/e.ts": "" })[0]?.what).to.equal("5 folders deep");
  });

  it("finds a Solidity function of 46 lines, whatever its comments and strings hold", () => {
    const body = (count: number) => `    function pay() external {\n${'        s = "}"; // {\n'.repeat(count)}    }\n`;
    const contract = (count: number) => ({ "contracts/a/A.sol": `contract A {\n${body(count)}}\n` });
    expect(findingsOf(sizes, contract(43))).to.deep.equal([]);
    expect(findingsOf(sizes, contract(44))).to.deep.include.members([
      {
        file: "contracts/a/A.sol:2",
        what: "pay has 46 lines",
        limit: "45",
        todo: "give it one purpose: move what can be named on its own into a file or function of its own",
      },
    ]);
  });

  it("reads functions, constructors and modifiers, and no declarations", () => {
    const source =
      "interface I { function a() external; }\ncontract C { constructor() {\n}\n modifier m() { _; } receive() external payable {} }";
    expect(functionsOf(source).map(({ name, lines: count }) => [name, count])).to.deep.equal([
      ["constructor", 2],
      ["m", 1],
      ["receive", 1],
    ]);
  });
});

describe("contract code size", () => {
  const artifact = (bytes: number) =>
    JSON.stringify({ contractName: "A", sourceName: "contracts/a/A.sol", deployedBytecode: `0x${"00".repeat(bytes)}` });

  it("lets a contract have 24,576 bytes and not one more", () => {
    const path = "artifacts/contracts/a/A.sol/A.json";
    expect(findingsOf(codeSize, { [path]: artifact(24_576) })).to.deep.equal([]);
    expect(findingsOf(codeSize, { [path]: artifact(24_577) })[0]?.what).to.equal("A has 24577 bytes of code");
  });

  it("does not pass when nothing is built", () => {
    expect(findingsOf(codeSize, {})[0]?.todo).to.equal("npm run build");
  });

  it("leaves the tests' doubles alone", () => {
    const files = {
      "artifacts/contracts/a/A.sol/A.json": artifact(200),
      "artifacts/contracts/mocks/B.sol/B.json": artifact(30_000),
    };
    expect(findingsOf(codeSize, files)).to.deep.equal([]);
  });
});
