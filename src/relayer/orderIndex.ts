import { applyAssignment, applyPayment } from "../chain/claims.ts";
import type { ClaimList } from "../chain/claims.ts";
import { unpackBooking } from "../chain/terms.ts";
import type { ChainLog } from "../chain/transactions.ts";
import { claimsOf, claimsToJson } from "./claimLists.ts";
import { insert, lower, reopenEvents } from "./chainRows.ts";
import type { Handler, Tables } from "./chainRows.ts";

/** `LotStatus.Rejected` of OrderState.sol: nobody disputed in time, so a rejection is final and makes room. */
const REJECTED = 2;

/** What the escrow says of orders. A cancelled order is closed by the event that follows, so it needs no entry. */
export const orderEvents: Record<string, Handler> = {
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
  DeliveryConfirmed: (db, args, log) => {
    const { line, delivered, late, lot } = unpackBooking(BigInt(args.booking as bigint));
    return insert(db, "chain_confirmations", {
      order_id: lower(args.order),
      line,
      delivered: String(delivered),
      late: String(late),
      lot: lot === 0 ? null : lot - 1,
      root: lower(args.root),
      block: log.blockNumber,
      log_index: log.index,
      tx: log.transactionHash,
    });
  },
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
    const [known] = await claimsOf(db, [order]);
    // The first assignment is of the supplier's whole remainder, so it begins where the order is paid up to.
    const list = known?.list ?? { paid: BigInt(args.start as bigint), claims: [] };
    await insertClaims(db, order, applyAssignment({ list, ...assignmentIn(args) }), log);
  },
  OrderPaid: async (db, args, log) => {
    const [known] = await claimsOf(db, [lower(args.order)]);
    if (!known) return;
    const amount = [...(args.payments as bigint[])].reduce((sum, payment) => sum + BigInt.asUintN(96, payment), 0n);
    await insertClaims(db, known.order, applyPayment({ list: known.list, amount }), log);
  },
};

function assignmentIn(args: Parameters<Handler>[1]) {
  const [given, rest] = [BigInt(args.given as bigint), BigInt(args.rest as bigint)];
  return { claim: Number(args.claim), given, rest };
}

function insertClaims(db: Tables, order: string, list: ClaimList, log: ChainLog): Promise<unknown> {
  return insert(db, "chain_claims", {
    order_id: order,
    list: claimsToJson(list),
    block: log.blockNumber,
    log_index: log.index,
  });
}

function setOrder(
  db: Tables,
  id: string,
  values: { ended_block: number } | { closed_block: number },
): Promise<unknown> {
  return db.updateTable("chain_orders").set(values).where("id", "=", id).execute();
}
