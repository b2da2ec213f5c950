import { recoverAddress } from "ethers";
import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import { batchFromJson, batchId, batchToJson, digestOf, preimageOf, proposalFromJson } from "./batch.ts";
import type { Batch, Proposal } from "./batch.ts";
import { buildReports, lineKey } from "./build.ts";
import { groupAt, groupsAt, sameGroup } from "./groups.ts";
import type { GroupView } from "./groups.ts";
import type { Log } from "./log.ts";
import { MAX_AGE, review } from "./review.ts";
import type { Objection, Review } from "./review.ts";
import { keepRoot } from "./roots.ts";
import type { RelayerTables } from "./tables.ts";
import { createView, deliverable } from "./view.ts";

/** Blocks of one proposer's turn. */
const TURN = 8;
/** Blocks after which a proposer tries again with a proposal that did not find k signatures. */
const PATIENCE = 4;
/** Lines that are remembered as objected to, of one proposal. */
const MAX_OBJECTED = 1_000;

/** What a relayer tells the others about a proposal. */
export type Answer = { decision: "sign"; signature: string } | Exclude<Review, { decision: "sign" }>;

/** How the others are reached; what is lost is offered again. */
export interface Colleagues {
  propose(proposal: Proposal): void;
  share(p: { digest: string; signature: string }): void;
}

export type Agreement = ReturnType<typeof createAgreement>;

/**
 * Proposes, reviews and signs batches for the groups in which this relayer is a member. It signs at most one digest for
 * one batch id, and the digest is durable before the signature exists.
 */
export function createAgreement({
  db,
  chainId,
  address,
  sign,
  blockAt,
  colleagues,
  certified,
  fence = unfenced,
  log,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  /** This relayer's account, lowercase. */
  address: string;
  /** Signs the keccak-256 of bytes; ERC-2098 compact signature. */
  sign: (preimage: string) => Promise<string>;
  blockAt: (number: number) => Promise<BlockRef | null>;
  colleagues: Colleagues;
  /** A batch has its k signatures: it can be submitted. */
  certified: () => void;
  /** Of the lease on the key: what this relayer signed is written by its holder alone. */
  fence?: Fence;
  log: Log;
}) {
  /** One open proposal a proposer, in each of its groups. */
  const unsigned = new Map<string, Proposal>();
  /** Lines to which others object, by the digest of an own proposal that is open. */
  const objections = new Map<string, Set<string>>();

  /** At each new head, after the events were assessed there: proposes, if it is this relayer's turn. */
  async function advance(head: BlockRef): Promise<void> {
    await retire(head);
    for (const [name, proposal] of unsigned) {
      const answer = await consider(proposal, head);
      if (answer.decision !== "wait") unsigned.delete(name);
    }
    for (const group of await groupsAt({ db, block: head.number })) {
      if (proposerAt(group.live, head.number) === address) await propose(group, head);
    }
  }

  async function propose(group: GroupView, head: BlockRef): Promise<void> {
    const busy = await linesUnderWay(group, head);
    if (busy === null) return;
    if ((await createView(db, head.number).unopened()).length > 0) return;
    const build = (without: Iterable<string>) =>
      buildReports({
        db,
        chainId,
        block: head,
        escrow: group.escrow,
        group: group.id,
        busy: new Set([...busy, ...without]),
      });
    // Without the lines that the others would not sign; when nothing else is left, with them all the same.
    const left = await objectedLines(group, head);
    const some = await build(left);
    const reports = some.length === 0 && left.length > 0 ? await build([]) : some;
    if (reports.length === 0) return;
    const batch: Batch = {
      escrow: group.escrow,
      group: group.id,
      members: group.members,
      proposer: address,
      block: head,
      reports,
    };
    const signature = await signBatch(batch);
    if (signature === null) return;
    log.info({ batch: batchId(batch), block: head.number, reports: reports.length }, "proposed a batch");
    colleagues.propose({ batch, signature });
  }

  /** A proposal, as it came from the network; that it is the proposer's own is seen from its signature. */
  async function receive(value: unknown, head: BlockRef): Promise<Answer> {
    const proposal = proposalFromJson(value);
    const { batch, signature } = proposal;
    if (recover(digestOf({ chainId, batch }), signature) !== batch.proposer) {
      return { decision: "refuse", reason: "the proposer did not sign it", evidence: [], objections: [] };
    }
    const answer = await consider(proposal, head);
    if (answer.decision === "wait") unsigned.set([batch.escrow, batch.group, batch.proposer].join(), proposal);
    return answer;
  }

  async function consider({ batch, signature: first }: Proposal, head: BlockRef): Promise<Answer> {
    const result = await review({ db, chainId, batch, head, blockAt });
    if (result.decision !== "sign") {
      log.info({ batch: batchId(batch), decision: result.decision, reason: result.reason }, "reviewed a proposal");
      return result;
    }
    const group = await groupAt({ db, escrow: batch.escrow, group: batch.group });
    if (!group?.live.includes(address))
      return { decision: "refuse", reason: "not this relayer's group", evidence: [], objections: [] };
    const signature = await signBatch(batch);
    if (signature === null)
      return { decision: "refuse", reason: "another digest was signed for this batch", evidence: [], objections: [] };
    const digest = digestOf({ chainId, batch });
    await addShare({ digest, signature: first });
    colleagues.share({ digest, signature });
    return { decision: "sign", signature };
  }

  /** Signs and keeps a batch; null when another digest was signed under its id. */
  async function signBatch(batch: Batch): Promise<string | null> {
    const [id, digest] = [batchId(batch), digestOf({ chainId, batch })];
    const free = await db.transaction().execute(async (tx) => {
      await fence(tx);
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("signed_digests")
        .values({ batch_id: id, digest })
        .onConflict((conflict) => conflict.column("batch_id").doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) {
        const known = tx.selectFrom("signed_digests").select("digest").where("batch_id", "=", id);
        return (await known.executeTakeFirstOrThrow()).digest === digest;
      }
      await tx
        .insertInto("batches")
        .values({
          digest,
          batch_id: id,
          escrow: batch.escrow,
          grp: batch.group,
          proposer: batch.proposer,
          block: batch.block.number,
          block_time: batch.block.time,
          document: batchToJson(batch),
          state: "open",
        })
        .execute();
      for (const report of batch.reports) await keepRoot(tx, report);
      return true;
    });
    if (!free) return null;
    const signature = await sign(preimageOf({ chainId, batch }));
    await addShare({ digest, signature });
    return signature;
  }

  /** A signature on a batch that is known here. What is no live member's signature is ignored. */
  async function addShare({ digest, signature }: { digest: string; signature: string }): Promise<void> {
    const row = await db
      .selectFrom("batches")
      .select(["document", "state"])
      .where("digest", "=", digest)
      .executeTakeFirst();
    if (row?.state !== "open") return;
    const { escrow, group: id } = batchFromJson(JSON.parse(row.document));
    const group = await groupAt({ db, escrow, group: id });
    const member = recover(digest, signature);
    if (!group || member === null || !group.live.includes(member)) return;
    await db
      .insertInto("shares")
      .values({ digest, member, signature })
      .onConflict((conflict) => conflict.columns(["digest", "member"]).doNothing())
      .execute();
    const shares = await db.selectFrom("shares").select("member").where("digest", "=", digest).execute();
    if (shares.length < group.threshold) return;
    const open = db.updateTable("batches").where("digest", "=", digest).where("state", "=", "open");
    await open.set({ state: "certified" }).execute();
    log.info({ digest, signatures: shares.length }, "a batch is certified");
    certified();
  }

  /** Batches whose lines all moved on, whose time is over, or whose group has changed, are done. */
  async function retire(head: BlockRef): Promise<void> {
    const view = createView(db, head.number);
    const rows = await openBatches();
    const open = new Set(rows.map(({ digest }) => digest));
    for (const digest of objections.keys()) if (!open.has(digest)) objections.delete(digest);
    for (const row of rows) {
      const expired = head.time > row.block_time + MAX_AGE;
      const group = { db, escrow: row.escrow, group: row.grp };
      const same = sameGroup(await groupAt({ ...group, block: row.block }), await groupAt(group));
      if (!expired && same && (await stillWanted(view, row.document))) continue;
      await db.transaction().execute(async (tx) => {
        await fence(tx);
        await tx.updateTable("batches").set({ state: "done" }).where("digest", "=", row.digest).execute();
        await tx.deleteFrom("shares").where("digest", "=", row.digest).execute();
      });
    }
  }

  /** Lines with a report under way; null while an own proposal still gathers signatures. */
  async function linesUnderWay(group: GroupView, head: BlockRef): Promise<Set<string> | null> {
    const lines = new Set<string>();
    for (const row of await openBatches()) {
      if (row.escrow !== group.escrow || row.grp !== group.id) continue;
      const recent = head.number - row.block < PATIENCE;
      if (row.state === "open" && row.proposer === address && recent) return null;
      // Out of turn anybody may propose, and hold nobody's own turn up with it.
      const inTurn = proposerAt(group.live, row.block) === row.proposer;
      if (row.state === "open" && !(recent && inTurn)) continue;
      for (const { order, line } of batchFromJson(JSON.parse(row.document)).reports) lines.add(lineKey(order, line));
    }
    return lines;
  }

  /** A member named lines of an own proposal that it will not sign. */
  function objected(refusal: { digest: string; objections: readonly Objection[] }): void {
    const lines = objections.get(refusal.digest) ?? new Set();
    for (const { order, line } of refusal.objections) if (lines.size < MAX_OBJECTED) lines.add(lineKey(order, line));
    objections.set(refusal.digest, lines);
  }

  /** Lines to which others objected in proposals of this turn that did not find k signatures. One that did needs none. */
  async function objectedLines(group: GroupView, head: BlockRef): Promise<string[]> {
    const failed = (await openBatches()).filter(
      ({ escrow, grp, proposer, state, block }) =>
        escrow === group.escrow &&
        grp === group.id &&
        proposer === address &&
        state === "open" &&
        turnOf(block) === turnOf(head.number),
    );
    return failed.flatMap(({ digest }) => [...(objections.get(digest) ?? [])]);
  }

  function openBatches() {
    return db.selectFrom("batches").selectAll().where("state", "!=", "done").execute();
  }

  return { advance, receive, addShare, objected };
}

/** Whose turn it is at a block. */
function proposerAt(members: readonly string[], block: number): string | undefined {
  return members[turnOf(block) % members.length];
}

function turnOf(block: number): number {
  return Math.floor(block / TURN);
}

/** Whether any of its reports would still count: the contract skips one of a line that moved on, or of other terms. */
export async function stillWanted(view: ReturnType<typeof createView>, document: string): Promise<boolean> {
  const { group, reports } = batchFromJson(JSON.parse(document));
  for (const { order: id, line, from, latest } of reports) {
    const order = await view.order(id);
    if (!order?.open || order.group !== group || latest > order.expiry) continue;
    const state = await view.line(id, line);
    if (state.delivered === from && from < deliverable(order, line, state)) return true;
  }
  return false;
}

function recover(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, signature).toLowerCase();
  } catch {
    return null;
  }
}
