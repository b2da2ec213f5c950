import type { Check, Finding, Tree } from "../../scripts/checks/check.ts";

const MANIFEST = JSON.stringify({ scripts: { demo: "" } });

/** A tree of these files; folders exist by what they hold. */
export function memoryTree(content: Record<string, string>): Tree {
  const files: Record<string, string> = { "package.json": MANIFEST, ...content };
  const isUnder = (path: string, folder: string) =>
    path.startsWith(folder === "" ? "" : `${folder.replace(/\/$/, "")}/`);
  return {
    files: (folder = "") => Object.keys(files).filter((path) => isUnder(path, folder)),
    has: (path) => path in files || Object.keys(files).some((file) => isUnder(file, path)),
    read: (path) => files[path] ?? "",
  };
}

/** What a check finds in these files. */
export function findingsOf(check: Check, content: Record<string, string>): Finding[] {
  return check.run({ tree: memoryTree(content) }).findings;
}
