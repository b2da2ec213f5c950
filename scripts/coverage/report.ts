// What a run with coverage found: lines from Hardhat's report, branches from the tags that were sent.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Branch } from "./branches.ts";

/** Where the plugin notes the branches that there are, from the project's folder. */
export const BRANCHES = ".factorychain/coverage/branches";

/** What Hardhat writes. */
const LINES = "coverage/lcov.info";
const TAGS = "coverage/data/solidity";

export interface FileCoverage {
  file: string;
  lines: number;
  missedLines: number[];
  branches: number;
  /** Sides of conditions that were never taken, by key. */
  missedBranches: string[];
}

/** The contracts whose coverage counts. */
export function isMeasured(file: string): boolean {
  return /^contracts\/(settlement|oracle)\/.*\.sol$/.test(file);
}

export function readCoverage({ root }: { root: string }): FileCoverage[] {
  const lines = linesIn(readFileSync(join(root, LINES), "utf8"));
  const tags = new Set(jsonFiles<Record<string, number>>(join(root, TAGS)).flatMap(Object.keys));
  const branches = jsonFiles<(Omit<Branch, "tag"> & { tag: string })[]>(join(root, BRANCHES)).flat();
  const missed = missedSides({ branches: branches.map((one) => ({ ...one, tag: BigInt(one.tag) })), tags });
  return [...lines.keys()]
    .filter(isMeasured)
    .sort()
    .map((file) => ({
      file,
      lines: lines.get(file)?.size ?? 0,
      missedLines: [...(lines.get(file) ?? [])].filter(([, hits]) => hits === 0).map(([line]) => line),
      branches: 2 * branches.filter((one) => one.file === file).length,
      missedBranches: missed.filter((one) => one.file === file).map(({ key }) => key),
    }));
}

/** Hits by line by file, of a report in lcov's format. */
export function linesIn(report: string): Map<string, Map<number, number>> {
  const files = new Map<string, Map<number, number>>();
  let present = new Map<number, number>();
  for (const row of report.split("\n")) {
    const [kind, rest = ""] = [row.slice(0, row.indexOf(":")), row.slice(row.indexOf(":") + 1)];
    if (kind === "SF") files.set(rest, (present = new Map<number, number>()));
    const [line, hits] = rest.split(",").map(Number);
    if (kind === "DA" && line !== undefined && hits !== undefined) present.set(line, hits);
  }
  return files;
}

/** A key says where and what, without line numbers: it survives changes elsewhere. The second of two alike ends in #2. */
export function missedSides({
  branches,
  tags,
}: {
  branches: Branch[];
  tags: Set<string>;
}): { file: string; key: string }[] {
  const seen = new Map<string, number>();
  return branches.flatMap(({ file, within, text, tag }) => {
    const place = `${file} ${within}: ${text}`;
    const count = (seen.get(place) ?? 0) + 1;
    seen.set(place, count);
    const name = count === 1 ? place : `${place} #${count}`;
    const sides = [
      { side: "true", sent: tag },
      { side: "false", sent: tag + 1n },
    ];
    const missed = sides.filter(({ sent }) => !tags.has(sent.toString(16).padStart(64, "0")));
    return missed.map(({ side }) => ({ file, key: `${name} is never ${side}` }));
  });
}

function jsonFiles<T>(folder: string): T[] {
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as T);
}
