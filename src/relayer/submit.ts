import type { Kysely, Selectable } from "kysely";
import { packClaim } from "../chain/claims.ts";
import { confirmCost, encodeConfirm, fitsTransaction } from "../chain/confirm.ts";
import type { Sender } from "../chain/sender.ts";
import type { DeviceSignature } from "../chain/deviceSignatures.ts";
import { OPTION_AMENDED, unpackClauses } from "../chain/terms.ts";
import type { OrderTerms } from "../chain/terms.ts";
import type { BlockRef } from "../chain/transactions.ts";
import type { Background } from "../lib/background.ts";
import { describeError } from "../lib/errors.ts";
import { stillWanted } from "./agreement.ts";
import { deliveryBatch, storedBatch } from "./batch.ts";
import type { Batch } from "./batch.ts";
import { claimsOf } from "./claimLists.ts";
import type { Log } from "./log.ts";
import { sizeOf } from "./reportSize.ts";
import type { RelayerTables } from "./tables.ts";
import { isInspected, termsInForce } from "./termsInForce.ts";
import { createView } from "./view.ts";
import type { OrderView } from "./view.ts";

/** Blocks, from a certificate on, that each further member waits before it submits what another should have submitted. */
const STAGGER = 4;

/**
 * Puts certificates on the chain. Any member may: the proposer at once, the others in turn as hot spares. What the
 * contract would skip is not sent; what was sent twice all the same changes nothing there.
 */
export function createSubmitter({
  db,
  address,
  sender,
  background,
  log,
}: {
  db: Kysely<RelayerTables>;
  address: string;
  sender: Pick<Sender, "send">;
  background: Background;
  log: Log;
}) {
  /** Certificates whose transaction is under way in this process. */
  const sending = new Set<string>();
  /** Certificates by digest: the head at which each was first seen here, and the block that has its transaction. */
  const known = new Map<string, { seen: number; included: number }>();

  async function advance(head: BlockRef): Promise<void> {
    const certified = await db
      .selectFrom("batches")
      .selectAll()
      .where("state", "=", "certified")
      .orderBy("block")
      .execute();
    const open = new Set(certified.map(({ digest }) => digest));
    for (const digest of known.keys()) if (!open.has(digest)) known.delete(digest);
    for (const row of certified) {
      const { members } = storedBatch(row);
      const rank = (members.indexOf(address) - members.indexOf(row.proposer) + members.length) % members.length;
      const { seen, included } = known.get(row.digest) ?? { seen: head.number, included: 0 };
      known.set(row.digest, { seen, included });
      // Its own transaction is in a block that is not followed yet, or it is another's turn.
      if (sending.has(row.digest) || head.number < Math.max(included, seen + rank * STAGGER)) continue;
      if (await stillWanted(createView(db, head.number), row)) background.add(submit(row), notSubmitted(row));
    }
  }

  async function submit(row: Selectable<RelayerTables["batches"]>): Promise<void> {
    sending.add(row.digest);
    try {
      const batch = storedBatch(row);
      const sent = await sender.send({ id: row.digest, to: batch.escrow, ...(await callOf(batch, row.digest)) });
      known.set(row.digest, { seen: row.block, included: sent.block.number });
      log.info(
        { digest: row.digest, tx: sent.hash, block: sent.block.number, gas: String(sent.gasUsed) },
        "a batch is on the chain",
      );
    } finally {
      sending.delete(row.digest);
    }
  }

  function notSubmitted({ digest }: { digest: string }): (error: unknown) => void {
    return (error) => log.warn({ digest, error: describeError(error) }, "a batch could not be submitted");
  }

  async function sharesOf(digest: string): Promise<{ member: string; signature: string }[]> {
    return db.selectFrom("shares").select(["member", "signature"]).where("digest", "=", digest).execute();
  }

  /** What to call, and with how much gas, so that every owner is paid at once. */
  async function callOf(batch: Batch, digest: string): Promise<{ data: string; gas: bigint }> {
    const orders = [...new Set(batch.reports.map(({ order }) => order))];
    const terms = await termsOf(orders);
    const books = [...(await claimsOf(db, orders))];
    let claims = new Map(books.map(([order, book]) => [order, book.claims.map(packClaim)]));
    const cost = () =>
      confirmCost(
        batch.reports.flatMap((report) => {
          const order = terms.get(report.order);
          const held = claims.get(report.order)?.length ?? 0;
          return order ? [sizeOf({ report, order: measured(order), claims: held })] : [];
        }),
      );
    // Orders may have been assigned since the batch was measured: without lists it counts all the same.
    if (!fitsTransaction(cost())) claims = new Map<string, bigint[]>();
    // Or amended, and their lines have become many: the contract skips them, and a later batch reports them.
    const amended = [...terms].filter(([, { clauses }]) => (unpackClauses(clauses).options & OPTION_AMENDED) !== 0);
    for (const [order, long] of amended.sort((a, b) => b[1].lines.length - a[1].lines.length)) {
      if (!fitsTransaction(cost())) terms.set(order, { ...long, lines: order });
    }
    const shares = await sharesOf(digest);
    return {
      data: encodeConfirm({ batch: deliveryBatch(batch), shares, terms, claims, devices: devicesOf(batch) }),
      gas: cost().gas,
    };
  }

  /** Terms in force now: what the contract looks at, whatever was in force when the batch was judged. */
  async function termsOf(orders: readonly string[]): Promise<Map<string, OrderTerms>> {
    const rows = await db.selectFrom("chain_orders").selectAll().where("id", "in", orders).execute();
    const found = rows.map(async (order) => {
      const { clauses, lines } = await termsInForce({ db, order });
      const { id, buyer, supplier, conditions } = order;
      return [id, { buyer, supplier, clauses, conditions, lines }] as const;
    });
    return new Map(await Promise.all(found));
  }

  return { advance };
}

/** Of an order's terms, what the gas of a report about it depends on. */
function measured({ supplier, clauses, lines }: OrderTerms): Pick<OrderView, "size" | "inspected" | "supplier"> {
  return { size: (lines.length - 2) / 2, inspected: isInspected(clauses), supplier };
}

/** The device signatures in a batch, by order; an amendment leaves the keys as they are. */
function devicesOf({ reports }: Batch): Map<string, DeviceSignature[]> {
  const devices = new Map<string, DeviceSignature[]>();
  for (const { order, device } of reports) if (device) devices.set(order, [...(devices.get(order) ?? []), device]);
  return devices;
}
