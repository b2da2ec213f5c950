// npm, run by a Node of our choice: npm installs native parts only for the Node that it runs under itself.
import { existsSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { runStep } from "./process.mjs";
import { LaunchError } from "./report.mjs";

const UNREACHABLE = /E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH|HOSTUNREACH)|ERR_SOCKET_TIMEOUT/;

/** Runs npm quietly; when it fails, says why in words. */
export function runNpm({ node, args, cwd, env, what }) {
  const patience = ["--fetch-retries=3", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"];
  return runStep({
    file: node,
    args: [npmScript(), ...args, "--loglevel=error", "--no-json", "--no-audit", "--no-fund", ...patience],
    cwd,
    env,
    stdio: "quiet",
    explain: ({ output }) => explain(what, output),
  });
}

function explain(what, output) {
  if (UNREACHABLE.test(output)) {
    return new LaunchError(
      `${what}: the package registry cannot be reached (${UNREACHABLE.exec(output)[0]}).`,
      "Check the connection, or npm's proxy and registry settings (npm config list), and run the command again.",
    );
  }
  return new LaunchError(`${what}. npm says:\n${output.trim() || "nothing"}`);
}

/** The script of the npm that started us, or of the one on PATH. */
function npmScript() {
  const started = process.env.npm_execpath;
  if (started && basename(started) === "npm-cli.js" && existsSync(started)) return started;
  for (const folder of [dirname(process.execPath), ...(process.env.PATH ?? "").split(delimiter)]) {
    const inPackage = "node_modules/npm/bin/npm-cli.js";
    for (const file of [join(folder, inPackage), join(folder, "../lib", inPackage)]) {
      if (existsSync(file)) return file;
    }
    if (existsSync(join(folder, "npm"))) {
      const file = realpathSync(join(folder, "npm"));
      if (basename(file) === "npm-cli.js") return file;
    }
  }
  throw new LaunchError("npm was not found.", "Install it together with Node (nodejs.org), or put it on PATH.");
}
