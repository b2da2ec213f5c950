// Slither, on the sources as they are and with plain forms in place of assembly.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { compile, gatherSources, type Output, SETTINGS, type Sources, VERSION } from "../solidity/compile.ts";
import { plainSources } from "./plain.ts";
import { wholeEscrow } from "./whole.ts";
import { runProgram } from "../solidity/program.ts";

/** What Slither says, reduced to what a written reason can name: no line numbers, they move. */
export interface Finding {
  detector: string;
  place: string; // Contract.function, or the contract, or the file
  impact: string;
  lines: string; // file#line, for the person who looks
  text: string;
}

interface Element {
  type: string;
  name: string;
  source_mapping: { filename_relative: string; lines: number[] };
  type_specific_fields?: { parent?: Element };
}

interface Detection {
  check: string;
  impact: string;
  description: string;
  elements: Element[];
}

interface Report {
  success: boolean;
  error: string | null;
  results: { detectors?: Detection[] };
}

const FAILING = ["High", "Medium"];
const LIMIT = 600_000; // milliseconds

export interface SlitherRun {
  name: string;
  findings: Finding[]; // at Medium or above
  lesser: number;
  contracts: number;
}

/** Both runs. */
export async function runSlither(p: { root: string; cache: string; bin: string }): Promise<SlitherRun[]> {
  const sources = gatherSources({ root: p.root, paths: ["contracts"] });
  const output = compileForSlither(sources);
  const asts = Object.fromEntries(Object.entries(output.sources).map(([path, { ast }]) => [path, ast]));
  const plain = { ...plainSources({ sources, asts }), ...wholeEscrow(asts) };
  return [
    await analyze({ ...p, name: "Slither", sources, output }),
    await analyze({
      ...p,
      name: "Slither, assembly in plain Solidity",
      sources: plain,
      output: compileForSlither(plain),
    }),
  ];
}

/** Trees and interfaces only, so no code is generated: seconds instead of minutes. */
function compileForSlither(sources: Sources): Output {
  return compile({ sources, settings: { outputSelection: { "*": { "": ["ast"], "*": ["abi"] } } } });
}

async function analyze(p: {
  cache: string;
  bin: string;
  name: string;
  sources: Sources;
  output: Output;
}): Promise<SlitherRun> {
  const folder = join(p.cache, "slither");
  rmSync(folder, { recursive: true, force: true });
  for (const [path, content] of Object.entries(p.sources)) write(join(folder, path), content);
  write(join(folder, "hardhat.config.ts"), ""); // by this it knows the framework
  write(join(folder, "artifacts", "build-info", "all.json"), JSON.stringify(buildInfo(p.output)));
  const report = join(folder, "report.json");
  const ending = await runProgram({
    file: join(p.bin, "slither"),
    args: [
      ...[".", "--hardhat-ignore-compile", "--npx-disable"],
      ...["--exclude-dependencies", "--filter-paths", "node_modules|contracts/mocks", "--fail-none", "--json", report],
    ],
    cwd: folder,
    path: p.bin, // no `hardhat` there, which it would ask for its folders
    limit: LIMIT,
  });
  const detections = readReport({ report, ending });
  const findings = detections.filter(({ impact }) => FAILING.includes(impact)).map(findingOf);
  const contracts = Number(/analyzed \((\d+) contracts/.exec(ending.output)?.[1] ?? 0);
  if (contracts === 0) throw new FactoryChainError("SLITHER_FAILED", `Slither saw no contract:\n${ending.output}`);
  return { name: p.name, findings, lesser: detections.length - findings.length, contracts };
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** As Hardhat 2 wrote it: settings, trees and interfaces in one file. */
function buildInfo({ sources, contracts = {} }: Output): object {
  const code = { object: "", sourceMap: "" };
  const withCode = Object.entries(contracts).map(([path, named]) => [
    path,
    Object.fromEntries(
      Object.entries(named).map(([name, { abi }]) => [name, { abi, evm: { bytecode: code, deployedBytecode: code } }]),
    ),
  ]);
  return {
    solcVersion: VERSION,
    input: { language: "Solidity", settings: SETTINGS },
    output: { sources, contracts: Object.fromEntries(withCode) as object },
  };
}

function readReport({ report, ending }: { report: string; ending: { code: number; output: string } }): Detection[] {
  const { success, error, results } = existsSync(report)
    ? (JSON.parse(readFileSync(report, "utf8")) as Report)
    : { success: false, error: null, results: {} };
  if (!success) {
    throw new FactoryChainError("SLITHER_FAILED", `Slither did not run through:\n${error ?? ending.output}`);
  }
  return results.detectors ?? [];
}

/** Where a finding is: the first thing that Slither names, and what it belongs to. */
function findingOf({ check, impact, description, elements }: Detection): Finding {
  const [element] = elements;
  const { filename_relative: file = "?", lines = [] } = element?.source_mapping ?? {};
  return {
    detector: check,
    place: element === undefined ? "?" : placeOf(element),
    impact,
    lines: `${file}:${lines[0] ?? "?"}`,
    text: description.trim().split("\n")[0] ?? "",
  };
}

function placeOf({ type, name, type_specific_fields }: Element): string {
  const parent = type_specific_fields?.parent;
  if (type === "node") return parent === undefined ? name : placeOf(parent);
  return parent === undefined || parent.type === "file" ? name : `${placeOf(parent)}.${name}`;
}
