import { existsSync } from "node:fs";
import { join } from "node:path";
import { findMosquitto, startMosquitto } from "../scripts/services/mosquitto.ts";
import { startBroker } from "../src/node/broker.ts";
import { openJournal } from "../src/node/journal.ts";
import { freePort } from "../src/node/ports.ts";

/** The broker of a network: Mosquitto where the machine has it, else the embedded one. */
export interface TestBroker {
  kind: "mosquitto" | "embedded";
  port: number;
  /** Of the protocol, as relayers are told. */
  version: "3.1.1" | "5";
  /** Ends it, as an operator does or as a crash, and starts it again with what it had on disk. */
  restart(p: { crash: boolean; away: number }): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param path where programs are looked for, as PATH has it
 * @param sessions client ids that must have every message
 */
export async function startTestBroker(p: {
  folder: string;
  path: string;
  kind?: TestBroker["kind"];
  sessions: readonly string[];
}): Promise<TestBroker> {
  const program = p.kind === "embedded" ? null : findMosquitto(p.path);
  return program === null || !existsSync(program) ? embedded(p) : await mosquitto({ ...p, program });
}

async function mosquitto(p: { folder: string; program: string }): Promise<TestBroker> {
  const server = await startMosquitto({ program: p.program, folder: join(p.folder, "mosquitto") });
  return {
    kind: "mosquitto",
    port: server.port,
    version: "5",
    async restart({ crash, away }) {
      // It acknowledges what it has not yet written: a crash is only asked of it with its data on disk.
      if (crash) await server.save();
      await (crash ? server.kill() : server.stop());
      await pause(away);
      await server.start();
    },
    stop: server.stop,
  };
}

async function embedded(p: { folder: string; sessions: readonly string[] }): Promise<TestBroker> {
  const file = join(p.folder, "broker.sqlite");
  const open = (port: number) =>
    startBroker({ port, journal: openJournal({ file, sessions: p.sessions }), heard: () => {} });
  const port = await freePort();
  let broker = await open(port);
  return {
    kind: "embedded",
    port,
    version: "3.1.1",
    async restart({ away }) {
      await broker.close();
      await pause(away);
      broker = await open(port);
    },
    stop: () => broker.close(),
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
