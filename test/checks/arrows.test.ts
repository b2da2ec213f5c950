import { expect } from "chai";
import { contractArrows } from "../../scripts/checks/arrows.ts";
import { moduleArrows } from "../../scripts/checks/modules.ts";
import { findingsOf } from "./memoryTree.ts";

const whats = (...args: Parameters<typeof findingsOf>) =>
  findingsOf(...args).map(({ file, what }) => `${file} ${what}`);

describe("arrows between contracts", () => {
  const escrow = "contracts/settlement/Escrow.sol";

  it("lets settlement use oracle's interface", () => {
    const files = {
      [escrow]: 'import {IQuorum} from "../oracle/IQuorum.sol";\ncontract Escrow {}',
      "contracts/oracle/IQuorum.sol": "interface IQuorum {}",
    };
    expect(findingsOf(contractArrows, files)).to.deep.equal([]);
  });

  it("finds an arrow that points back", () => {
    const files = { "contracts/oracle/Quorum.sol": 'import {Escrow} from "../settlement/IEscrow.sol";' };
    expect(whats(contractArrows, files)).to.deep.equal([
      "contracts/oracle/Quorum.sol imports contracts/settlement/IEscrow.sol",
    ]);
  });

  it("finds a deployable contract imported across a border", () => {
    const files = {
      [escrow]: 'import {\n    Devices\n} from "../identity/Devices.sol";',
      "contracts/identity/Devices.sol": "contract Devices {}",
    };
    expect(findingsOf(contractArrows, files)[0]?.todo).to.equal("import its interface");
  });

  it("finds an import from the tests", () => {
    expect(whats(contractArrows, { [escrow]: 'import "../../test/support/Test.sol";' })).to.have.length(1);
  });
});

describe("arrows between modules", () => {
  it("lets the heads use the rest", () => {
    const files = {
      "src/cli/main.ts": 'import { a } from "../sdk/a.ts";\nimport { b } from "../config/env.ts";',
      "src/sdk/a.ts": 'import { c } from "../chain/c.ts";',
      "src/index.ts": 'export { a } from "./sdk/a.ts";',
      "test/cli/main.test.ts": 'import { main } from "../../src/cli/main.ts";',
    };
    expect(findingsOf(moduleArrows, files)).to.deep.equal([]);
  });

  for (const [file, path] of [
    ["src/lib/a.ts", "../chain/b.ts"],
    ["src/formats/a.ts", "../chain/b.ts"],
    ["src/cli/a.ts", "../relayer/b.ts"],
    ["src/relayer/a.ts", "../node/b.ts"],
    ["src/index.ts", "./store/b.ts"],
    ["src/chain/a.ts", "../../deploy/roles.ts"],
    ["scripts/a.ts", "../src/chain/b.ts"],
    ["src/node/a.ts", "../../testbed/b.ts"],
    ["testbed/a.ts", "../test/b.ts"],
  ] as const) {
    it(`finds ${path} in ${file}, as value, type or later`, () => {
      for (const statement of [
        `import { b } from "${path}";`,
        `import type { b } from "${path}";`,
        `await import("${path}");`,
      ]) {
        expect(findingsOf(moduleArrows, { [file]: statement }), statement).to.have.length(1);
      }
    });
  }

  it("finds Node's modules where a browser must do, with and without the prefix", () => {
    const files = {
      "src/sdk/a.ts": 'import { readFileSync } from "node:fs";',
      "src/lib/b.ts": 'import { join } from "path";',
    };
    expect(whats(moduleArrows, files)).to.deep.equal(["src/sdk/a.ts imports node:fs", "src/lib/b.ts imports path"]);
  });

  it("finds a circle, but not one of types alone", () => {
    const circle = (word: string) => ({
      "src/lib/a.ts": 'import { b } from "./b.ts";',
      "src/lib/b.ts": `import ${word}{ a } from "./a.ts";`,
    });
    expect(whats(moduleArrows, circle(""))).to.deep.equal([
      "src/lib/a.ts src/lib/a.ts -> src/lib/b.ts -> src/lib/a.ts",
    ]);
    expect(findingsOf(moduleArrows, circle("type "))).to.deep.equal([]);
  });
});
