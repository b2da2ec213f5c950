import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import type { WriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../config/env.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { backoff } from "../lib/retry.ts";
import type { Clock } from "../lib/retry.ts";
import { hasEnded, kill } from "./leash.ts";
import { readRelayerStatus } from "../sdk/relayers/readRelayerStatus.ts";
import { isFree, MEANING, portInUse } from "./ports.ts";

const PROGRAM = fileURLToPath(new URL("../relayer/main.ts", import.meta.url));
const ORPHAN = new URL("orphan.ts", import.meta.url).href;
/** Longest start of a relayer, and longest stop, in milliseconds. */
const PATIENCE = { start: 60_000, stop: 10_000 };

/** One relayer as the stack runs it. */
export interface RelayerPlace {
  /** 0x-hex address, lowercase. */
  address: string;
  url: string;
  logFile: string;
  /** Its variables, by name. */
  settings: Record<string, string>;
}

/**
 * Runs relayers and starts again whichever dies.
 *
 * @param crashed told when one died at a crash point, before the others are killed too
 */
export function createRelayers(p: {
  places: readonly RelayerPlace[];
  clock: Clock;
  died: (relayer: string) => void;
  crashed: (relayer: string) => void;
}) {
  const children = new Map<string, ChildProcess>();
  const logs = new Map<string, WriteStream>();
  const failures = new Map<string, number>();
  let crashpoint: string | null = null;
  let stopped = true;
  let ending = false;

  function start(place: RelayerPlace): void {
    const log = logs.get(place.address) ?? createWriteStream(place.logFile, { flags: "a", mode: 0o600 });
    logs.set(place.address, log);
    const crash: Record<string, string> = crashpoint === null ? {} : { FACTORYCHAIN_CRASHPOINT: crashpoint };
    const child = fork(PROGRAM, [], {
      env: childEnvironment({ ...place.settings, ...crash }),
      execArgv: ["--disable-warning=ExperimentalWarning", "--import", ORPHAN],
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.pipe(log, { end: false });
    children.set(place.address, child);
    const started = p.clock.now();
    child.once("exit", (_code, signal) => void ended(place, signal, p.clock.now() - started));
  }

  async function ended(place: RelayerPlace, signal: NodeJS.Signals | null, lived: number): Promise<void> {
    if (stopped) return;
    if (crashpoint !== null && signal === "SIGKILL") {
      crashpoint = null;
      p.crashed(place.address);
      await restartAll();
      return;
    }
    if (children.get(place.address)?.pid === undefined || !hasEnded(children.get(place.address) as ChildProcess))
      return;
    p.died(place.address);
    const count = lived > 30_000 ? 0 : (failures.get(place.address) ?? 0);
    failures.set(place.address, count + 1);
    await p.clock.sleep(backoff({ failures: count, first: 500, most: 10_000 }));
    if (!stopped && hasEnded(children.get(place.address) as ChildProcess)) start(place);
  }

  async function untilUp({ place, until }: { place: RelayerPlace; until: number }): Promise<void> {
    while (!ending) {
      if (await isUp(place)) return;
      if (p.clock.now() > until) throw await notStarted({ place, running: isRunning(place) });
      await p.clock.sleep(50);
    }
  }

  function isRunning({ address }: RelayerPlace): boolean {
    const child = children.get(address);
    return child !== undefined && !hasEnded(child);
  }

  async function killAll(): Promise<void> {
    stopped = true;
    await Promise.all([...children.values()].map((child) => kill(child)));
  }

  async function restartAll(): Promise<void> {
    await killAll();
    stopped = false;
    for (const place of p.places) start(place);
  }

  return {
    /** Starts all; with a crash point, all are killed once, when the first of them gets there. */
    start(at: string | null): void {
      crashpoint = at;
      stopped = false;
      for (const place of p.places) start(place);
    },

    /**
     * Resolves when every relayer follows the chain, or when all are being stopped. One whose port is taken is started
     * again until it is free, as whatever else ends it.
     *
     * @throws FactoryChainError `relayer-not-started`, `port-in-use`
     */
    async up(): Promise<void> {
      const until = p.clock.now() + PATIENCE.start;
      await Promise.all(p.places.map((place) => untilUp({ place, until })));
    },

    killAll,
    restartAll,

    /** Asks all to stop, and kills who does not in time. */
    async stop(): Promise<void> {
      stopped = true;
      ending = true;
      const running = [...children.values()].filter((child) => !hasEnded(child));
      const gone = Promise.all(running.map((child) => kill(child, "SIGTERM")));
      const inTime = new AbortController();
      await Promise.race([gone, p.clock.sleep(PATIENCE.stop, inTime.signal)]);
      inTime.abort();
      await killAll();
      for (const log of logs.values()) log.end();
    },
  };
}

/** Whether this relayer follows the chain: whoever has taken its port may answer in its place. */
async function isUp({ url, address }: RelayerPlace): Promise<boolean> {
  try {
    return (await readRelayerStatus({ url })).relayer === address;
  } catch {
    return false;
  }
}

async function notStarted(p: { place: RelayerPlace; running: boolean }): Promise<FactoryChainError> {
  const port = Number(new URL(p.place.url).port);
  if (!p.running && !(await isFree(port))) return portInUse({ port, meaning: MEANING.relayers });
  return new FactoryChainError("relayer-not-started", `The relayer at ${p.place.url} did not start.`, {
    advice: `Its own words are in ${p.place.logFile}.`,
  });
}
