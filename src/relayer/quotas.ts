import type { Transaction } from "kysely";
import { RetryableError } from "../lib/errors.ts";
import type { RelayerTables } from "./tables.ts";

/** How much may wait: a shared quota for devices that nobody registered, one for each registered device. */
export interface Quotas {
  unregistered: number;
  device: number;
}

type Tables = Transaction<RelayerTables>;

export async function countUnregistered(tx: Tables): Promise<number> {
  const { count } = await tx
    .selectFrom("messages")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("status", "=", "waiting")
    .where("event", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Events, not messages: what peers handed over takes room as well. */
export async function countWaiting(tx: Tables, device: string): Promise<number> {
  const { count } = await tx
    .selectFrom("events")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("device", "=", device)
    .where("status", "=", "waiting")
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function checkQuota(of: string, quota: number, count: number): void {
  if (count < quota) return;
  throw new RetryableError("quota-full", `Already ${String(quota)} messages of ${of} wait.`, {
    advice: "The broker keeps the message. Register the device or the order that the waiting ones name.",
  });
}

export function isQuotaFull(error: unknown): error is RetryableError {
  return error instanceof RetryableError && error.code === "quota-full";
}
