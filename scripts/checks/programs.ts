// The tools that check what they know best. Each runs by its file, so no shell and no PATH is involved.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** A tool, what it does and what to do when it finds something. */
export interface Program {
  name: string;
  package: string;
  args: string[];
  todo: string;
}

export const programs: Program[] = [
  { name: "format", package: "prettier", args: ["--check", "--log-level", "warn", "."], todo: "npm run format" },
  { name: "types", package: "typescript", args: ["--noEmit"], todo: "make the types agree" },
  { name: "lint", package: "eslint", args: ["--max-warnings", "0", "."], todo: "see eslint.config.js for the reasons" },
  {
    name: "lint of contracts",
    package: "solhint",
    args: ["--disc", "--noPoster", "--max-warnings", "0", "contracts/!(mocks)/**/*.sol"],
    todo: "see .solhint.json",
  },
];

/** Runs a tool in `root`; answers whether it was content and what it said. */
export function runProgram({
  program,
  root,
}: {
  program: Program;
  root: string;
}): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary(program.package), ...program.args], { cwd: root });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

function binary(name: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest) as { bin: string | Record<string, string> };
  const path = typeof bin === "string" ? bin : (bin[name] ?? bin["tsc"]);
  if (!path) throw new Error(`${name} has no command`);
  return join(dirname(manifest), path);
}
