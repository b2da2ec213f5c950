// The creation code of contracts, compiled as in production but without metadata, which would differ for every comment.
import { errorsOf, importsIn, type Sources, tryCompile } from "../solidity/compile.ts";
import type { Mutant } from "./mutants.ts";

/** Creation code by contract, 0x-hex; what cannot be deployed is not there. */
export type Codes = Record<string, string>;

/** The codes of all contracts that the files declare, or null when a mutant does not compile. */
export function codesOf({ sources, files }: { sources: Sources; files: string[] }): Codes | null {
  const output = tryCompile({
    sources,
    settings: {
      metadata: { appendCBOR: false, bytecodeHash: "none" },
      outputSelection: Object.fromEntries(files.map((file) => [file, { "*": ["evm.bytecode.object"] }])),
    },
  });
  if (errorsOf(output).length > 0) return null;
  const contracts = Object.entries(output.contracts ?? {}).filter(([file]) => files.includes(file));
  const codes = contracts.flatMap(([, named]) =>
    Object.entries(named).map(([name, { evm }]) => [name, `0x${evm.bytecode.object}`] as const),
  );
  return Object.fromEntries(codes.filter(([, code]) => code !== "0x"));
}

/** The codes with a mutant in place; null when it does not compile, or when nothing changes. */
export function mutatedCodes(p: { sources: Sources; files: string[]; codes: Codes; mutant: Mutant }): Codes | null {
  const { file, from, to, after } = p.mutant;
  const before = Buffer.from(p.sources[file] ?? "");
  const content = `${before.subarray(0, from).toString()}${after}${before.subarray(to).toString()}`;
  const affected = p.files.filter((path) => reaches({ sources: p.sources, path, goal: file }));
  const changed = codesOf({ sources: needed({ ...p.sources, [file]: content }, affected), files: affected });
  if (changed === null) return null;
  const codes = { ...p.codes, ...changed };
  return Object.entries(codes).every(([name, code]) => p.codes[name] === code) ? null : codes;
}

function reaches({ sources, path, goal }: { sources: Sources; path: string; goal: string }): boolean {
  return goal in needed(sources, [path]);
}

/** The files, and what they import. */
function needed(sources: Sources, files: string[]): Sources {
  const found: Sources = {};
  const wanted = [...files];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    const content = sources[path];
    if (content === undefined || path in found) continue;
    found[path] = content;
    wanted.push(...importsIn({ path, content }));
  }
  return found;
}
