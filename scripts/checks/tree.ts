import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Tree } from "./check.ts";

const GENERATED = new Set([
  "node_modules",
  "artifacts",
  "cache",
  "coverage",
  "typechain-types",
  ".factorychain",
  ".git",
]);

/** The files of a folder of this machine. */
export function folderTree({ root }: { root: string }): Tree {
  const list = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .sort()
      .filter((name) => folder !== "" || !GENERATED.has(name))
      .map((name) => (folder === "" ? name : `${folder}/${name}`))
      .flatMap((path) => (statSync(join(root, path)).isDirectory() ? list(path) : [path]));
  return {
    files: (folder = "") => (existsSync(join(root, folder)) ? list(folder) : []),
    has: (path) => existsSync(join(root, path)),
    read: (path) => readFileSync(join(root, path), "utf8"),
  };
}
