// What the documents name is there: linked files and headings, files in backticks, commands, and README's tree.
import { posix } from "node:path";
import type { Check, Finding, Tree } from "./check.ts";

const PLACES = "contracts|deploy|scripts|src|test|docs|examples|gas|bench|web";

export const docs: Check = {
  name: "documents",
  run({ tree }) {
    const files = tree.files().filter((file) => file.endsWith(".md"));
    const findings = files.flatMap((file) => {
      const text = tree.read(file);
      const past = file === "CHANGELOG.md"; // tells of things that may be gone
      return [...links(tree, file, text), ...(past ? [] : names(tree, file, text)), ...listed(tree, file, text)];
    });
    return { findings, summary: `${files.length} files` };
  },
};

function links(tree: Tree, file: string, text: string): Finding[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const linked = path === "" ? file : posix.join(posix.dirname(file), path);
    if (!tree.has(linked)) return [gone(file, `links to ${target}`)];
    if (anchor && linked.endsWith(".md") && !anchors(tree.read(linked)).has(anchor)) {
      return [gone(file, `links to the heading ${target}`)];
    }
    return [];
  });
}

function names(tree: Tree, file: string, text: string): Finding[] {
  const scripts = (JSON.parse(tree.read("package.json")) as { scripts: Record<string, string> }).scripts;
  const paths = [...text.matchAll(new RegExp(`\`((?:${PLACES})/[\\w./-]*)\``, "g"))].map((match) => match[1] ?? "");
  const commands = [...text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map((match) => match[1] ?? "");
  return [
    ...paths.filter((path) => !tree.has(path)).map((path) => gone(file, `names ${path}`)),
    ...commands.filter((name) => !(name in scripts)).map((name) => gone(file, `names the command npm run ${name}`)),
  ];
}

/** A block marked `tree` lists paths by indentation, a name and then what it is. */
function listed(tree: Tree, file: string, text: string): Finding[] {
  return [...text.matchAll(/^```tree\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => {
    const parents: { indent: number; path: string }[] = [];
    return block.split("\n").flatMap((line) => {
      const [, space = "", name] = /^( *)(\S+)/.exec(line) ?? [];
      if (!name) return [];
      while ((parents.at(-1)?.indent ?? -1) >= space.length) parents.pop();
      const path = posix.join(parents.at(-1)?.path ?? "", name);
      parents.push({ indent: space.length, path });
      return tree.has(path) ? [] : [gone(file, `lists ${path}`)];
    });
  });
}

function gone(file: string, what: string): Finding {
  return { file, what, limit: "must exist", todo: "correct the document, or add what it promises" };
}

function anchors(text: string): Set<string> {
  const headings = [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? "");
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replace(/ /g, "-"),
    ),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "");
}
