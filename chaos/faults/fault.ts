import type { Network, TestRelayer } from "../../testbed/network.ts";
import type { Disk } from "../disks.ts";
import type { Rng } from "../../testbed/seeded.ts";
import type { Scene } from "../scene.ts";
import type { Traffic } from "../traffic.ts";
import type { Wire } from "../wire.ts";

/**
 * Where a fault is done: lanes go on side by side, each does its faults one after the other. `process` and `rpc` are one
 * lane for each relayer. `points` is one for all: where most relayers are down, none gets to the later steps.
 */
export type Lane = "process" | "points" | "rpc" | "peers" | "pairs" | "broker" | "messages" | "chain" | "hostile";

/** What must be so in an act for a kind of fault to be part of it. */
export interface ActSetting {
  members: number;
  threshold: number;
  /** A member that attacks, by its index; null: none. */
  hostile: number | null;
  /** Whether relayers may lose their stores: a member without its store counts as faulty, as one that attacks does. */
  losses: boolean;
  store: "sqlite" | "postgres";
  /** Each store is on a small disk of its own. */
  disks: boolean;
  /** Relayers talk by mutual TLS; a member that attacks would have to show a certificate. */
  tls: boolean;
  /** The chain is ours: blocks are taken back and held up. */
  ownChain: boolean;
  /** Somebody kills and starts the chain's nodes for us. */
  control: boolean;
  finalityDepth: number;
  /** Milliseconds between two blocks of a chain of our own. */
  tick: number;
}

/** What a fault has to play with. */
export interface Stage {
  setting: ActSetting;
  network: Network;
  scene: Scene;
  traffic: Traffic;
  wires: Wire[];
  /** The relayer that the fault is about, if it is about one. */
  relayer: TestRelayer;
  rng: Rng;
  /** Only one at a time may do this: lose or rebuild a store, restart the broker, and so on. */
  alone<T>(what: string, work: () => Promise<T>): Promise<T>;
  control: Control | null;
  /** The server that all stores are on; null: there is none. */
  storeServer: { kill(): Promise<void>; start(): Promise<void> } | null;
  /** The relayers' disks, by index; empty: the stores are on the machine's. */
  disks: readonly Disk[];
  attack: Attack | null;
  say(text: string): void;
}

/** Kills and starts nodes of the chain, counted from 1. */
export interface Control {
  nodes: number;
  kill(node: number): Promise<void>;
  start(node: number): Promise<void>;
}

/** What the member does that attacks. */
export type Attack = (kind: string, rng: Rng) => Promise<boolean>;

export interface FaultKind {
  lane: Lane;
  /** How often it is in a deck; default: once. */
  weight?: number;
  /** Default: in every act. */
  when?: (setting: ActSetting) => boolean;
  /** @returns what was done, as its class is named; null: it could not be done */
  run(stage: Stage): Promise<string | null>;
}

export type FaultKinds = Record<string, FaultKind>;

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits for something to become true. @returns whether it did in time */
export async function until(condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await pause(50)) {
    if (await condition()) return true;
  }
  return false;
}
