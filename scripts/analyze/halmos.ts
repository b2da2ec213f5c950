// halmos runs the `check_` functions of test/symbolic on the compiled contracts with every value of their arguments.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
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
const DEPLOYED = "contracts/settlement"; // whose build the properties are about; the launcher brings it up to date
const TESTS = "SymbolicTest$"; // how contracts with such functions are called
const LOOPS = "40"; // turns of a loop that are followed: a property whose paths need more is not proved
const PATIENCE = "300s"; // for one question to the solver
const GLANCE = "200ms"; // to find out that a path is impossible; with less, several times as many are followed
const LIMIT = 1_500_000; // milliseconds for one contract
const LANES = 2; // contracts at a time
const BRIEF = 30; // lines of what it said

// What halmos says of a property, by its exit code.
const ENDINGS: Record<number, string> = {
  0: "proved",
  1: "does not hold: there is a counterexample",
  2: "not decided in time: make the question smaller, or a quantity constant",
  3: "halmos got stuck",
  4: "every path reverted, so nothing was proved",
};

const CUT = `some path goes through a loop more than ${LOOPS} times, and was left there`;

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
  layOutDeployed({ root, to: join(folder, "out") });
  standInForForge(join(folder, "bin"));

  const expected = declared(output);
  const waiting = [...new Set(expected.map((name) => name.replace(/\..*/, "")))];
  const done: { proofs: Proof[]; output: string }[] = [];
  const lane = async (): Promise<void> => {
    for (let contract = waiting.pop(); contract !== undefined; contract = waiting.pop()) {
      done.push(await proveContract({ contract, folder, bin }));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const proofs = done.flatMap((one) => one.proofs);
  const missing = expected.filter((name) => !proofs.some((proof) => proof.name === name));
  return {
    proofs: [...proofs, ...missing.map((name) => ({ name, ok: false, what: "halmos did not come to it" }))],
    output: done.map((one) => one.output).join("\n"),
  };
}

/** All properties of one contract. */
async function proveContract(p: {
  contract: string;
  folder: string;
  bin: string;
}): Promise<{ proofs: Proof[]; output: string }> {
  const report = join(p.folder, `${p.contract}.json`);
  const ending = await runProgram({
    file: join(p.bin, "halmos"),
    args: [
      ...["--root", p.folder, "--contract", p.contract, "--function", "check_", "--no-status"],
      ...["--loop", LOOPS, "--solver-timeout-assertion", PATIENCE, "--solver-timeout-branching", GLANCE],
      ...["--json-output", report],
    ],
    cwd: p.folder,
    path: [join(p.folder, "bin"), p.bin].join(delimiter),
    limit: LIMIT,
  });
  const said = ending.output.split("\n").filter((line) => !/^ +[0-9a-f]{20}/.test(line)); // it prints whole bytecodes
  const output = said.slice(-BRIEF).join("\n");
  if (!existsSync(report)) throw new FactoryChainError("HALMOS_FAILED", `halmos did not run through:\n${output}`);
  return { proofs: proofsOf(JSON.parse(readFileSync(report, "utf8")) as Report), output };
}

interface Report {
  test_results: Record<string, { name: string; exitcode: number; num_bounded_loops: number | null }[]>;
}

function proofsOf({ test_results }: Report): Proof[] {
  return Object.entries(test_results).flatMap(([contract, results]) =>
    results.map(({ name, exitcode, num_bounded_loops: cut }) => ({
      name: `${contract.split(":").at(-1) ?? contract}.${name.replace(/\(.*/, "")}`,
      ok: exitcode === 0 && cut === 0,
      what: exitcode === 0 && cut !== 0 ? CUT : (ENDINGS[exitcode] ?? `halmos ended with code ${exitcode}`),
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

interface Built {
  bytecode: string;
  deployedBytecode: string;
}

/** The escrow as it is deployed: what `vm.getCode` reads. */
function layOutDeployed({ root, to }: { root: string; to: string }): void {
  for (const name of ["SupplierEscrow", "OrderServices", "OrderActions"]) {
    const path = join(DEPLOYED, `${name}.sol`, `${name}.json`);
    const artifact = readFileSync(join(root, "artifacts", path), "utf8");
    mkdirSync(join(to, dirname(path)), { recursive: true });
    writeFileSync(
      join(to, path),
      JSON.stringify({ bytecode: { object: withoutSha256(JSON.parse(artifact) as Built) } }),
    );
  }
}

/**
 * halmos breaks off where SHA-256 is called. Only the constructors do, to probe whether the chain has P-256: here they
 * call the identity (precompile 4) in its place, and find none in any case. What is deployed stays the same, bit by bit.
 */
function withoutSha256({ bytecode, deployedBytecode }: Built): string {
  const call = "60025afa"; // PUSH1 2, GAS, STATICCALL
  const parts = bytecode.split(call);
  if (parts.length !== 2 || deployedBytecode.includes(call)) {
    throw new FactoryChainError("PROBE_CHANGED", "The constructor's SHA-256 call is not where it was.", {
      advice: "Correct withoutSha256 in scripts/analyze/halmos.ts.",
    });
  }
  return parts.join("60045afa");
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
