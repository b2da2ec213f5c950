import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { optionsOf } from "../scripts/options.ts";
import { findGeth, startGeth } from "../scripts/services/geth.ts";
import { findPostgres } from "../scripts/services/postgres.ts";
import { describeError } from "../src/lib/errors.ts";
import { useChain } from "../testbed/networkChain.ts";
import { BREAKAGES, breakageModule } from "./broken.ts";
import { againWithOwnMounts, hasOwnMounts } from "./disks.ts";
import { evidenceOf } from "./evidence.ts";
import type { Control } from "./faults/fault.ts";
import { offerStores } from "./postgres.ts";
import { playRun } from "./run.ts";
import { summaryOf } from "./summary.ts";

/** Longest time without progress at the end, in milliseconds; validators that were down take minutes to agree again. */
const PATIENCE = { own: 300_000, given: 480_000, broken: 10_000 };

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const values = optionsOf({
  usage: `
Runs relayers, breaks everything around them by a seed, and audits what was paid: nothing lost, doubled or false.

  npm run chaos [-- --seed N --faults N --json] [--rpc URL,URL.. --control CMD]

  --seed N         decides what happens; default: drawn, and said at the start
  --faults N       how many faults are done; default: 200
  --json           the result as one line of JSON
  --rpc URL,URL..  nodes of a chain with free gas, in place of an anvil of its own
  --control CMD    also kills and starts these nodes, counted from 1: CMD kill 2, CMD start 2
  --geth           in place of both: a go-ethereum node of its own, which is killed and started
  --depth N        blocks on top of a block that make it final; default: 0, and on anvil 2 to 4 by the seed
  --act N          only this act of the run, counted from 1: to look again at what it found
  --broken NAME    relayers that are wrong on purpose: ${Object.keys(BREAKAGES).join(", ")}; the audit must notice
  --together N     acts that are played at a time, each on an anvil of its own; default: 1
  --folder NAME    where schedule, logs and stores are kept; default: a temporary one, kept when something is wrong
  --evidence FILE  also writes the result with versions and machine
Exit code 1: something was lost, doubled, false or otherwise wrong; it says what, and where the logs are.`,
  options: {
    ...{
      seed: text,
      faults: text,
      rpc: text,
      control: text,
      depth: text,
      folder: text,
      evidence: text,
      together: text,
      act: text,
      broken: text,
    },
    ...{ json: flag, geth: flag },
  },
});

function number(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new Error(`--${name} is a whole number below 10^9, not ${value}.`);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const stops: (() => Promise<unknown>)[] = [];

async function openChain(folder: string) {
  if (values.geth === true) {
    if (values.rpc !== undefined) throw new Error("--geth is a node of its own: it goes without --rpc.");
    const bin = findGeth(process.env);
    if (bin === null) throw new Error("There is no go-ethereum on this machine; see CONTRIBUTING.md.");
    const node = await startGeth({ bin, folder: join(folder, "geth") });
    stops.push(node.kill);
    return { chain: await useChain([node.url]), control: { nodes: 1, kill: node.kill, start: node.start } };
  }
  if (values.control !== undefined && values.rpc === undefined) throw new Error("--control needs --rpc: which nodes.");
  if (values.rpc === undefined) return { chain: null, control: null };
  const urls = values.rpc.split(",").map((url) => url.trim());
  return {
    chain: await useChain(urls),
    control: values.control === undefined ? null : byCommand(values.control, urls),
  };
}

function hasOpenssl(path: string): boolean {
  return path.split(delimiter).some((folder) => existsSync(join(folder, "openssl")));
}

/** A command of the user's, split at spaces, with what to do behind it. */
function byCommand(command: string, urls: readonly string[]): Control {
  const [file = "", ...args] = command.trim().split(/\s+/);
  const run = async (what: string, node: number): Promise<void> => {
    say(`${what} node ${node}`);
    await promisify(execFile)(file, [...args, what, String(node)], { timeout: 300_000 });
  };
  return { nodes: urls.length, kill: (node) => run("kill", node), start: (node) => run("start", node) };
}

async function main(): Promise<void> {
  const seed = number("seed", values.seed, Math.floor(Math.random() * 1e9));
  const faults = number("faults", values.faults, 200);
  const depth = values.depth === undefined ? null : number("depth", values.depth, 0);
  const folder =
    values.folder === undefined ? mkdtempSync(join(tmpdir(), "factorychain-chaos-")) : resolve(values.folder);
  mkdirSync(folder, { recursive: true });
  say(`seed ${seed}, ${faults} faults; schedule, logs and stores in ${folder}`);
  const path = process.env["PATH"] ?? "";
  const { chain, control } = await openChain(folder);
  const bin = findPostgres(path);
  const postgres = bin === null ? null : () => offerStores({ bin });
  const means = {
    ownChain: chain === null,
    control: control !== null,
    postgres: postgres !== null,
    openssl: hasOpenssl(path),
    mounts: hasOwnMounts(),
    depth,
  };
  const { broken = null } = values;
  const imports = broken === null ? [] : [breakageModule(broken)];
  const patience = PATIENCE[broken !== null ? "broken" : chain === null ? "own" : "given"];
  const together = chain === null ? Math.max(1, number("together", values.together, 1)) : 1;
  const place = { folder, chain, control, postgres, path, imports, patience, together, say };
  const only = values.act === undefined ? null : number("act", values.act, 1);
  const result = await playRun({ seed, faults, means, only, ...place });
  const good = result.violations.length === 0 && (only !== null || result.faults === faults);
  if (values.evidence !== undefined) {
    const kind = values.geth === true ? "go-ethereum" : chain === null ? "anvil" : "given";
    const rpc = values.rpc?.split(",")[0]?.trim() ?? null;
    writeFileSync(
      values.evidence,
      `${JSON.stringify(await evidenceOf({ result, chain: kind, rpc, means }), null, 2)}\n`,
    );
  }
  const out = values.json === true ? JSON.stringify(result) : summaryOf(result);
  process.stdout.write(`${out}\n`);
  if (!good) {
    for (const { verdict, what, act } of result.violations) say(`act ${act}: ${verdict}: ${what}`);
    for (const act of new Set(result.violations.map((violation) => violation.act)))
      say(
        `Again: npm run chaos -- --seed ${seed} --faults ${faults} --act ${act}${broken === null ? "" : ` --broken ${broken}`}`,
      );
    say(`${result.faults} of ${faults} faults were done; schedule, logs and stores are in ${folder}`);
    process.exitCode = 1;
  }
  await Promise.all(stops.splice(0).map((stop) => stop()));
  if (good && values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

/** With mounts of its own, where that is possible: what a run leaves mounted goes with it. */
async function start(): Promise<void> {
  const code = hasOwnMounts() ? null : await againWithOwnMounts();
  if (code !== null) process.exit(code);
  process.once("disconnect", () => process.exit(130));
  process.channel?.unref();
  await main();
}

start().catch(async (error: unknown) => {
  say(describeError(error));
  say("The run ended before its end; schedule, logs and stores are where it said.");
  process.exitCode = 1;
  await Promise.all(stops.splice(0).map((stop) => stop()));
  process.exit();
});
