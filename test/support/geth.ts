import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGeth, startGeth } from "../../scripts/services/geth.ts";
import type { GethNode } from "../../scripts/services/geth.ts";

const program = findGeth(process.env);

/**
 * Tests on a real go-ethereum node. Without one on the machine they are pending and say so; where everything is built
 * and judged (CI=true) that is a failure.
 */
export function describeGeth(title: string, tests: (this: Mocha.Suite, node: () => GethNode) => void): void {
  describe(title, function () {
    this.timeout(240_000);
    if (program === null) {
      it("is not tested here: there is no go-ethereum on this machine", function () {
        if (process.env["CI"] === "true") throw new Error("Install go-ethereum: .ci/install does.");
        this.skip();
      });
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), "factorychain-geth-"));
    let node: GethNode | null = null;
    before(async () => {
      node = await startGeth({ bin: program, folder });
    });
    after(async () => {
      await node?.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    tests.call(this, () => {
      if (node === null) throw new Error("The node was not started.");
      return node;
    });
  });
}
