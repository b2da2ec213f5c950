import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { BREAKAGES, breakageModule } from "../../chaos/broken.ts";
import { root, temporaryFolder } from "../cli/run.ts";
import { chaos } from "./chaos.ts";

/** The others, which take as long: docs/operations/chaos.md. */
const PLAYED = "counts-again";

describe("chaos: a deliberately broken relayer", function () {
  this.timeout(300_000);

  for (const [name, { changes }] of Object.entries(BREAKAGES)) {
    it(`is broken where its code is, not beside it: ${name}`, () => {
      for (const { file, code, without } of changes) {
        const text = readFileSync(join(root, file), "utf8");
        expect(text.split(code).length - 1, `${code} in ${file}`).to.equal(1);
        expect(text.replace(code, without)).to.not.equal(text);
      }
    });
  }

  it("is caught end to end", async () => {
    const { folder, remove } = temporaryFolder();
    const run = ["--seed", "5", "--faults", "2", "--broken", PLAYED, "--json", "--folder", folder];
    const { code, result, stderr } = await chaos(...run);
    expect(code, stderr).to.equal(1);
    expect(result().doubled, stderr).to.be.greaterThan(0);
    expect(stderr).to.match(/^act 1: doubled: urn:chaos:5-1:/m);
    expect(stderr).to.include(`--act 1 --broken ${PLAYED}`);
    remove();
  });

  it("is one of those that there are", () => {
    expect(() => breakageModule("nice")).to.throw("--broken is one of forgets, counts-again, misreads, not nice.");
  });
});
