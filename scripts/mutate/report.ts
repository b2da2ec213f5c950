// docs/mutation-report.md: what the last run found, survivors with their reasons.
import { readFileSync, writeFileSync } from "node:fs";
import { FactoryChainError } from "../../src/lib/errors.ts";
import type { Mutant } from "./mutants.ts";

export interface Tried {
  mutant: Mutant;
  killed: boolean;
}

/** Reasons by mutant; a key survives changes elsewhere in the file. */
export type Reasons = Record<string, string>;

export function readReasons(file: string): Reasons {
  return JSON.parse(readFileSync(file, "utf8")) as Reasons;
}

/** Notes what a run found, for a run that goes on from there. */
export function writeTried({ file, tried }: { file: string; tried: Tried[] }): void {
  writeFileSync(file, JSON.stringify(tried, null, 1));
}

/** What the last run found, if the contracts are still the same. */
export function readTried({ file, all }: { file: string; all: Mutant[] }): Tried[] {
  const tried = JSON.parse(readFileSync(file, "utf8")) as Tried[];
  const present = new Map(all.map((mutant) => [JSON.stringify(mutant), mutant]));
  return tried.map(({ mutant, killed }) => {
    const same = present.get(JSON.stringify(mutant));
    if (same !== undefined) return { mutant: same, killed };
    throw new FactoryChainError("MUTATE_LAST", `The contracts changed since the last run: ${keyOf(mutant)}.`, {
      advice: "npm run mutate",
    });
  });
}

/** What a reason is filed under: place and change, without line numbers. */
export function keyOf({ file, within, before, after }: Mutant): string {
  return `${file} ${within}: ${oneLine(before)} -> ${oneLine(after) || "(nothing)"}`;
}

export function writeReport(p: { file: string; tried: Tried[]; reasons: Reasons; seed: number; all: number }): void {
  const survivors = p.tried.filter(({ killed }) => !killed).map(({ mutant }) => mutant);
  const files = [...Map.groupBy(p.tried, ({ mutant }) => mutant.file)].sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  const row = (name: string, tried: Tried[]): string => {
    const killed = tried.filter(({ killed }) => killed).length;
    return `| ${name} | ${tried.length} | ${killed} | ${tried.length - killed} | ${percent(killed, tried.length)} |`;
  };
  const text = [
    "# Mutation report",
    "",
    `Written by \`npm run mutate\`: of ${p.all} possible changes of the contracts ${p.tried.length} were tried, spread evenly (seed ${p.seed}). What does not compile does not count. A mutant is killed when a Solidity test fails.`,
    "",
    "| file | tried | killed | survived | killed, % |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...files.map(([file, tried]) => row(file, tried)),
    row("**all**", p.tried),
    "",
    "## Survivors",
    "",
    ...(survivors.length === 0 ? ["None.", ""] : survivors.flatMap((mutant) => survivor(mutant, p.reasons))),
  ];
  writeFileSync(p.file, text.join("\n"));
}

function survivor(mutant: Mutant, reasons: Reasons): string[] {
  const { file, line, within, kind, before, after } = mutant;
  return [
    `- ${file}:${line}, ${within}, ${kind}: \`${oneLine(before)}\` -> ${after === "" ? "nothing" : `\`${oneLine(after)}\``}`,
    `  - Reason: ${reasons[keyOf(mutant)] ?? "none given yet"}`,
    "",
  ];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : ((100 * part) / whole).toFixed(1);
}
