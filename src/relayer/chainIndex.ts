import type { Interface, LogDescription } from "ethers";
import { interfaces } from "../chain/contracts.ts";
import type { Deployment } from "../chain/deployment.ts";
import type { BlockRef, ChainLog } from "../chain/transactions.ts";
import { RetryableError } from "../lib/errors.ts";
import { insert, lower, reopenEvents } from "./chainRows.ts";
import type { Handler, Tables } from "./chainRows.ts";
import { creationEvents, isConfirmation, keepConfirmations, orderEvents } from "./orderIndex.ts";

/** What contracts said, by the contract that may say it: a log of anybody else is not even looked at. */
const organisationEvents: Record<string, Handler> = {
  AccountAdded: (db, { organisation, account }, log) =>
    insert(db, "chain_accounts", {
      account: lower(account),
      organisation: Number(organisation),
      from_block: log.blockNumber,
      to_block: null,
    }),
  AccountRemoved: (db, { account }, log) =>
    db
      .updateTable("chain_accounts")
      .set({ to_block: log.blockNumber })
      .where("account", "=", lower(account))
      .where("to_block", "is", null)
      .execute(),
  AccountsReplaced: (db, { organisation }, log) =>
    db
      .updateTable("chain_accounts")
      .set({ to_block: log.blockNumber })
      .where("organisation", "=", Number(organisation))
      .where("to_block", "is", null)
      .execute(),
};

const deviceEvents: Record<string, Handler> = {
  DeviceEnrolled: (db, args, log) =>
    insert(db, "chain_devices", {
      device: lower(args.device),
      owner: Number(args.owner),
      curve: Number(args.curve) === 1 ? "P-256" : "secp256k1",
      x: lower(args.x),
      y: lower(args.y),
      valid_from: Number(args.validFrom),
      valid_until: Number(args.validUntil),
      block: log.blockNumber,
      revoked_block: null,
    }),
  DeviceRevoked: (db, { device }, log) =>
    db
      .updateTable("chain_devices")
      .set({ revoked_block: log.blockNumber })
      .where("device", "=", lower(device))
      .execute(),
};

const quorumEvents: Record<string, Handler> = {
  GroupRegistered: (db, { group, threshold, members }, log) =>
    insert(db, "chain_groups", {
      escrow: lower(log.address),
      grp: Number(group),
      threshold: Number(threshold),
      members: JSON.stringify((members as string[]).map(lower)),
      block: log.blockNumber,
    }),
  MemberAdded: (db, args, log) => insertChange(db, { args, log, change: "added" }),
  MemberRetired: (db, args, log) => insertChange(db, { args, log, change: "retired" }),
};

/** Topics of events that say something from their block's time on. */
const TIMED = new Set(
  ["OrderAmended"]
    .map((name) => interfaces.supplierEscrow.getEvent(name)?.topicHash)
    .filter((topic) => topic !== undefined),
);

/**
 * Times of the blocks whose logs need them, by block number: read before `applyLogs` opens its transaction.
 *
 * @throws RetryableError `chain-moved` when the node has another block there by now
 */
export async function timesOf({
  logs,
  blockAt,
}: {
  logs: readonly ChainLog[];
  blockAt: (number: number) => Promise<BlockRef | null>;
}): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  for (const { topics, blockNumber, blockHash } of logs) {
    if (times.has(blockNumber) || !TIMED.has(lower(topics[0]))) continue;
    const block = await blockAt(blockNumber);
    if (block?.hash !== blockHash)
      throw new RetryableError("chain-moved", `Block ${String(blockNumber)} was replaced while it was read.`);
    times.set(blockNumber, block.time);
  }
  return times;
}

/** Writes what the logs of a slice say, within the caller's transaction. */
export async function applyLogs(
  db: Tables,
  deployment: Deployment,
  logs: readonly ChainLog[],
  times: ReadonlyMap<number, number> = new Map(),
): Promise<void> {
  const sources = sourcesOf(deployment);
  const escrows = new Set(Object.values(deployment.currencies).map(({ escrow }) => escrow));
  const isConfirmed = (log: ChainLog): boolean => isConfirmation(log) && escrows.has(lower(log.address));
  await keepConfirmations(db, logs.filter(isConfirmed));
  for (const log of logs) {
    if (isConfirmed(log)) continue;
    for (const { contract, handlers } of sources.get(lower(log.address)) ?? []) {
      const event = contract.parseLog(log);
      if (event) await handlers[event.name]?.(db, event.args, log, times.get(log.blockNumber));
    }
  }
}

/** Forgets what was said above a block; null: everything. Counted events whose confirmation is gone are judged again. */
export async function rollbackLogs(db: Tables, block: number | null): Promise<void> {
  const above = block ?? -1;
  const tables = [
    "chain_devices",
    "chain_groups",
    "chain_group_changes",
    "chain_orders",
    "chain_confirmations",
    "chain_amendments",
    "chain_rejections",
    "chain_claims",
    "unopened_roots",
  ] as const;
  for (const table of tables) {
    await db.deleteFrom(table).where("block", ">", above).execute();
  }
  await db.deleteFrom("chain_accounts").where("from_block", ">", above).execute();
  await db.updateTable("chain_accounts").set({ to_block: null }).where("to_block", ">", above).execute();
  await db.updateTable("chain_devices").set({ revoked_block: null }).where("revoked_block", ">", above).execute();
  await db.updateTable("chain_orders").set({ ended_block: null }).where("ended_block", ">", above).execute();
  await db.updateTable("chain_orders").set({ closed_block: null }).where("closed_block", ">", above).execute();
  await db.updateTable("chain_rejections").set({ final_block: null }).where("final_block", ">", above).execute();
  // What was judged at a block that is gone may count an event that the new chain counts elsewhere: it is not sent.
  const gone = db.selectFrom("batches").select("digest").where("block", ">", above);
  await db.deleteFrom("shares").where("digest", "in", gone).execute();
  await db.updateTable("batches").set({ state: "done" }).where("block", ">", above).execute();
  await reopenEvents(db, (event) =>
    event.or([
      event("status", "=", "counted"),
      event("reason", "in", ["order-closed", "after-expiry", "device-revoked", "corrects-confirmed"]),
    ]),
  );
}

type Source = { contract: Interface; handlers: Record<string, Handler> };

function sourcesOf(deployment: Deployment): Map<string, Source[]> {
  const sources = new Map<string, Source[]>([
    [deployment.organisationRegistry, [{ contract: interfaces.organisationRegistry, handlers: organisationEvents }]],
    [deployment.deviceRegistry, [{ contract: interfaces.deviceRegistry, handlers: deviceEvents }]],
  ]);
  for (const { escrow } of Object.values(deployment.currencies)) {
    sources.set(escrow, [
      { contract: interfaces.quorum, handlers: quorumEvents },
      { contract: interfaces.supplierEscrow, handlers: { ...creationEvents(deployment), ...orderEvents } },
    ]);
  }
  return sources;
}

function insertChange(
  db: Tables,
  p: { args: LogDescription["args"]; log: ChainLog; change: "added" | "retired" },
): Promise<unknown> {
  return insert(db, "chain_group_changes", {
    escrow: lower(p.log.address),
    grp: Number(p.args.group),
    member: lower(p.args.member),
    change: p.change,
    block: p.log.blockNumber,
    log_index: p.log.index,
  });
}
