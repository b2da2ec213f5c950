// npm run mutate: do the Solidity tests notice when a contract is wrong? Each mutant is one small change of a contract in
// settlement/ or oracle/; the tests run on a copy of the project, so the working tree stays as it is whatever happens.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError, exitCodeOf, FactoryChainError } from "../src/lib/errors.ts";
import { type Codes, codesOf, DEPLOYED } from "./mutate/code.ts";
import { createCompiler } from "./mutate/compiler.ts";
import { type Mutant, mutantsOf } from "./mutate/mutants.ts";
import { keyOf, readReasons, readTried, type Tried, writeReport, writeTried } from "./mutate/report.ts";
import { slots } from "./mutate/sample.ts";
import { switched, switchOn } from "./mutate/switched.ts";
import { stagesFor } from "./mutate/tests.ts";
import { createWorkspace, type Verdict, type Workspace } from "./mutate/workspace.ts";
import { optionsOf } from "./options.ts";
import { compile, gatherSources, solidityFiles, type Sources } from "./solidity/compile.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const DOMAINS = ["settlement", "oracle"];
const TESTS = ["test/settlement", "test/oracle", "test/invariant"];
const REASONS = "scripts/mutate/survivor-reasons.json";
const LAST = ".factorychain/mutate/last.json";
const REPORT = "docs/mutation-report.md";
// A mutant loops when the tests take longer than this many times what they take without one, and never before a minute.
const PATIENCE = 10;
// The part of all mutants that tests must notice.
const KILLED = 0.95;
const SHORTEST_LIMIT = 60_000;

interface Options {
  max: number;
  seed: number;
  workers: number;
  files: string[];
  report: boolean;
  again: boolean;
}

try {
  await mutate(readOptions());
} catch (error) {
  console.error(describeError(error));
  process.exitCode = exitCodeOf(error);
}

async function mutate(options: Options): Promise<void> {
  const files = DOMAINS.flatMap((domain) => solidityFiles({ root, path: `contracts/${domain}` }));
  const sources = gatherSources({
    root,
    paths: [...files, ...DEPLOYED.map((contract) => contract.split(":")[0] ?? "")],
  });
  const wanted = options.files.length === 0 ? files : options.files;
  const all = findMutants({ sources, files: wanted });
  const last = options.again ? readTried({ file: join(root, LAST), all }) : null;
  const open = last?.filter(({ killed }) => !killed).map(({ mutant }) => [mutant]);
  const chosen = open ?? slots({ all, count: options.max, seed: options.seed });
  console.log(`${all.length} possible mutants in ${wanted.length} files, ${chosen.length} to try; compiling the tests`);

  const behind = switched({ sources, mutants: chosen.flatMap((slot) => slot.slice(0, 1)) });
  const codes = codesOf({ sources: behind.sources, contracts: DEPLOYED });
  if (codes === null) throw new FactoryChainError("SOLIDITY_INVALID", "The contracts do not compile: npm run build.");
  const tests = TESTS.flatMap((path) => solidityFiles({ root, path })).filter((file) => file.endsWith(".t.sol"));
  const workspace = await createWorkspace({ root, base: withMutant(codes, 0) });
  const limit = Math.max(SHORTEST_LIMIT, PATIENCE * (await timeOfTests({ workspace, tests })));
  const others = Array.from({ length: options.workers - 1 }, (_, i) => workspace.copy(String(i + 2)));
  const workspaces = [workspace, ...others];
  const now = await tryAll({ chosen, sources, codes, numbers: behind.numbers, tests, workspaces, limit });
  const before = last?.filter(({ killed }) => killed) ?? [];
  conclude({ tried: inOrder([...before, ...now]), options, all: all.length });
}

function findMutants({ sources, files }: { sources: Sources; files: string[] }): Mutant[] {
  const output = compile({ sources, settings: { outputSelection: { "*": { "": ["ast"] } } } });
  return files.flatMap((file) => {
    const [ast, content] = [output.sources[file]?.ast, sources[file]];
    if (ast === undefined || content === undefined) {
      throw new FactoryChainError("MUTATE_FILE", `${file} is no contract that can be mutated.`, {
        advice: `Name a file in ${DOMAINS.map((domain) => `contracts/${domain}`).join(" or ")}.`,
      });
    }
    return mutantsOf({ file, content: Buffer.from(content), ast });
  });
}

/** Milliseconds that the tests take on the contracts as they are: they must pass, else they would kill everything. */
async function timeOfTests({ workspace, tests }: { workspace: Workspace; tests: string[] }): Promise<number> {
  const started = Date.now();
  const { verdict, output } = await workspace.test({ codes: {}, tests, limit: 1_800_000 });
  if (verdict !== "passed") {
    throw new FactoryChainError("MUTATE_TESTS", `The tests fail without any mutant:\n${output}`);
  }
  const time = Date.now() - started;
  console.log(`the tests pass without a mutant (${(time / 1000).toFixed(1)} s)`);
  return time;
}

/** The codes in which mutants lie behind switches, with one of them switched on. */
function withMutant(codes: Codes, number: number): Codes {
  const switchedOn = Object.entries(codes).map(([contract, code]) => [contract, switchOn({ code, number })] as const);
  return Object.fromEntries(switchedOn);
}

interface Work {
  chosen: Mutant[][];
  sources: Sources;
  codes: Codes;
  numbers: Map<Mutant, number>;
  tests: string[];
  workspaces: Workspace[];
  limit: number;
}

/** In each slot tries mutants until one changes the bytecode, and tests that one. */
async function tryAll({ chosen, sources, codes, numbers, tests, workspaces, limit }: Work): Promise<Tried[]> {
  const tried: Tried[] = [];
  const queue = [...chosen];
  const started = Date.now();
  let dropped = 0;
  const work = async (workspace: Workspace): Promise<void> => {
    const compiler = createCompiler({ sources });
    for (let slot = queue.shift(); slot !== undefined; slot = queue.shift()) {
      for (const mutant of slot) {
        const number = numbers.get(mutant);
        const mutated = number === undefined ? await compiler.compile(mutant) : withMutant(codes, number);
        if (mutated === null) {
          dropped++;
          continue;
        }
        const verdict = await judge({ workspace, mutant, codes: mutated, tests, limit });
        tried.push({ mutant, killed: verdict !== "passed" });
        const left = ((Date.now() - started) / tried.length) * queue.length;
        const what = verdict === "passed" ? "SURVIVED" : verdict === "timeout" ? "killed (loops)" : "killed";
        const survived = tried.filter(({ killed }) => !killed).length;
        const counts = `${tried.length}/${chosen.length}, ${survived} survived, ${dropped} dropped`;
        console.log(`${counts}, about ${Math.ceil(left / 60_000)} min left: ${what}: ${keyOf(mutant)}`);
        break;
      }
    }
    await compiler.stop();
  };
  await Promise.all(workspaces.map(work));
  console.log(`took ${((Date.now() - started) / 1000).toFixed(0)} s, ${dropped} dropped (no other bytecode, or none)`);
  return tried;
}

function inOrder(tried: Tried[]): Tried[] {
  return tried.sort(
    ({ mutant: left }, { mutant: right }) => left.file.localeCompare(right.file) || left.from - right.from,
  );
}

/** Asks the tests stage by stage, until one fails. */
async function judge(p: {
  workspace: Workspace;
  mutant: Mutant;
  codes: Codes;
  tests: string[];
  limit: number;
}): Promise<Verdict> {
  for (const stage of stagesFor({ file: p.mutant.file, tests: p.tests })) {
    const { verdict } = await p.workspace.test({ codes: p.codes, tests: stage, limit: p.limit });
    if (verdict !== "passed") return verdict;
  }
  return "passed";
}

function conclude({ tried, options, all }: { tried: Tried[]; options: Options; all: number }): void {
  const reasons = readReasons(join(root, REASONS));
  const survivors = tried.filter(({ killed }) => !killed);
  const bare = survivors.filter(({ mutant }) => reasons[keyOf(mutant)] === undefined);
  writeTried({ file: join(root, LAST), tried });
  if (options.report) writeReport({ file: join(root, REPORT), tried, reasons, seed: options.seed, all });
  for (const { mutant } of bare) console.log(`no reason in ${REASONS}: ${JSON.stringify(keyOf(mutant))}`);
  console.log(
    `${tried.length - survivors.length} killed, ${survivors.length} survived, ${bare.length} without a reason`,
  );
  const enough = survivors.length <= tried.length * (1 - KILLED);
  if (!enough) console.log(`fewer than ${KILLED * 100}% are killed`);
  process.exitCode = enough && bare.length === 0 ? 0 : 1;
}

function readOptions(): Options {
  const values = optionsOf({
    usage: `
Makes small mistakes in contracts/settlement and contracts/oracle and counts how many the Solidity tests notice.

  npm run mutate -- [--max N] [--file contracts/x.sol]... [--seed N] [--workers N] [--no-report]
  npm run mutate -- --again

  --max N       how many (default 120), spread evenly over the code
  --file FILE   only in this contract; may come several times
  --seed N      which ones (default 1)
  --workers N   how many at a time (default 2)
  --no-report   leave docs/mutation-report.md as it is
  --again       only those that survived the last time, when tests were added
It takes about ten minutes. Exit code 1: fewer than 95% were noticed, or a survivor has no reason in
scripts/mutate/survivor-reasons.json.`,
    options: {
      max: { type: "string", default: "120" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: "2" },
      file: { type: "string", multiple: true, default: [] },
      "no-report": { type: "boolean", default: false },
      again: { type: "boolean", default: false },
    },
  });
  const number = (name: "max" | "seed" | "workers"): number => {
    if (/^[1-9]\d{0,8}$/.test(values[name])) return Number(values[name]);
    throw new FactoryChainError("OPTION_INVALID", `--${name} ${values[name]} is no number above zero.`);
  };
  const missing = values.file.find((file) => !existsSync(join(root, file)));
  if (missing !== undefined) throw new FactoryChainError("OPTION_INVALID", `--file ${missing} does not exist.`);
  const [max, seed, workers] = [number("max"), number("seed"), number("workers")];
  return { max, seed, workers, files: values.file, report: !values["no-report"], again: values.again };
}
