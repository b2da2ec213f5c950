import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Measurement } from "../../bench/measure.ts";
import type { Settlement } from "../../bench/report.ts";

const PROGRAM = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
/** Longest run on a machine that does much else, in milliseconds. */
const LIMIT = 240_000;

function run(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = ["--disable-warning=ExperimentalWarning", PROGRAM, ...args];
    execFile(process.execPath, all, { timeout: LIMIT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

describe("npm run bench", function () {
  this.timeout(LIMIT);
  const folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("settles what it publishes, and writes the figures under the names that others read", async () => {
    const out = join(folder, "report.json");
    const args = ["--chain", "anvil", "--seconds", "2", "--rate", "20", "--orders", "20", "--out", out, "--json"];
    const { code, stdout, stderr } = await run(args);
    // So few seconds are no measurement: what is promised may be missed, and must be said then.
    expect(code, stderr).to.equal(stderr.includes("missed:") ? 1 : 0);
    const report = JSON.parse(readFileSync(out, "utf8")) as {
      settlement: Settlement;
      machine: object;
      measured: { settlement: Record<"throughput" | "latency", Measurement> };
    };
    const names = "eventsPerSecond p50BlockTimes p99BlockTimes seconds events relayers quorum store chain".split(" ");
    expect(Object.keys(report.settlement)).to.deep.equal(names);
    const { relayers, quorum, store, chain } = report.settlement;
    expect([relayers, quorum, store, chain]).to.deep.equal([3, 2, "sqlite", "anvil"]);
    expect(report.machine).to.include.keys("cpu", "cores", "memoryGiB", "node", "os");
    const { throughput, latency: slow } = report.measured.settlement;
    for (const { published, unsettled, latency } of [throughput, slow]) {
      expect(published).to.be.above(0);
      expect(unsettled).to.equal(0);
      expect(latency.p99).to.be.at.least(latency.p50);
    }
    expect(JSON.parse(stdout)).to.deep.equal({ settlement: report.settlement, machine: report.machine });
  });

  it("says how it is used", async () => {
    expect((await run(["--help"])).stdout).to.include("npm run bench");
    const { code, stderr } = await run(["--chain", "ganache"]);
    expect([code, stderr.includes("There is no chain ganache.")]).to.deep.equal([1, true]);
  });
});
