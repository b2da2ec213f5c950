// A Mosquitto broker of our own, from the program that the machine has: for tests, and for who develops.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers, freePorts } from "./ports.ts";
import { createServerProcess, isProgram } from "./server.ts";

export interface MosquittoServer {
  url: string;
  port: number;
  /** Ends it and keeps its data. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port with the same data. */
  start(): Promise<void>;
  /** Has it write its data, as it does from time to time: what is not written is lost by a crash. */
  save(): Promise<void>;
}

/** Names of PEM files. With a CA, clients must show a certificate that it signed. */
export interface BrokerTls {
  cert: string;
  key: string;
  ca?: string;
}

/** Longest start, and longest wait for its data on disk, in milliseconds. */
const PATIENCE = 30_000;
/** Milliseconds after which it is asked again to write its data. */
const AGAIN = 100;
/** Where Debian, Homebrew and others put it, also where PATH of those who are not root does not say so. */
const PLACES = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/opt/mosquitto/sbin"];

/** The program, from PATH or where packages put it; null when there is none. */
export function findMosquitto(path: string): string | null {
  const folders = [...path.split(delimiter), ...PLACES].filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "mosquitto")).find(isProgram) ?? null;
}

/**
 * Starts a broker on 127.0.0.1 that keeps its sessions in a folder.
 * @param more lines for its configuration
 */
export async function startMosquitto(p: {
  program: string;
  folder: string;
  port?: number;
  tls?: BrokerTls;
  more?: readonly string[];
}): Promise<MosquittoServer> {
  const { program, folder, tls } = p;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [port = 0] = p.port === undefined ? await freePorts({ count: 1 }) : [p.port];
  const file = join(folder, "mosquitto.conf");
  writeFileSync(file, `${configuration({ folder, port, tls, more: p.more ?? [] }).join("\n")}\n`, { mode: 0o600 });
  const { start, end, signal } = createServerProcess({
    name: "Mosquitto",
    folder,
    command: [program, "-c", file],
    isUp: () => answers(port),
    patience: PATIENCE,
  });

  /** It says that it saves before it does: its file is there, and newer, when it has. */
  async function save(): Promise<void> {
    const since = Date.now();
    const database = join(folder, "mosquitto.db");
    for (const until = since + PATIENCE; Date.now() < until; await sleep(AGAIN)) {
      if ((statSync(database, { throwIfNoEntry: false })?.mtimeMs ?? 0) > since) return;
      signal("SIGUSR1");
    }
    throw new Error(`Mosquitto does not write ${database}.`);
  }

  await start();
  return {
    url: `${tls ? "mqtts" : "mqtt"}://${tls ? "localhost" : "127.0.0.1"}:${String(port)}`,
    port,
    start,
    save,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/** Sessions and queues of relayers that are away survive a restart, without a limit to their number of messages. */
function configuration(p: { folder: string; port: number; tls: BrokerTls | undefined; more: readonly string[] }) {
  const { folder, port, tls, more } = p;
  const secured = tls
    ? [
        `certfile ${tls.cert}`,
        `keyfile ${tls.key}`,
        ...(tls.ca ? [`cafile ${tls.ca}`, "require_certificate true"] : []),
      ]
    : [];
  return [
    `listener ${String(port)} 127.0.0.1`,
    ...secured,
    "allow_anonymous true",
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    "persistence true",
    `persistence_location ${folder}/`,
    "autosave_interval 1",
    "max_queued_messages 0",
    "log_dest stderr",
    ...more,
  ];
}
