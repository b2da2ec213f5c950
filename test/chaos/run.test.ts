import { expect } from "chai";
import { chaos } from "./chaos.ts";

const SEED = 1426;
const FAULTS = 40;

describe("chaos: a short run", function () {
  this.timeout(400_000);

  it("settles every event exactly once through kills, faults of chain and broker, and bad input", async () => {
    const { code, stdout, stderr, ...run } = await chaos("--seed", String(SEED), "--faults", String(FAULTS), "--json");
    expect(code, `${stderr}${stdout}`).to.equal(0);
    const result = run.result();
    expect(Object.keys(result).slice(0, 8)).to.deep.equal(
      "seed faults events lost doubled false classes seconds".split(" "),
    );
    expect(result).to.include({ seed: SEED, faults: FAULTS, lost: 0, doubled: 0, false: 0 });
    const done = Object.values(result.classes).reduce((sum, count) => sum + count, 0);
    expect(done).to.equal(FAULTS);
    expect(result.settled).to.be.greaterThan(20);
    for (const sort of ["kill:", "rpc:", "bad:", "message:"])
      expect(
        Object.keys(result.classes).some((name) => name.startsWith(sort)),
        sort,
      ).to.equal(true);
    expect(stderr).to.include(`seed ${SEED}`);
  });

  it("says what is wrong with its options", async () => {
    const { code, stderr } = await chaos("--faults", "many");
    expect(code).to.equal(1);
    expect(stderr).to.include("--faults is a whole number");
    const late = await chaos("--seed", "1", "--faults", "10", "--act", "2");
    expect(late.stderr).to.include("There is no act 2: this run has 1.");
    expect(late.code).to.equal(1);
    expect((await chaos("--help")).stdout).to.include("--control CMD");
  });
});
