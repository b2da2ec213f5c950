// The trees beside the Solidity tests are true: every case has a test, every test a case, and every function of the
// escrow that changes state a tree. How names follow from trees is in CONTRIBUTING.md.
import { type Case, casesOf, rootsOf, wordsOf } from "./cases.ts";
import type { Check, Finding, Tree } from "./check.ts";
import { withoutComments } from "./solidity.ts";

// Whose functions that change state need a tree.
const INTERFACES = /^contracts\/(settlement|oracle)\/I[A-Z]\w*\.sol$/;

const NEGATIONS = new Set(["not", "no", "neither", "nor", "never", "none", "nobody", "nothing", "without"]);

/** A test's name, split as trees are. */
interface Named {
  name: string;
  words: string[];
  reverts: boolean;
}

export const trees: Check = {
  name: "trees of tests",
  run({ tree }) {
    const files = tree.files("test").filter((file) => file.endsWith(".tree"));
    const compared = files.map((file) => compare(tree, file));
    const findings = [...compared.flatMap((one) => one.findings), ...withoutTree(tree, files)];
    const sum = (of: "cases" | "tests"): number => compared.reduce((total, one) => total + one[of], 0);
    return { findings, summary: `${files.length} trees, ${sum("cases")} cases, ${sum("tests")} tests` };
  },
};

function compare(tree: Tree, file: string): { findings: Finding[]; cases: number; tests: number } {
  const source = file.replace(/\.tree$/, ".t.sol");
  const cases = casesOf(tree.read(file));
  const tests = tree.has(source) ? testsOf(tree.read(source)) : [];
  const found = new Map(tests.map((test) => [test, caseOf(test, cases)]));
  const lost = tests.filter((test) => found.get(test) === undefined);
  const bare = cases.filter((one) => ![...found.values()].includes(one));
  const findings = [
    ...lost.map(({ name }) => finding(source, `${name} has no case`, `add its case to ${file}, or name it after one`)),
    ...bare.map(({ line, text }) =>
      finding(`${file}:${line}`, `no test for: ${text}`, `name a test after it in ${source}`),
    ),
    ...tests.flatMap((test) => disagreement(source, test, found.get(test))),
  ];
  return { findings, cases: cases.length, tests: tests.length };
}

/** The shortest case among those that the test can be named after; what stands behind a comma or colon does not count. */
function caseOf({ words }: Named, cases: Case[]): Case | undefined {
  return cases
    .filter(({ path }) => path.some((_, at) => isNamedAfter(words, path.slice(at).flat())))
    .sort((left, right) => left.length - right.length)[0];
}

/** Whether words come in this order in others. Others may be left out, but no negation between them. */
function isNamedAfter(words: string[], others: string[]): boolean {
  let at = 0;
  for (const other of others) {
    if (at === words.length) return true;
    if (other === words[at]) at++;
    else if (at > 0 && NEGATIONS.has(other)) return false;
  }
  return at === words.length;
}

/** A test that is said to revert belongs to a case that reverts, and to no other. */
function disagreement(file: string, { name, reverts }: Named, one: Case | undefined): Finding[] {
  if (one?.reverts !== (reverts ? "never" : "always")) return [];
  const says = reverts ? "says Revert, its case does not" : "does not say Revert, its case does";
  return [finding(file, `${name} ${says} (${one.text})`, "correct the one that is wrong")];
}

function testsOf(source: string): Named[] {
  const names = [...withoutComments(source).matchAll(/\bfunction (test(?:Fuzz)?_\w+)/g)].map(([, name = ""]) => name);
  return names.map((name) => ({
    name,
    words: conditionsIn(name).flatMap(wordsOf),
    reverts: /_Revert[A-Z]/.test(name),
  }));
}

/** The function and the conditions in a test's name; what follows them says which of several tests of a case it is. */
function conditionsIn(name: string): string[] {
  const parts = name
    .replace(/^test(Fuzz)?_/, "")
    .replace(/Revert(When|Given)_?/, "$1")
    .replace(/(When|Given)_/g, "$1");
  const all = parts.split("_");
  const last = all.findLastIndex((part) => /^(when|given|whatever)/i.test(part));
  return last < 0 ? [...all, "otherwise"] : all.slice(0, last + 1);
}

/** Functions of the escrow that change state and stand in no tree's first line. */
function withoutTree(tree: Tree, files: string[]): Finding[] {
  const roots = new Set(files.flatMap((file) => rootsOf(tree.read(file))).flatMap((root) => root.match(/\w+/g) ?? []));
  return tree
    .files("contracts")
    .filter((file) => INTERFACES.test(file))
    .flatMap((file) => changingFunctions(tree.read(file)).map((name) => ({ file, name })))
    .filter(({ name }) => !roots.has(name))
    .map(({ file, name }) => finding(file, `${name} has no tree`, `begin one with its name in test/`));
}

function changingFunctions(source: string): string[] {
  const functions = withoutComments(source).matchAll(/\bfunction (\w+)\s*\([^)]*\)([^;{]*);/g);
  return [...functions].filter(([, , rest = ""]) => !/\b(view|pure)\b/.test(rest)).map(([, name = ""]) => name);
}

function finding(file: string, what: string, todo: string): Finding {
  return { file, what, limit: "each case a test, each test a case", todo };
}
