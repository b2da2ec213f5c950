// Slither and halmos are Python programs. They live in an environment of their own, made once and again when their
// versions change; the machine's own Python stays as it is.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FactoryChainError, RetryableError } from "../../src/lib/errors.ts";
import { runProgram } from "../solidity/program.ts";

const REQUIREMENTS = "scripts/analyze/requirements.txt";
const LOWEST = "3.11"; // halmos needs it
const ADVICE = `Install Python ${LOWEST} or newer with its module venv (Debian: apt install python3-venv), then run the command again.`;

/** The folder of the environment's programs. */
export async function preparePython({ root, cache }: { root: string; cache: string }): Promise<string> {
  const folder = join(cache, "python");
  const bin = join(folder, "bin");
  const python = await findPython({ root });
  const requirements = readFileSync(join(root, REQUIREMENTS));
  const wanted = createHash("sha256").update(requirements).update(python.version).digest("hex");
  const stamp = join(folder, "installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return bin;

  const started = Date.now();
  console.log(`installing Slither and halmos into ${folder}, once`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const made = await runProgram({ file: python.file, args: ["-m", "venv", folder], cwd: root });
  if (made.code !== 0) {
    throw new FactoryChainError("PYTHON_VENV", `Python could not make an environment:\n${made.output}`, {
      expected: "a Python whose modules venv and ensurepip work",
      advice: ADVICE,
    });
  }
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
  const installed = await runProgram({ file: join(bin, "python"), args: [...install, "-r", REQUIREMENTS], cwd: root });
  if (installed.code !== 0) {
    throw new RetryableError("PYTHON_INSTALL", `pip could not install the analyzers:\n${tail(installed.output)}`, {
      advice: "Check the connection, or pip's index and proxy settings (pip config list), and run the command again.",
    });
  }
  writeFileSync(stamp, wanted);
  console.log(`installed (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return bin;
}

async function findPython({ root }: { root: string }): Promise<{ file: string; version: string }> {
  const ask = ["-c", "import sys; print(*sys.version_info[:2], sep='.')"];
  let seen = "";
  for (const file of ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"]) {
    const { code, output: version } = await runProgram({ file, args: ask, cwd: root });
    if (code !== 0 || !/^3\.\d+$/.test(version)) continue;
    if (Number(version.slice(2)) >= Number(LOWEST.slice(2))) return { file, version };
    seen ||= ` (found ${version})`;
  }
  throw new FactoryChainError("PYTHON_MISSING", `There is no Python ${LOWEST} or newer on PATH${seen}.`, {
    expected: `Python ${LOWEST} or newer, for Slither and halmos`,
    advice: ADVICE,
  });
}

function tail(text: string): string {
  return text.split("\n").slice(-12).join("\n");
}
