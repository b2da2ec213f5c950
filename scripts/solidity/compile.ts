// npm's solc on our sources, for tools that need other outputs or settings than the build. The tests' settings hold.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import solc from "solc";
import config from "../../hardhat.config.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { importsOf } from "../checks/solidity.ts";
import type { Node } from "./syntax.ts";

/** Sources by their path from the project's folder. */
export type Sources = Record<string, string>;

/** What the compiler says of one contract; what was not asked for is not there. */
export interface Contract {
  abi: { type: string; name?: string; stateMutability?: string }[];
  evm: {
    bytecode: Bytecode;
    deployedBytecode: Bytecode;
    methodIdentifiers: Record<string, string>;
  };
}

export interface Bytecode {
  object: string;
  sourceMap?: string;
}

export interface Message {
  severity: string;
  errorCode?: string;
  message: string;
  formattedMessage: string;
  /** In bytes. */
  sourceLocation?: { file: string; start: number; end: number };
}

export interface Output {
  errors?: Message[];
  sources: Record<string, { id: number; ast: Node }>;
  contracts?: Record<string, Record<string, Contract>>;
}

interface Settings {
  evmVersion: string;
  optimizer: { enabled: boolean };
}

/** Compiler and settings of tests: the same language as production, but no optimiser, over which minutes would go. */
const [compiler] = (config.solidity as { compilers: [{ version: string; settings: Settings }] }).compilers;
export const { version: VERSION, settings: SETTINGS } = compiler;

const REMAPPINGS = ["@openzeppelin/=node_modules/@openzeppelin/"];

/** Every Solidity file in the folders, or the files themselves, and all that they import. */
export function gatherSources({ root, paths }: { root: string; paths: string[] }): Sources {
  const sources: Sources = {};
  const wanted = paths.flatMap((path) => solidityFiles({ root, path }));
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (sources[path] !== undefined) continue;
    const content = readFileSync(join(root, path), "utf8");
    sources[path] = content;
    wanted.push(...importsIn({ path, content }));
  }
  return sources;
}

/** Paths of what a source imports, from the project's folder. */
export function importsIn({ path, content }: { path: string; content: string }): string[] {
  return importsOf(content).map((name) =>
    name.startsWith(".") ? posix.join(posix.dirname(path), name) : `node_modules/${name}`,
  );
}

/** The Solidity files in a folder of the project, sorted. */
export function solidityFiles({ root, path }: { root: string; path: string }): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
    .map((name) => `${path}/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".sol"))
    .sort();
}

/** Compiles; answers errors too. `settings` come on top of the tests'. */
export function tryCompile({ sources, settings }: { sources: Sources; settings: Record<string, unknown> }): Output {
  const files = Object.entries(sources).map(([path, content]) => [path, { content }]);
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files) as object,
    settings: { ...SETTINGS, remappings: REMAPPINGS, ...settings },
  };
  return JSON.parse((solc.compile as (input: string) => string)(JSON.stringify(input))) as Output;
}

/** Compiles what must compile. */
export function compile(p: { sources: Sources; settings: Record<string, unknown> }): Output {
  const output = tryCompile(p);
  const error = errorsOf(output)[0];
  if (error) {
    throw new FactoryChainError("SOLIDITY_INVALID", `The contracts do not compile:\n${error.formattedMessage.trim()}`);
  }
  return output;
}

export function errorsOf(output: Output): Message[] {
  return (output.errors ?? []).filter(({ severity }) => severity === "error");
}
