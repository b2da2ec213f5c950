// How long things may be. Splitting by line count alone is no cure: a file over its limit does two things.
import type { Check, Finding, Tree } from "./check.ts";
import { functionsOf } from "./solidity.ts";

const ADVICE = "give it one purpose: move what can be named on its own into a file or function of its own";
const FOLDERS = 4;
const FUNCTION_LINES = 45;

/** The first that matches a path counts. */
const LIMITS: { kind: string; matches: RegExp; lines: number }[] = [
  { kind: "test", matches: /^test\/.*\.(ts|sol)$/, lines: 400 },
  { kind: "contract", matches: /\.sol$/, lines: 500 },
  {
    kind: "configuration",
    matches: /^[^/]*\.config\.[jt]s$|^(tsconfig|\.prettierrc|\.solhint)[^/]*\.json$/,
    lines: 150,
  },
  { kind: "module", matches: /\.(ts|mjs|js)$/, lines: 300 },
];

export const sizes: Check = {
  name: "sizes",
  run({ tree }) {
    const files = tree.files();
    const findings = files.flatMap((file) => [...depth(file), ...length(tree, file), ...functions(tree, file)]);
    return { findings, summary: `${files.length} files` };
  },
};

function depth(file: string): Finding[] {
  const folders = file.split("/").length - 1;
  if (folders <= FOLDERS) return [];
  return [
    {
      file,
      what: `${folders} folders deep`,
      limit: `${FOLDERS}`,
      todo: "move it up: its path says less than its name",
    },
  ];
}

function length(tree: Tree, file: string): Finding[] {
  const rule = LIMITS.find(({ matches }) => matches.test(file));
  if (!rule) return [];
  const lines = tree.read(file).replace(/\n$/, "").split("\n").length;
  return lines > rule.lines
    ? [{ file, what: `${rule.kind} of ${lines} lines`, limit: `${rule.lines}`, todo: ADVICE }]
    : [];
}

function functions(tree: Tree, file: string): Finding[] {
  if (!/^contracts\/.*\.sol$/.test(file)) return [];
  return functionsOf(tree.read(file))
    .filter(({ lines }) => lines > FUNCTION_LINES)
    .map(({ name, line, lines }) => ({
      file: `${file}:${line}`,
      what: `${name} has ${lines} lines`,
      limit: `${FUNCTION_LINES}`,
      todo: ADVICE,
    }));
}
