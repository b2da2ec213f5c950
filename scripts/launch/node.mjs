// Which Node runs the project: this one, one that was fetched before, or one that is fetched now.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runNpm } from "./npm.mjs";
import { cacheFolder } from "./paths.mjs";
import { exitCode, run } from "./process.mjs";
import { LaunchError, phase } from "./report.mjs";

const FETCHED_MAJOR = "24"; // the long-term release that the project is developed on

/** Whether a Node runs TypeScript as it is and has what the project uses: 22.18 and newer, if built in full. */
export function isUsable({ version, typescript }) {
  const [major, minor] = version.split(".").map(Number);
  return typescript && (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18));
}

/** The npm package that holds nothing but a Node for this machine. */
export function nodePackage({ platform, arch }) {
  const prefix = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return [prefix, platform === "win32" ? "win" : platform, arch].join("-");
}

/** A Node that runs the project: its path and its major version. */
export async function findNode() {
  if (isUsable({ version: process.versions.node, typescript: Boolean(process.features.typescript) })) {
    return { node: process.execPath, major: process.versions.node.split(".")[0] };
  }
  const name = nodePackage(process);
  const folder = join(cacheFolder(), `node-${FETCHED_MAJOR}`);
  const file = executable(folder, name);
  const found = { node: file, major: FETCHED_MAJOR };
  if (existsSync(file)) return found;
  await phase(
    {
      start: `Node ${process.versions.node} is too old for this project (it needs 22.18): fetching Node ${FETCHED_MAJOR} into ${folder}, once`,
      running: `fetching Node ${FETCHED_MAJOR}`,
      done: `Node ${FETCHED_MAJOR} is there; your own Node is unchanged`,
    },
    () => fetchNode({ name, folder }),
  );
  return found;
}

function executable(folder, name) {
  const inPackage = process.platform === "win32" ? "bin/node.exe" : "bin/node";
  return join(folder, "node_modules", name, inPackage);
}

/** Installs beside the final place and moves it there whole, so that a killed download leaves nothing half done. */
async function fetchNode({ name, folder }) {
  const draft = `${folder}.${process.pid}`;
  try {
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "package.json"), '{ "private": true }\n');
    await runNpm({
      node: process.execPath,
      args: ["install", "--no-save", "--no-package-lock", "--ignore-scripts", `${name}@${FETCHED_MAJOR}`],
      cwd: draft,
      env: process.env,
      what: `Node ${FETCHED_MAJOR} could not be fetched`,
    });
    const file = executable(draft, name);
    const trial = await run({ file, args: ["--version"], cwd: draft, env: process.env, stdio: "quiet" });
    if (exitCode(trial) !== 0) {
      throw new LaunchError(
        `The Node that the registry has for ${process.platform} ${process.arch} does not run on this machine.`,
        "Install Node 24 yourself (nodejs.org), then run the command again.",
      );
    }
    if (!existsSync(folder)) renameSync(draft, folder);
  } catch (error) {
    if (error.code !== "EACCES" && error.code !== "EROFS") throw error;
    throw new LaunchError(
      `${dirname(folder)} cannot be written.`,
      "Set XDG_CACHE_HOME to a folder that can be written, or install Node 24 yourself (nodejs.org).",
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
