import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../src/config/env.ts";
import { FactoryChainError } from "../src/lib/errors.ts";
import type { LinePlace, SignedEvent } from "../testbed/events.ts";
import type { Trade } from "../testbed/orders.ts";

const PROGRAM = fileURLToPath(new URL("publisher.ts", import.meta.url));

export interface Setup {
  type: "setup";
  mqtt: string;
  trade: Pick<Trade, "gln" | "devices">;
  /** Lines that take turns. */
  lines: readonly LinePlace[];
}

/** What the process that publishes is told. */
export type ToPublisher =
  | Setup
  /** Sign so many more. */
  | { type: "sign"; count: number }
  /** Publish until so many are out. */
  | { type: "allow"; count: number }
  /** Publish so many a second from now on; 0: stop. */
  | { type: "pace"; rate: number };

/** An event without its bytes. */
export type EventNote = Pick<SignedEvent, "order" | "line" | "upTo">;

export type FromPublisher =
  | { type: "signed"; events: EventNote[] }
  /** When events went out, milliseconds since 1970, from an index on. */
  | { type: "sent"; from: number; times: number[] }
  | { type: "failed"; message: string };

/** The process that publishes. */
export interface Publishing {
  /** Signs more events before they are published. */
  sign(count: number): Promise<void>;
  /** Publishes as fast as it can until so many are out, counted from the first. */
  allow(count: number): void;
  /** Publishes so many a second; 0: no more. */
  pace(rate: number): void;
  /** Rejects when it fails; never resolves. */
  failure: Promise<never>;
  stop(): void;
}

/**
 * Starts the process that publishes; it ends with this one.
 *
 * @param sent told of each event that went out, and when, in milliseconds since 1970
 */
export function startPublishing(p: {
  setup: Omit<Setup, "type">;
  sent: (event: EventNote, at: number) => void;
}): Publishing {
  const child = fork(PROGRAM, [], {
    env: childEnvironment(),
    execArgv: ["--disable-warning=ExperimentalWarning"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const events: EventNote[] = [];
  let stopped = false;
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {}); // whoever waits hears of it by racing with it
  const failed = (message: string) => fail(new FactoryChainError("publisher-failed", message));
  child.once("exit", () => stopped || failed("The process that publishes ended by itself."));
  let signed: (() => void) | null = null;
  child.on("message", (message: FromPublisher) => {
    if (message.type === "failed") failed(message.message);
    if (message.type === "signed") {
      events.push(...message.events);
      signed?.();
    }
    if (message.type !== "sent") return;
    message.times.forEach((at, index) => {
      const event = events[message.from + index];
      if (event !== undefined) p.sent(event, at);
    });
  });
  const tell = (message: ToPublisher) => void child.send(message);
  tell({ type: "setup", ...p.setup });
  return {
    async sign(count) {
      const done = new Promise<void>((resolve) => (signed = resolve));
      tell({ type: "sign", count });
      await Promise.race([done, failure]);
    },
    allow: (count) => tell({ type: "allow", count }),
    pace: (rate) => tell({ type: "pace", rate }),
    failure,
    stop() {
      stopped = true;
      child.kill("SIGKILL");
    },
  };
}
