import { assignClaim, newClaimBook, payClaims, unpackClaim, unpackPayment } from "../chain/claims.ts";
import type { ClaimBook } from "../chain/claims.ts";
import { interfaces } from "../chain/contracts.ts";
import { CREATION_EVENTS, creationsIn } from "../chain/creations.ts";
import { unpackBooking } from "../chain/terms.ts";
import type { ChainLog } from "../chain/transactions.ts";
import { claimsOf, claimsToJson } from "./claimLists.ts";
import { insert, lower, reopenEvents } from "./chainRows.ts";
import type { Handler, Tables } from "./chainRows.ts";
import type { RelayerTables } from "./tables.ts";

/** `LotStatus.Rejected` of OrderState.sol: nobody disputed in time, so a rejection is final and makes room. */
const REJECTED = 2;

/** Orders begin by either of two events; the index does not know by which. */
export function creationEvents({ chainId }: { chainId: number }): Record<string, Handler> {
  const begin: Handler = async (db, _args, log) => {
    for (const { order, terms } of creationsIn({ log, chainId })) {
      await insert(db, "chain_orders", {
        id: order,
        escrow: lower(log.address),
        ...terms,
        clauses: String(terms.clauses),
        block: log.blockNumber,
        ended_block: null,
        closed_block: null,
      });
    }
  };
  return Object.fromEntries(CREATION_EVENTS.map((name) => [name, begin]));
}

/** What the escrow says of orders after that, but for its confirmations (`keepConfirmations`). A cancelled order is closed by the event that follows, so it needs no entry. */
export const orderEvents: Record<string, Handler> = {
  OrderAmended: async (db, args, log, time) => {
    if (time === undefined) throw new Error(`The time of block ${String(log.blockNumber)} is not given.`);
    await insert(db, "chain_amendments", {
      order_id: lower(args.order),
      clauses: String(args.clauses),
      lines: lower(args.lines),
      time,
      block: log.blockNumber,
      log_index: log.index,
    });
    // What came after the expiry of before may have come in time for the one that is in force now.
    const expired = { order_id: lower(args.order), reason: "after-expiry" as const };
    await reopenEvents(db, (event) => event.and(expired));
  },
  OrderEnded: (db, { order }, log) => setOrder(db, lower(order), { ended_block: log.blockNumber }),
  OrderClosed: (db, { order }, log) => setOrder(db, lower(order), { closed_block: log.blockNumber }),
  LotInspected: async (db, { order, lot, rejected }, log) => {
    if (BigInt(rejected as bigint) === 0n) return;
    const { line } = await db
      .selectFrom("chain_confirmations")
      .select("line")
      .where("order_id", "=", lower(order))
      .where("lot", "=", Number(lot))
      .executeTakeFirstOrThrow();
    await insert(db, "chain_rejections", {
      order_id: lower(order),
      lot: Number(lot),
      line,
      quantity: String(rejected),
      block: log.blockNumber,
      final_block: null,
    });
  },
  LotDecided: (db, { order, lot, before }, log) =>
    Number(before) === REJECTED
      ? db
          .updateTable("chain_rejections")
          .set({ final_block: log.blockNumber })
          .where("order_id", "=", lower(order))
          .where("lot", "=", Number(lot))
          .execute()
      : Promise.resolve(),
  ClaimAssigned: async (db, args, log) => {
    const order = lower(args.order);
    const known = (await claimsOf(db, [order])).get(order);
    // The first assignment is of the supplier's whole remainder, so it begins where the order is paid up to.
    const book = known ?? { ...newClaimBook({ supplier: String(args.from) }), paid: BigInt(args.start as bigint) };
    const rest = BigInt(args.rest as bigint);
    const parts = { given: unpackClaim(BigInt(args.given as bigint)), rest: rest === 0n ? null : unpackClaim(rest) };
    await insertClaims(db, order, assignClaim(book, { claim: Number(args.claim), ...parts }), log);
  },
  OrderPaid: async (db, args, log) => {
    const order = lower(args.order);
    const book = (await claimsOf(db, [order])).get(order);
    if (!book) return;
    const amounts = [...(args.payments as bigint[])].map((word) => unpackPayment(word).amount);
    await insertClaims(db, order, payClaims(book, sum(amounts)), log);
  },
};

/** Rows in one statement: each has nine parameters. */
const TOGETHER = 100;

const CONFIRMED = interfaces.supplierEscrow.getEvent("DeliveryConfirmed")?.topicHash;

export function isConfirmation({ topics }: ChainLog): boolean {
  return lower(topics[0]) === CONFIRMED;
}

/** Writes what `DeliveryConfirmed` said, many at a time: a block may have hundreds of them, and they rest on nothing else. */
export async function keepConfirmations(db: Tables, logs: readonly ChainLog[]): Promise<void> {
  for (let from = 0; from < logs.length; from += TOGETHER) {
    const rows = logs.slice(from, from + TOGETHER).map(toConfirmation);
    const roots = db.selectFrom("root_events").select("root").distinct();
    const opened = await roots
      .where(
        "root",
        "in",
        rows.map(({ root }) => root),
      )
      .execute();
    const known = new Set(opened.map(({ root }) => root));
    const unopened = rows
      .filter(({ root }) => !known.has(root))
      .map(({ root, block }) => ({ root, block, time: null }));
    if (unopened.length > 0)
      await db
        .insertInto("unopened_roots")
        .values(unopened)
        .onConflict((conflict) => conflict.columns(["root", "block"]).doNothing())
        .execute();
    await db.insertInto("chain_confirmations").values(rows).execute();
  }
}

/** Of its three words one is indexed; read here, because to decode an event takes ethers 0.1 ms. */
function toConfirmation(log: ChainLog): RelayerTables["chain_confirmations"] {
  const [booking, root] = [log.data.slice(0, 66), `0x${log.data.slice(66, 130)}`];
  const { line, delivered, late, lot } = unpackBooking(BigInt(booking));
  return {
    order_id: lower(log.topics[1]),
    line,
    delivered: String(delivered),
    late: String(late),
    lot: lot === 0 ? null : lot - 1,
    root: lower(root),
    block: log.blockNumber,
    log_index: log.index,
    tx: log.transactionHash,
  };
}

function insertClaims(db: Tables, order: string, book: ClaimBook, log: ChainLog): Promise<unknown> {
  return insert(db, "chain_claims", {
    order_id: order,
    book: claimsToJson(book),
    block: log.blockNumber,
    log_index: log.index,
  });
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function setOrder(
  db: Tables,
  id: string,
  values: { ended_block: number } | { closed_block: number },
): Promise<unknown> {
  return db.updateTable("chain_orders").set(values).where("id", "=", id).execute();
}
