import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../src/config/env.ts";
import { hasEnded, kill } from "../src/node/leash.ts";

const PROGRAM = fileURLToPath(new URL("../src/relayer/main.ts", import.meta.url));
const ORPHAN = new URL("../src/node/orphan.ts", import.meta.url).href;
const CLOCK = new URL("clock.ts", import.meta.url).href;
/** Longest orderly stop, in milliseconds. */
const STOP = 25_000;
/** What a relayer says when its orderly stop takes too long, as it may while its store or node hangs. */
const LATE = "did not stop in time";
/** Characters of what it said last. */
const LAST_WORDS = 2_000;

/**
 * How a process of a relayer ended: we killed it, it killed itself at its crash point, it stopped because it was asked to,
 * or it failed: it ended by itself, or not as it should.
 */
export type Ending = "killed" | "crashed" | "stopped" | "failed";

/** One process of a relayer, the real program. */
export interface RelayerProcess {
  /** Resolves when it is gone. */
  readonly ended: Promise<Ending>;
  running(): boolean;
  /** What it said last that is no line of its log: why it failed; of one that said nothing, how it ended. */
  lastWords(): string;
  kill(): Promise<Ending>;
  /** SIGTERM, and SIGKILL if that takes too long. */
  stop(): Promise<Ending>;
  /** Puts its clock so many seconds ahead. */
  shift(seconds: number): void;
}

/** @param settings its variables, by name */
export function startRelayerProcess(p: {
  settings: Record<string, string>;
  logFile: string;
  /** As FACTORYCHAIN_CRASHPOINT takes it. */
  crashpoint?: string | null;
  /** Modules that are loaded before its own. */
  imports?: readonly string[];
}): RelayerProcess {
  const { crashpoint = null, imports = [] } = p;
  const point: Record<string, string> = crashpoint === null ? {} : { FACTORYCHAIN_CRASHPOINT: crashpoint };
  const log = createWriteStream(p.logFile, { flags: "a", mode: 0o600 });
  const child: ChildProcess = fork(PROGRAM, [], {
    env: childEnvironment({ ...p.settings, ...point }),
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      ...[ORPHAN, CLOCK, ...imports].flatMap((name) => ["--import", name]),
    ],
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  child.stderr?.pipe(log);
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const said = text.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
    words = [words, ...said].join("\n").trim().slice(-LAST_WORDS);
  });
  let wanted: "killed" | null = null;
  let asked = false;
  let how = "";
  const ended = new Promise<Ending>((resolve) => {
    // Once all that it said was read.
    child.once("close", (code, signal) => {
      how = signal ?? `exit code ${code ?? "unknown"}`;
      if (wanted !== null) resolve(wanted);
      else if (signal === "SIGKILL" && crashpoint !== null) resolve("crashed");
      else resolve(asked && (code === 0 || words.includes(LATE)) ? "stopped" : "failed");
    });
  });
  // Messages to one that is gone are of no interest.
  child.on("error", () => undefined);

  async function killed(): Promise<Ending> {
    if (!hasEnded(child)) wanted ??= "killed";
    await kill(child);
    return await ended;
  }

  return {
    ended,
    running: () => !hasEnded(child),
    lastWords: () => words || `${how}, without a word`,
    kill: killed,
    async stop() {
      if (hasEnded(child)) return await ended;
      asked = true;
      const late = new AbortController();
      const gone = kill(child, "SIGTERM");
      await Promise.race([gone, sleep(STOP, null, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      return hasEnded(child) ? await ended : await killed();
    },
    shift(seconds) {
      if (child.connected) child.send({ clock: seconds }, () => undefined);
    },
  };
}
