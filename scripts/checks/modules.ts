// Who may import whom in TypeScript, which folders run in a browser, and that no import runs in a circle.
import { builtinModules } from "node:module";
import { posix } from "node:path";
import ts from "typescript";
import type { Check, Finding, Tree } from "./check.ts";

const HEADS_MAY = ["lib", "config", "chain", "store", "formats", "sdk", "vault"];

/** A folder and the folders that it may import. relayer, gateway, node and cli meet as processes only. */
const MAY: Record<string, string[]> = {
  lib: [],
  config: ["lib"],
  formats: ["lib"],
  chain: ["lib"],
  sdk: ["lib", "chain", "formats"],
  store: ["lib", "chain"],
  vault: ["lib", "chain", "sdk", "store", "formats"],
  relayer: HEADS_MAY,
  gateway: HEADS_MAY,
  node: HEADS_MAY,
  cli: HEADS_MAY,
  "index.ts": ["lib", "chain", "formats", "sdk"], // the public API
  deploy: ["lib"],
  scripts: ["lib", "formats", "deploy"],
  testbed: [...HEADS_MAY, "relayer", "node", "cli", "scripts"], // a network to try out
  bench: [...HEADS_MAY, "relayer", "node", "cli", "scripts", "testbed"],
  chaos: [...HEADS_MAY, "relayer", "node", "cli", "scripts", "testbed"],
};
const BROWSER_SAFE = ["lib", "chain", "formats", "sdk", "index.ts"];
const LIKE_A_TEST = /^scripts\/gas(\.ts|\/)/; // measures with the tests' fixtures, and may use what tests may
const TOP = ["scripts", "deploy", "testbed", "bench", "chaos", "test", "contracts"];
const BUILT_IN = new Set(builtinModules);

interface Import {
  file: string;
  path: string; // as written, or from the root if relative
  kept: boolean; // when the file runs; a type's import is not
}

export const moduleArrows: Check = {
  name: "arrows between modules",
  run({ tree }) {
    const files = tree
      .files()
      .filter((file) => /^(src|scripts|deploy|testbed|bench|chaos)\/.*\.ts$/.test(file) && !LIKE_A_TEST.test(file));
    const imports = files.flatMap((file) => importsOf(tree, file));
    const findings = [...imports.flatMap(arrow), ...imports.flatMap(browser), ...circles(imports)];
    return { findings, summary: `${files.length} files, ${imports.length} imports` };
  },
};

function importsOf(tree: Tree, file: string): Import[] {
  const source = tree.read(file);
  const kept = new Set(pathsIn(source.replace(/^(?:import|export) type\b[^;]*;/gm, "")));
  return [...new Set(pathsIn(source))].map((path) => ({
    file,
    path: path.startsWith(".") ? posix.join(posix.dirname(file), path) : path,
    kept: kept.has(path),
  }));
}

function pathsIn(source: string): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
}

function arrow({ file, path }: Import): Finding[] {
  const [from, to] = [placeOf(file), placeOf(path)];
  if (to === null || from === null || from === to || path.startsWith("typechain-types")) return [];
  const allowed = MAY[from] ?? [];
  if (allowed.includes(to)) return [];
  const limit = `${from} may import ${allowed.join(", ") || "none of our folders"}`;
  return [{ file, what: `imports ${path}`, limit, todo: "turn the dependency round, or pass in what is needed" }];
}

function browser({ file, path }: Import): Finding[] {
  const from = placeOf(file);
  if (!from || !BROWSER_SAFE.includes(from)) return [];
  if (!path.startsWith("node:") && !BUILT_IN.has(path)) return [];
  return [{ file, what: `imports ${path}`, limit: `src/${from} runs in a browser`, todo: "pass in what needs Node" }];
}

function circles(imports: Import[]): Finding[] {
  const next = Map.groupBy(
    imports.filter(({ kept }) => kept),
    ({ file }) => file,
  );
  const done = new Set<string>();
  const findings: Finding[] = [];
  const visit = (file: string, trail: string[]): void => {
    if (trail.includes(file)) {
      const circle = [...trail.slice(trail.indexOf(file)), file].join(" -> ");
      findings.push({ file, what: circle, limit: "no circles", todo: "move what both need into a third file" });
      return;
    }
    if (done.has(file)) return;
    for (const { path } of next.get(file) ?? []) visit(path, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return findings;
}

/** src/lib/errors.ts -> lib, src/index.ts -> index.ts, deploy/roles.ts -> deploy; null for a package. */
function placeOf(path: string): string | null {
  const [top, folder] = path.split("/");
  if (top === "src" && folder) return folder;
  return TOP.includes(top ?? "") ? (top ?? null) : null;
}
