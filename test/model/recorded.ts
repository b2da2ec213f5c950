// Reads test/model/runs: what the Python model did, step by step.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** [start, end, owner, slots, id] */
export type RecordedClaim = [string, string, string, number, number];

/** [line, quantity, late, ends, status]; the line of the call on the retention is null. */
export type RecordedLot = [number | null, string, string, number, "pending" | "rejected" | "disputed"];

export interface RecordedOrder {
  open: boolean;
  ended: boolean;
  seq: number;
  funded: string;
  earned: string;
  paid: string;
  refunded: string;
  held: string;
  delivered: string[];
  late: string[];
  rejected: string[];
  good: string[];
  lots: Record<string, RecordedLot>;
  claims: RecordedClaim[];
}

export interface Balances {
  wallets: Record<string, string>;
  credits: Record<string, string>;
  orders: Record<string, RecordedOrder>;
}

/** Who acts on which order, and all else by name; the model's method of that name says what it takes. */
export interface Action {
  do: string;
  order?: string;
  by?: string;
  lot?: string;
  line?: number;
  signed?: string[];
  deadline?: number;
  claims?: RecordedClaim[];
  [argument: string]: unknown;
}

export interface Step {
  action: Action;
  refused?: string;
  changes?: Partial<Balances>;
}

export interface Run {
  name: string;
  seed: number;
  steps: Step[];
  end: Balances;
}

const FOLDER = fileURLToPath(new URL("runs/", import.meta.url));

export function readRuns(): Run[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(`${FOLDER}${name}`, "utf8")) as Run);
}

/** What `before` becomes by a step's changes: null is gone, a list is whole. */
export function changed<T extends object>(before: T, changes: Partial<T>): T {
  const after = { ...before } as Record<string, unknown>;
  for (const [key, change] of Object.entries(changes)) {
    const old = after[key];
    if (change === null) delete after[key];
    else after[key] = isRecord(change) && isRecord(old) ? changed(old, change) : change;
  }
  return after as T;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
