// halmos runs the `check_` functions of test/symbolic on the compiled contracts with every value of their arguments.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { type Bytecode, compile, gatherSources, type Output, VERSION } from "../solidity/compile.ts";
import { runProgram } from "../solidity/program.ts";

/** A property, and whether it was proved. */
export interface Proof {
  name: string;
  ok: boolean;
  what: string;
}

const FOLDER = "test/symbolic";
const TESTS = "SymbolicTest$"; // how contracts with such functions are called
const PATIENCE = "120s"; // for one question to the solver
const LIMIT = 540_000; // milliseconds for all of it
const BRIEF = 30; // lines of what it said

// What halmos says of a property, by its exit code.
const ENDINGS: Record<number, string> = {
  0: "proved",
  1: "does not hold: there is a counterexample",
  2: "not decided in time: make the question smaller, or a quantity constant",
  3: "halmos got stuck",
  4: "every path reverted, so nothing was proved",
};

export async function runHalmos({
  root,
  cache,
  bin,
}: {
  root: string;
  cache: string;
  bin: string;
}): Promise<{ proofs: Proof[]; output: string }> {
  const folder = join(cache, "halmos");
  rmSync(folder, { recursive: true, force: true });
  const output = compile({
    sources: gatherSources({ root, paths: [FOLDER] }),
    settings: {
      outputSelection: {
        "*": { "": ["ast"], "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers"] },
      },
    },
  });
  layOut({ output, to: join(folder, "out") });
  standInForForge(join(folder, "bin"));

  const report = join(folder, "report.json");
  const ending = await runProgram({
    file: join(bin, "halmos"),
    args: [
      ...["--root", folder, "--match-contract", TESTS, "--function", "check_", "--no-status"],
      ...["--solver-timeout-assertion", PATIENCE, "--json-output", report, "--minimal-json-output"],
    ],
    cwd: folder,
    path: [join(folder, "bin"), bin].join(delimiter),
    limit: LIMIT,
  });
  const said = ending.output.split("\n").slice(-BRIEF).join("\n");
  if (!existsSync(report)) throw new FactoryChainError("HALMOS_FAILED", `halmos did not run through:\n${said}`);
  const proofs = proofsOf(JSON.parse(readFileSync(report, "utf8")) as Report);
  const expected = declared(output);
  const missing = expected.filter((name) => !proofs.some((proof) => proof.name === name));
  return {
    proofs: [...proofs, ...missing.map((name) => ({ name, ok: false, what: "halmos did not come to it" }))],
    output: said,
  };
}

interface Report {
  test_results: Record<string, { name: string; exitcode: number }[]>;
}

function proofsOf({ test_results }: Report): Proof[] {
  return Object.entries(test_results).flatMap(([contract, results]) =>
    results.map(({ name, exitcode }) => ({
      name: `${contract.split(":").at(-1) ?? contract}.${name.replace(/\(.*/, "")}`,
      ok: exitcode === 0,
      what: ENDINGS[exitcode] ?? `halmos ended with code ${exitcode}`,
    })),
  );
}

/** The properties that the sources declare: none may get lost on the way. */
function declared({ contracts = {} }: Output): string[] {
  return Object.values(contracts).flatMap((named) =>
    Object.entries(named)
      .filter(([name]) => new RegExp(TESTS).test(name))
      .flatMap(([name, { abi }]) =>
        abi.flatMap((entry) => (entry.name?.startsWith("check_") ? [`${name}.${entry.name}`] : [])),
      ),
  );
}

/** The folder that Foundry would have made. Of contracts with one name, in files with one name, ours is kept. */
function layOut({ output, to }: { output: Output; to: string }): void {
  const ours = (path: string): number => (path.startsWith("node_modules/") ? 1 : 0);
  const written = new Set<string>();
  for (const path of Object.keys(output.contracts ?? {}).sort((left, right) => ours(left) - ours(right))) {
    const source = output.sources[path];
    const folder = join(to, basename(path));
    mkdirSync(folder, { recursive: true });
    for (const [name, { abi, evm }] of Object.entries(output.contracts?.[path] ?? {})) {
      const file = join(folder, `${name}.json`);
      if (written.has(file)) continue;
      written.add(file);
      const { bytecode, deployedBytecode, methodIdentifiers } = evm;
      const code = { bytecode: withPrefix(bytecode), deployedBytecode: withPrefix(deployedBytecode) };
      const metadata = { compiler: { version: VERSION }, output: { devdoc: {} } };
      writeFileSync(file, JSON.stringify({ abi, ...code, methodIdentifiers, metadata, ...source }));
    }
  }
}

function withPrefix(code: Bytecode): Bytecode {
  return { ...code, object: `0x${code.object}` };
}

/** halmos asks forge to build; all is built. */
function standInForForge(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "forge"), "#!/bin/sh\nexit 0\n");
  chmodSync(join(folder, "forge"), 0o755);
}
