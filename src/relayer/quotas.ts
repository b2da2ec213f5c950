import type { Transaction } from "kysely";
import { RetryableError } from "../lib/errors.ts";
import type { RelayerTables } from "./tables.ts";

/** How much may wait: a shared quota for devices that nobody registered, one for each registered device. */
export interface Quotas {
  unregistered: number;
  device: number;
  /** Bytes that these take in the store. */
  unregisteredBytes?: number;
  deviceBytes?: number;
}

/** What waits already. */
export interface Waiting {
  count: number;
  bytes: number;
}

const MEGABYTE = 1024 * 1024;
const BYTES = { unregistered: 16 * MEGABYTE, device: 64 * MEGABYTE };

type Tables = Transaction<RelayerTables>;

export async function countUnregistered(tx: Tables): Promise<Waiting> {
  const row = await tx
    .selectFrom("messages")
    .select((of) => [of.fn.countAll<number>().as("count"), of.fn.sum<number | null>("size").as("bytes")])
    .where("status", "=", "waiting")
    .where("event", "is", null)
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), bytes: Number(row.bytes) };
}

/** Events, not messages: what peers handed over takes room as well. */
export async function countWaiting(tx: Tables, device: string): Promise<Waiting> {
  const row = await tx
    .selectFrom("events")
    .select((of) => [of.fn.countAll<number>().as("count"), of.fn.sum<number | null>("size").as("bytes")])
    .where("device", "=", device)
    .where("status", "=", "waiting")
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), bytes: Number(row.bytes) };
}

/** @param device whose quota it is; null: that of all devices that nobody registered */
export function checkQuota(p: { device: string | null; quotas: Quotas; waiting: Waiting }): void {
  const { device, quotas, waiting } = p;
  const [count, bytes] =
    device === null
      ? [quotas.unregistered, quotas.unregisteredBytes ?? BYTES.unregistered]
      : [quotas.device, quotas.deviceBytes ?? BYTES.device];
  if (waiting.count < count && waiting.bytes < bytes) return;
  const of = device === null ? "unregistered devices" : `device ${device}`;
  const much =
    waiting.count < count ? `${String(waiting.bytes)} of ${String(bytes)} bytes` : `${String(count)} messages`;
  throw new RetryableError("quota-full", `Already ${much} of ${of} wait.`, {
    advice: "The broker keeps the message. Register the device or the order that the waiting ones name.",
  });
}

export function isQuotaFull(error: unknown): error is RetryableError {
  return error instanceof RetryableError && error.code === "quota-full";
}
