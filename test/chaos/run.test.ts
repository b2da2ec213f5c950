import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { RunResult } from "../../chaos/run.ts";

const PROGRAM = fileURLToPath(new URL("../../chaos/main.ts", import.meta.url));
const SEED = 1426;
const FAULTS = 40;

async function chaos(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const node = ["--disable-warning=ExperimentalWarning", PROGRAM, ...args];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

describe("chaos: a short run", function () {
  this.timeout(400_000);

  it("settles every event exactly once through kills, faults of chain and broker, and bad input", async () => {
    const { code, stdout, stderr } = await chaos("--seed", String(SEED), "--faults", String(FAULTS), "--json");
    expect(code, `${stderr}${stdout}`).to.equal(0);
    const result = JSON.parse(stdout) as RunResult;
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
    expect((await chaos("--help")).stdout).to.include("--control CMD");
  });
});
