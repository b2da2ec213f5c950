// All mutants in one source, each behind a switch: `a < b` becomes `(__mutant(17) ? (a <= b) : (a < b))`, a statement
// `if (!__mutant(18))`. So the contracts are compiled once, and a mutant costs no more than its tests: a number in the code
// says which one is on. Where this changes types, the compiler says so, and that mutant is compiled by itself.
import { FactoryChainError } from "../../src/lib/errors.ts";
import { errorsOf, type Sources, tryCompile } from "../solidity/compile.ts";
import type { Mutant } from "./mutants.ts";

// No other number of the code, and as long as a number can be.
const ON = "4d7574616e74207468617420697320737769746368656420206f6e2068657265";
const LIBRARY = "contracts/mutant.sol";
const LIBRARY_TEXT = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

function __mutant(uint256 number) pure returns (bool) {
    return number == 0x${ON};
}
`;

export interface Switched {
  sources: Sources;
  /** Mutants that can be switched on, and their numbers. */
  numbers: Map<Mutant, number>;
}

/** Where mutants of one expression or statement stand in the new source. */
interface Place {
  file: string;
  from: number;
  to: number;
  mutants: Mutant[];
}

/** Puts as many mutants behind switches as compile. */
export function switched({ sources, mutants }: { sources: Sources; mutants: Mutant[] }): Switched {
  let left = mutants.filter(({ switchable }) => switchable !== undefined);
  for (;;) {
    const numbers = new Map(left.map((mutant, index) => [mutant, index + 1]));
    const { sources: written, places } = write({ sources, numbers });
    const refused = refusedPlaces({ sources: written, places });
    if (refused.size === 0) return { sources: written, numbers };
    left = left.filter((mutant) => !refused.has(mutant));
  }
}

/** Code with a mutant switched on; with 0, none. */
export function switchOn({ code, number }: { code: string; number: number }): string {
  return code.replaceAll(ON, number.toString(16).padStart(64, "0"));
}

function write({ sources, numbers }: { sources: Sources; numbers: Map<Mutant, number> }) {
  const places: Place[] = [];
  const written: Sources = { ...sources, [LIBRARY]: LIBRARY_TEXT };
  for (const [file, mutants] of Map.groupBy(numbers.keys(), (mutant) => mutant.file)) {
    const content = Buffer.from(sources[file] ?? "");
    const insertions = insertionsOf({ content, mutants, numbers });
    const parts: Buffer[] = [];
    let [at, length] = [0, 0];
    const begun = new Map<Mutant[], number>();
    for (const one of insertions) {
      const part = Buffer.concat([content.subarray(at, one.at), Buffer.from(one.added)]);
      if (one.ends)
        places.push({ file, from: begun.get(one.mutants) ?? 0, to: length + part.length, mutants: one.mutants });
      else begun.set(one.mutants, length + one.at - at);
      parts.push(part);
      [at, length] = [one.at, length + part.length];
    }
    const imports = `\nimport {__mutant} from "../mutant.sol";\n`;
    written[file] = Buffer.concat([...parts, content.subarray(at), Buffer.from(imports)]).toString();
  }
  return { sources: written, places };
}

interface Insertion {
  at: number;
  added: string;
  ends: boolean;
  mutants: Mutant[];
  /** Among insertions at one place: what lies inside ends first and begins last. */
  order: number;
}

function insertionsOf(p: { content: Buffer; mutants: Mutant[]; numbers: Map<Mutant, number> }): Insertion[] {
  const text = (from: number, to: number): string => p.content.subarray(from, to).toString();
  const groups = Map.groupBy(p.mutants, ({ switchable: at }) => `${at?.is} ${at?.from} ${at?.to}`);
  const insertions = [...groups.values()].flatMap((mutants): Insertion[] => {
    const { from = 0, to = 0, is } = mutants[0]?.switchable ?? {};
    const size = to - from + (is === "statement" ? 1 : 0);
    if (is === "statement") {
      const off = mutants.map((mutant) => `!__mutant(${p.numbers.get(mutant)})`).join(" && ");
      return [
        { at: from, added: `{ if (${off}) `, ends: false, mutants, order: -size },
        { at: to, added: " }", ends: true, mutants, order: size - MANY },
      ];
    }
    const others = mutants.map((mutant) => {
      const other = `${text(from, mutant.from)}${mutant.after}${text(mutant.to, to)}`;
      return `__mutant(${p.numbers.get(mutant)}) ? (${other}) : `;
    });
    return [
      { at: from, added: `(${others.join("")}(`, ends: false, mutants, order: -size },
      { at: to, added: "))", ends: true, mutants, order: size - MANY },
    ];
  });
  return insertions.sort((left, right) => left.at - right.at || left.order - right.order);
}

// Larger than any source: at one place everything ends before anything begins.
const MANY = 1e9;

/** Mutants at the places that the compiler refuses: the smallest place around what it names, else all within. */
function refusedPlaces({ sources, places }: { sources: Sources; places: Place[] }): Set<Mutant> {
  const refused = new Set<Mutant>();
  for (const { sourceLocation: at, formattedMessage } of errorsOf(tryCompile({ sources, settings: {} }))) {
    const around = places
      .filter(({ file, from, to }) => file === at?.file && from <= at.start && at.end <= to)
      .sort((left, right) => left.to - left.from - (right.to - right.from));
    const within = places.filter(({ file, from, to }) => file === at?.file && at.start <= from && to <= at.end);
    const found = around[0] === undefined ? within : [around[0]];
    if (found.length === 0) {
      throw new FactoryChainError(
        "MUTATE_SWITCH",
        `The contracts with all mutants do not compile:\n${formattedMessage}`,
      );
    }
    for (const { mutants } of found) for (const mutant of mutants) refused.add(mutant);
  }
  return refused;
}
