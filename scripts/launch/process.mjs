// Child processes: signals reach them, and their end becomes ours.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { LaunchError } from "./report.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const TAIL = 20_000; // characters kept of what a quiet child says
const PATIENCE = 10_000; // milliseconds that a child has to stop when whoever started us is gone

/**
 * Runs a program to its end. A signal to this process is passed on once: a terminal's Ctrl-C comes two or three times
 * (from the terminal, and again from npm), and a second one means "do not wait" to many programs.
 * `stdio: "quiet"` keeps what the child says for the case of a failure.
 */
export function run({ file, args, cwd, env, stdio }) {
  const quiet = stdio === "quiet";
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: quiet ? ["ignore", "pipe", "pipe"] : stdio });
    let output = "";
    const keep = (chunk) => (output = (output + chunk).slice(-TAIL));
    child.stdout?.setEncoding("utf8").on("data", keep);
    child.stderr?.setEncoding("utf8").on("data", keep);

    let passedOn = 0;
    let interrupted = null;
    const passOn = (signal) => {
      interrupted = signal;
      if (Date.now() - passedOn < 1_000) return;
      passedOn = Date.now();
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, passOn);
    const watch = watchParent(() => {
      passOn("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), PATIENCE).unref();
    });
    const forget = () => {
      clearInterval(watch);
      for (const signal of SIGNALS) process.off(signal, passOn);
    };

    child.on("error", (error) => {
      forget();
      reject(new LaunchError(`${file} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      forget();
      resolve({ code, signal, interrupted, output });
    });
  });
}

/** Notices when the npm that started us was killed: then nobody is left to stop what we run. */
function watchParent(gone) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    gone();
  }, 500);
  return watch;
}

/** Exit code of a shell for what `run` answered. */
export function exitCode({ code, signal }) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

/** Runs a step of the setup; a failure or an interruption ends the launch. */
export async function runStep({ explain, ...step }) {
  const result = await run(step);
  if (result.interrupted) {
    throw new LaunchError("stopped; the next run takes it up again", "", 128 + constants.signals[result.interrupted]);
  }
  if (exitCode(result) !== 0) throw explain(result);
}
