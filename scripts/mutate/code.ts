// The creation code of the contracts that tests deploy, for a mutant and without.
import { errorsOf, importsIn, type Sources, tryCompile } from "../solidity/compile.ts";
import type { Mutant } from "./mutants.ts";

/** Creation code by contract, "path:Name", 0x-hex. */
export type Codes = Record<string, string>;

/** What tests deploy from artifacts; all of settlement/ and oracle/ is inside these. */
export const DEPLOYED = [
  "contracts/settlement/SupplierEscrow.sol:SupplierEscrow",
  "contracts/settlement/OrderServices.sol:OrderServices",
  "contracts/settlement/OrderActions.sol:OrderActions",
  "test/oracle/GroupTest.sol:Groups",
];

/** Seconds instead of the optimiser's minutes; and no metadata, which would differ for every comment. */
const SETTINGS = {
  viaIR: true,
  evmVersion: "cancun",
  optimizer: { enabled: false },
  metadata: { appendCBOR: false, bytecodeHash: "none" },
};

/** The codes of the contracts, or null when they do not compile. */
export function codesOf({ sources, contracts }: { sources: Sources; contracts: string[] }): Codes | null {
  const codes: Codes = {};
  for (const contract of contracts) {
    const [file = "", name = ""] = contract.split(":");
    const output = tryCompile({
      sources: needed(sources, file),
      settings: { ...SETTINGS, outputSelection: { [file]: { [name]: ["evm.bytecode.object"] } } },
    });
    const code = output.contracts?.[file]?.[name]?.evm.bytecode.object;
    if (errorsOf(output).length > 0 || !code) return null;
    codes[contract] = `0x${code}`;
  }
  return codes;
}

/** The codes that a mutant changes; null when it does not compile, or changes none. `original` tells a contract's code. */
export function mutatedCodes(p: {
  sources: Sources;
  original: (contract: string) => string | undefined;
  mutant: Mutant;
}): Codes | null {
  const { file, from, to, after } = p.mutant;
  const before = Buffer.from(p.sources[file] ?? "");
  const content = `${before.subarray(0, from).toString()}${after}${before.subarray(to).toString()}`;
  const sources = { ...p.sources, [file]: content };
  const affected = DEPLOYED.filter((contract) => file in needed(sources, contract.split(":")[0] ?? ""));
  const compiled = codesOf({ sources, contracts: affected });
  const changed = Object.entries(compiled ?? {}).filter(([contract, code]) => p.original(contract) !== code);
  return changed.length === 0 ? null : Object.fromEntries(changed);
}

/** A file and all that it imports. */
function needed(sources: Sources, file: string): Sources {
  const found: Sources = {};
  const wanted = [file];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    const content = sources[path];
    if (content === undefined || path in found) continue;
    found[path] = content;
    wanted.push(...importsIn({ path, content }));
  }
  return found;
}
