// npm run test:besu: deployment and demo on the chain of production, four Besu validators with QBFT, one of which dies.
// Besu is taken from PATH, or from $BESU. No registry has it as a package: where there is none, nothing is tested.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createBesuNetwork } from "./besu/network.ts";
import { canRun, runToEnd } from "./besu/processes.ts";
import { optionsOf } from "./options.ts";

optionsOf({
  usage: `
Deployment and demo on four Besu validators, one of which dies meanwhile.

  npm run test:besu

Besu is the program "besu" on PATH, or $BESU; without one nothing is tested, and it says so.`,
  options: {},
});

const VALIDATORS = 4;
const KILL_AFTER = 5_000; // milliseconds into the second demo

const root = fileURLToPath(new URL("..", import.meta.url));
const besu = process.env["BESU"] ?? "besu";

if (await canRun({ file: besu, args: ["--version"], cwd: root })) {
  process.exitCode = await testOnBesu();
} else {
  console.log(`Not tested on Besu: there is no program "${besu}". Put besu on PATH, or its path into $BESU.`);
  console.log("0 passed, 0 failed");
}

async function testOnBesu(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-besu-"));
  const network = await createBesuNetwork({ besu, folder, validators: VALIDATORS });
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
  let passed = 0;
  let failed = 0;
  const step = async (what: string, file: string, args: string[]): Promise<void> => {
    if (interrupted.signal.aborted) return;
    console.log(`==> ${what}`);
    const { signal } = interrupted;
    const code = await runToEnd({ file: process.execPath, args: [join(root, file), ...args], cwd: root, signal });
    console.log(`<== ${what}: ${code === 0 ? "passed" : `failed with exit code ${code}`}`);
    if (code === 0) passed++;
    else failed++;
  };
  try {
    console.log(`starting ${VALIDATORS} validators in ${folder}`);
    await network.start();
    const rpc = network.urls[0] ?? "";
    const key = join(folder, "deployer.key");
    writeFileSync(key, `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex")}\n`, {
      mode: 0o600,
    });
    const deployment = [
      "--out",
      join(folder, "deployment.json"),
      "--journal",
      join(folder, "journal"),
      "--key-file",
      key,
    ];
    const deploy = ["--network", "besu", "--rpc", rpc, ...deployment];
    await step("deploy", "scripts/deploy.ts", deploy);
    await step("deploy again", "scripts/deploy.ts", deploy);
    await step("demo", "src/cli/main.ts", ["demo", "--rpc", rpc]);
    const accident = wait(KILL_AFTER).then(() => {
      console.log(`killing validator ${VALIDATORS}`);
      return network.kill(VALIDATORS - 1);
    });
    await step("demo while a validator dies", "src/cli/main.ts", ["demo", "--rpc", rpc]);
    await accident;
  } finally {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (interrupted.signal.aborted) return 130;
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
