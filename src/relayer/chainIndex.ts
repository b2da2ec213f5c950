import type { Interface, LogDescription } from "ethers";
import type { Transaction } from "kysely";
import { interfaces } from "../chain/contracts.ts";
import type { Deployment } from "../chain/deployment.ts";
import { unpackBooking } from "../chain/terms.ts";
import type { ChainLog } from "../chain/transactions.ts";
import type { RelayerTables } from "./tables.ts";

type Tables = Transaction<RelayerTables>;
type Handler = (db: Tables, args: LogDescription["args"], log: ChainLog) => Promise<unknown>;

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

const escrowEvents: Record<string, Handler> = {
  OrderCreated: (db, args, log) =>
    insert(db, "chain_orders", {
      id: lower(args.order),
      escrow: lower(log.address),
      buyer: lower(args.buyer),
      supplier: lower(args.supplier),
      clauses: String(args.clauses),
      conditions: lower(args.conditions),
      lines: lower(args.lines),
      block: log.blockNumber,
      ended_block: null,
      closed_block: null,
    }),
  DeliveryConfirmed: (db, args, log) => {
    const { line, delivered, late } = unpackBooking(BigInt(args.booking as bigint));
    return insert(db, "chain_confirmations", {
      order_id: lower(args.order),
      line,
      delivered: String(delivered),
      late: String(late),
      root: lower(args.root),
      block: log.blockNumber,
      log_index: log.index,
      tx: log.transactionHash,
    });
  },
  OrderEnded: (db, { order }, log) => setOrder(db, lower(order), { ended_block: log.blockNumber }),
  OrderClosed: (db, { order }, log) => setOrder(db, lower(order), { closed_block: log.blockNumber }),
};

/** Writes what the logs of a slice say, within the caller's transaction. */
export async function applyLogs(db: Tables, deployment: Deployment, logs: readonly ChainLog[]): Promise<void> {
  const sources = sourcesOf(deployment);
  for (const log of logs) {
    for (const { contract, handlers } of sources.get(lower(log.address)) ?? []) {
      const event = contract.parseLog(log);
      if (event) await handlers[event.name]?.(db, event.args, log);
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
  ] as const;
  for (const table of tables) {
    await db.deleteFrom(table).where("block", ">", above).execute();
  }
  await db.deleteFrom("chain_accounts").where("from_block", ">", above).execute();
  await db.updateTable("chain_accounts").set({ to_block: null }).where("to_block", ">", above).execute();
  await db.updateTable("chain_devices").set({ revoked_block: null }).where("revoked_block", ">", above).execute();
  await db.updateTable("chain_orders").set({ ended_block: null }).where("ended_block", ">", above).execute();
  await db.updateTable("chain_orders").set({ closed_block: null }).where("closed_block", ">", above).execute();
  // What was judged at a block that is gone may count an event that the new chain counts elsewhere: it is not sent.
  const gone = db.selectFrom("batches").select("digest").where("block", ">", above);
  await db.deleteFrom("shares").where("digest", "in", gone).execute();
  await db.updateTable("batches").set({ state: "done" }).where("block", ">", above).execute();
  await db
    .updateTable("events")
    .set({ status: "pending", reason: null, detail: null })
    .where((where) =>
      where.or([
        where("status", "=", "counted"),
        where("reason", "in", ["order-closed", "device-revoked", "corrects-confirmed"]),
      ]),
    )
    .execute();
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
      { contract: interfaces.supplierEscrow, handlers: escrowEvents },
    ]);
  }
  return sources;
}

function setOrder(
  db: Tables,
  id: string,
  values: { ended_block: number } | { closed_block: number },
): Promise<unknown> {
  return db.updateTable("chain_orders").set(values).where("id", "=", id).execute();
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

function insert<T extends keyof RelayerTables>(db: Tables, table: T, values: RelayerTables[T]): Promise<unknown> {
  return db
    .insertInto(table)
    .values(values as never)
    .execute();
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}
