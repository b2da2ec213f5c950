import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runShares } from "../../scripts/tests/run.ts";
import { lanesOf, LONG } from "../../scripts/tests/shares.ts";
import { until } from "../support/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const test = (title: string, body: string) => `it(${JSON.stringify(title)}, async () => { ${body} });\n`;

describe("npm test", () => {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-run-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs files with this in them, each in a process of its own. */
  async function run(files: Record<string, string>, options: { timeout?: number; silence?: number } = {}) {
    const { timeout = 10_000, silence } = options;
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    let printed = "";
    const total = await runShares({
      lanes: [{ shares: Object.keys(files).map((name) => [name]), jobs: 2 }],
      root: folder,
      options: { timeout },
      print: (text) => (printed += text),
      ...(silence === undefined ? {} : { silence }),
    });
    const [output = "", failures = ""] = printed.split("\nFailures in\n");
    return { total, output, failures };
  }

  it("adds up what all processes ran, and shows failures in full at the end", async () => {
    const { total, output, failures } = await run({
      "good.test.mjs": test("adds", "") + test("waits", "") + 'it("is for later");\n',
      "bad.test.mjs": test("adds", "") + test("fails", 'throw new Error("seven is not eight");'),
    });
    expect(total).to.deep.equal({ passed: 3, failed: 1, skipped: 1 });
    expect(output).to.match(/good\.test\.mjs \(\d+ s\)[^]*✔ waits/);
    expect(output).to.match(/bad\.test\.mjs \(\d+ s\)[^]*1\) fails/);
    expect(failures).to.match(/bad\.test\.mjs[^]*fails:[^]*seven is not eight[^]*at .*bad\.test\.mjs:2/);
    expect(failures).not.to.include("good.test.mjs");
  });

  it("counts a process as failed that is killed, ends itself, does not load or hangs, and names what it did", async () => {
    const { total, failures } = await run(
      {
        "killed.test.mjs":
          test("good", "") + test("is killed", 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});'),
        "ended.test.mjs": test("ends", "process.exit(0);"),
        "unloaded.test.mjs": 'throw new Error("no such thing");\n',
        "hanging.test.mjs": test("stands still", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"),
        "late.test.mjs": test("good", 'process.once("exit", () => (process.exitCode = 3));'),
      },
      { silence: 15_000 }, // the others have to begin in that time, on a machine that does much else
    );
    expect(total).to.deep.equal({ passed: 2, failed: 5, skipped: 0 });
    const said = (name: string) =>
      new RegExp(`^${name}\\.test\\.mjs\\n[^]*?The process (.*)$`, "m").exec(failures)?.[1];
    expect(said("killed")).to.equal('of these tests ended with SIGKILL, during "is killed".');
    expect(said("ended")).to.equal('of these tests ended with 0, during "ends".');
    expect(said("unloaded")).to.equal("of these tests ended with 1, before them; what it printed is above.");
    expect(said("hanging")).to.equal('of these tests told nothing for 15 s and was killed, during "stands still".');
    expect(said("late")).to.equal("of these tests ended with 3, after them.");
  });

  it("hears of every test, also when it has no time to listen until all of them are done", async () => {
    const [began, go, done] = ["began", "go", "done"].map((name) => join(folder, name)) as [string, string, string];
    const held = `writeFileSync(${JSON.stringify(began)}, "");
      while (!existsSync(${JSON.stringify(go)})) await new Promise((next) => setTimeout(next, 10));`;
    const many = [
      'import { existsSync, writeFileSync } from "node:fs";\n',
      test("waits", held),
      `for (let i = 0; i < 2_000; i++) ${test("does nothing in no time at all", "")}`,
      test("is the last one", `writeFileSync(${JSON.stringify(done)}, "");`),
    ];
    const ran = run({ "many.test.mjs": many.join("") }, { timeout: 60_000 });
    await until(() => existsSync(began));
    writeFileSync(go, "");
    // From here on this process stands still, as on a machine that does much else.
    for (const end = Date.now() + 60_000; !existsSync(done) && Date.now() < end;);
    for (const end = Date.now() + 1_000; Date.now() < end;);
    expect((await ran).total).to.deep.equal({ passed: 2_002, failed: 0, skipped: 0 });
  });

  it("fails a test under way when an expectation does not hold that nobody waits for", async () => {
    const forgets =
      'Promise.reject(Object.assign(new Error("forgotten"), { name: "AssertionError" })); await new Promise((next) => setTimeout(next, 500));';
    const { total, failures } = await run({ "forgets.test.mjs": test("forgets", forgets) });
    expect(total.failed).to.be.greaterThan(0);
    expect(failures).to.include("forgotten");
  });

  it("ends although a test left something open", async () => {
    const { total, output } = await run({
      "open.test.mjs": `import { createServer } from "node:net";\n${test("opens", "createServer().listen(0);")}`,
    });
    expect(total).to.deep.equal({ passed: 1, failed: 0, skipped: 0 });
    expect(output).to.match(/left something open \(.*TCPServerWrap.*\)/);
  });

  it("gives each file to one process, and those that take long to one of their own, early", () => {
    const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => `test/${file}`);
    const lanes = lanesOf(files);
    expect(lanes.flatMap(({ shares }) => shares.flat()).sort()).to.deep.equal(files.sort());
    expect(lanes[0]?.shares.slice(1)).to.deep.equal(LONG.map((file) => [file]));
  });
});
