import type { Kysely, Selectable } from "kysely";
import { confirmGas, encodeConfirm } from "../chain/confirm.ts";
import type { Sender } from "../chain/sender.ts";
import { linesFromBytes } from "../chain/terms.ts";
import type { BlockRef } from "../chain/transactions.ts";
import { describeError } from "../lib/errors.ts";
import { stillWanted } from "./agreement.ts";
import { batchFromJson, deliveryBatch } from "./batch.ts";
import type { Log } from "./log.ts";
import type { RelayerTables } from "./tables.ts";
import { createView } from "./view.ts";

/** Blocks that each further member waits before it submits a certificate that another should have submitted. */
const STAGGER = 4;

/**
 * Puts certificates on the chain. Any member may: the proposer at once, the others in turn as hot spares. What the
 * contract would skip is not sent; what was sent twice all the same changes nothing there.
 */
export function createSubmitter({
  db,
  address,
  sender,
  log,
}: {
  db: Kysely<RelayerTables>;
  address: string;
  sender: Pick<Sender, "send">;
  log: Log;
}) {
  /** Certificates whose transaction is under way in this process. */
  const sending = new Set<string>();

  async function advance(head: BlockRef): Promise<void> {
    const certified = await db
      .selectFrom("batches")
      .selectAll()
      .where("state", "=", "certified")
      .orderBy("block")
      .execute();
    for (const row of certified) {
      const { members } = batchFromJson(JSON.parse(row.document));
      const rank = (members.indexOf(address) - members.indexOf(row.proposer) + members.length) % members.length;
      if (sending.has(row.digest) || head.number < row.block + rank * STAGGER) continue;
      if (await stillWanted(createView(db, head.number), row.document)) void submit(row);
    }
  }

  async function submit(row: Selectable<RelayerTables["batches"]>): Promise<void> {
    sending.add(row.digest);
    try {
      const batch = batchFromJson(JSON.parse(row.document));
      const terms = await termsOf(batch.reports);
      const data = encodeConfirm({ batch: deliveryBatch(batch), shares: await sharesOf(row.digest), terms });
      const gas = confirmGas(batch.reports.map(({ order }) => linesFromBytes(terms.get(order)?.lines ?? "0x").length));
      const sent = await sender.send({ id: row.digest, to: batch.escrow, data, gas });
      log.info(
        { digest: row.digest, tx: sent.hash, block: sent.block.number, gas: String(sent.gasUsed) },
        "a batch is on the chain",
      );
    } catch (error) {
      log.warn({ digest: row.digest, error: describeError(error) }, "a batch could not be submitted");
    } finally {
      sending.delete(row.digest);
    }
  }

  async function sharesOf(digest: string): Promise<{ member: string; signature: string }[]> {
    return db.selectFrom("shares").select(["member", "signature"]).where("digest", "=", digest).execute();
  }

  async function termsOf(reports: readonly { order: string }[]) {
    const ids = [...new Set(reports.map(({ order }) => order))];
    const rows = await db.selectFrom("chain_orders").selectAll().where("id", "in", ids).execute();
    return new Map(
      rows.map(({ id, buyer, supplier, clauses, conditions, lines }) => [
        id,
        { buyer, supplier, clauses: BigInt(clauses), conditions, lines },
      ]),
    );
  }

  return { advance };
}
