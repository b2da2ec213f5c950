// What every check of the tree looks like.

/** One thing that is wrong, and what to do about it. */
export interface Finding {
  file: string;
  what: string;
  limit: string;
  todo: string;
}

/** A rule about the tree that a script can check. */
export interface Check {
  name: string;
  run(p: { tree: Tree }): { findings: Finding[]; summary: string };
}

/** The project's files by path, with forward slashes; what is generated is listed only when its folder is named. */
export interface Tree {
  files(folder?: string): string[];
  has(path: string): boolean;
  read(path: string): string;
}
