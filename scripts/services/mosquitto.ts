// A Mosquitto broker of our own, from the program that the machine has: for tests, and for who develops.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface MosquittoServer {
  url: string;
  port: number;
  /** Ends it and keeps its data. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port with the same data. */
  start(): Promise<void>;
  /** Makes it write its data now, as it does from time to time: what is not written is lost by a crash. */
  save(): Promise<void>;
}

/** Names of PEM files. With a CA, clients must show a certificate that it signed. */
export interface BrokerTls {
  cert: string;
  key: string;
  ca?: string;
}

/** Longest start, in milliseconds. */
const PATIENCE = 20_000;
/** Where Debian, Homebrew and others put it, also where PATH of those who are not root does not say so. */
const PLACES = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/opt/mosquitto/sbin"];

/** The shell becomes the broker and leaves a watch behind, which ends it when our pipe does: with this process, however it ended. */
const LEASH = 'exec 3<&0; { cat <&3 >/dev/null; kill -KILL $$ 2>/dev/null; } & exec "$0" "$@" 3<&- </dev/null';

/** The program, from PATH or where packages put it; null when there is none. */
export function findMosquitto(path: string): string | null {
  const folders = [...path.split(delimiter), ...PLACES].filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "mosquitto")).find((file) => existsSync(file)) ?? null;
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
  const port = p.port ?? (await freePort());
  const file = join(folder, "mosquitto.conf");
  writeFileSync(file, `${configuration({ folder, port, tls, more: p.more ?? [] }).join("\n")}\n`, { mode: 0o600 });
  let child: ChildProcess | null = null;
  let said = "";

  async function start(): Promise<void> {
    const started = spawn("/bin/sh", ["-c", LEASH, program, "-c", file], { stdio: ["pipe", "ignore", "pipe"] });
    child = started;
    said = "";
    started.stdin?.on("error", () => undefined);
    started.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
    const until = Date.now() + PATIENCE;
    while (!(await answers(port))) {
      if (started.exitCode !== null || started.signalCode !== null || Date.now() > until)
        throw new Error(`Mosquitto did not start in ${folder}: ${said}`);
      await sleep(50);
    }
    hold(started, false);
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    hold(running, true);
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await gone;
    running.stdin?.destroy();
  }

  async function save(): Promise<void> {
    const before = said.length;
    child?.kill("SIGUSR1");
    for (let i = 0; i < 100 && !/Saving in-memory database/i.test(said.slice(before)); i++) await sleep(20);
    await sleep(100);
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

/** Whether the broker keeps this process from ending: one that is done should not stay for it. */
function hold(child: ChildProcess, held: boolean): void {
  for (const each of [child, child.stdin as Socket | null, child.stderr as Socket | null]) {
    if (held) each?.ref();
    else each?.unref();
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", done(true)).once("error", done(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
