// The lock file: complete for every machine, and without the address of anybody's registry.
import type { Check, Finding } from "./check.ts";

/** The parts of package-lock.json that are looked at here. */
export interface Lock {
  packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  version?: string;
  resolved?: string;
  os?: string[];
  cpu?: string[];
  dev?: boolean;
  optional?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const FILE = "package-lock.json";

export const lock: Check = {
  name: "lock file",
  run({ tree }) {
    const content = JSON.parse(tree.read(FILE)) as Lock;
    const findings: Finding[] = [];
    for (const [path, { resolved }] of Object.entries(content.packages)) {
      if (!resolved) continue;
      const what = `${path} has a download address`;
      findings.push({ file: FILE, what, limit: "none", todo: "build the lock file with this project's .npmrc" });
    }
    for (const { name, wantedBy } of missing(content)) {
      findings.push({
        file: FILE,
        what: `${wantedBy} wants ${name}, which is not locked`,
        limit: "npm ci refuses it",
        todo: "npm run lock",
      });
    }
    return { findings, summary: `${Object.keys(content.packages).length} packages` };
  },
};

/** Adds an entry for each optional build that the lock file lacks; answers what was added. */
export function completeLock(content: Lock): string[] {
  const added = missing(content).map(({ name, version, wantedBy }) => {
    const entry: LockedPackage = { version, ...machineOf(name), optional: true };
    if (content.packages[wantedBy]?.dev) entry.dev = true;
    content.packages[`node_modules/${name}`] = entry;
    return name;
  });
  const sorted = Object.entries(content.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  content.packages = Object.fromEntries(sorted);
  return added;
}

function missing({ packages }: Lock): { name: string; version: string; wantedBy: string }[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(([name]) => !isLocked(packages, path, name))
      .map(([name, version]) => ({ name, version, wantedBy: path })),
  );
}

/** Whether Node would find `name` from the package at `path`: in its own node_modules or in one further up. */
function isLocked(packages: Lock["packages"], path: string, name: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    if (packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === "") return false;
  }
}

/** Reads the machine from a name such as anvil-linux-arm64, as packages of binaries are named. */
function machineOf(name: string): { os: string[]; cpu: string[] } {
  const [os, cpu] = name.split("-").slice(-2);
  if (!os || !cpu || !["linux", "darwin", "win32"].includes(os)) {
    throw new Error(`${name} is missing from the lock file and no build for another machine: npm install again.`);
  }
  return { os: [os], cpu: [cpu === "amd64" ? "x64" : cpu] };
}
