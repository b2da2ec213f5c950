import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { batchId, digestOf, proposalFromJson, storedBatch } from "./batch.ts";
import type { Batch, Proposal } from "./batch.ts";
import type { BatchStore } from "./batchStore.ts";
import { buildReports, lineKey } from "./build.ts";
import { groupAt, groupsAt, sameGroup } from "./groups.ts";
import type { GroupView } from "./groups.ts";
import type { Log } from "./log.ts";
import { recover } from "./recover.ts";
import { MAX_AGE, review } from "./review.ts";
import type { Objection, Review } from "./review.ts";
import type { Standing } from "./recovery.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";
import { createTurnWatch, proposerAt, turnOf } from "./turns.ts";
import { createView, deliverable } from "./view.ts";
import { createWitness } from "./witness.ts";

/** Blocks after which a proposer tries again with a proposal that did not find k signatures. */
const PATIENCE = 4;
/** Lines that are remembered as objected to, of one proposal. */
const MAX_OBJECTED = 1_000;

/** Batches of one proposer that are signed and found no k signatures: who makes these takes room for nothing. */
const MOST_OPEN = 64;

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
  batches,
  blockAt,
  colleagues,
  standing,
  suspects,
  log,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  /** This relayer's account, lowercase. */
  address: string;
  batches: BatchStore;
  blockAt: (number: number) => Promise<BlockRef | null>;
  colleagues: Colleagues;
  /** What this relayer may sign since its start. */
  standing: Pick<Standing, "against" | "forgotten">;
  suspects: Suspects;
  log: Log;
}) {
  const witness = createWitness();
  const watch = createTurnWatch({ db, address, suspects });
  /** One open proposal a proposer, in each of its groups. */
  const unsigned = new Map<string, Proposal>();
  /** The digest that was reviewed last of each of these proposers, at which head, and what came of it. */
  const reviewed = new Map<string, { digest: string; head: number; answer: Answer }>();
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
      if (!group.live.includes(address)) continue;
      await watch.advance(group, head.number);
      if (proposerAt(group.live, head.number) === address) await propose(group, head);
    }
  }

  async function propose(group: GroupView, head: BlockRef): Promise<void> {
    if (standing.against(head.number)) return;
    const busy = await linesUnderWay(group, head);
    if (busy === null) return;
    if (await createView(db, head.number).doubt.stopped(head.time)) return;
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
    const signature = await batches.signBatch(batch);
    if (signature === null) return;
    log.info({ batch: batchId(batch), block: head.number, reports: reports.length }, "proposed a batch");
    colleagues.propose({ batch, signature });
  }

  /**
   * A proposal, as it came from the network; that it is the proposer's own is seen from its signature.
   *
   * @param from the peer that handed it over; null: not known
   */
  async function receive(value: unknown, head: BlockRef, from: string | null = null): Promise<Answer> {
    const proposal = parse(value, from);
    const { batch, signature } = proposal;
    const { proposer } = batch;
    const [id, digest] = [batchId(batch), digestOf({ chainId, batch })];
    if (recover(digest, signature) !== proposer) {
      suspects.note({ member: from, kind: "nonsense", detail: `a proposal that ${proposer} did not sign` });
      return refusal("the proposer did not sign it");
    }
    const group = await groupAt({ db, escrow: batch.escrow, group: batch.group });
    // A lagging node may not know a group yet; nothing of whoever is no member is remembered.
    if (!group?.members.includes(proposer)) return refusal("the proposer is no member of a group that is known here");
    watch.heard(batch, group.live);
    const before = witness.see({ proposer, id, digest, signature })?.digest ?? (await batches.digestFor(id));
    if (before !== undefined && before !== digest && proposer !== address) {
      suspects.note({ member: proposer, kind: "equivocated", detail: `two digests for ${id}: ${before}, ${digest}` });
    }
    if (proposer === address && before === undefined) await standing.forgotten(batch.block.number);
    const name = [batch.escrow, batch.group, proposer].join();
    // A review costs a second of work at worst: each proposer gets one at a head, and the next one with the next head.
    const last = reviewed.get(name);
    if (last?.head === head.number && last.digest === digest) return last.answer;
    const answer: Answer =
      last?.head === head.number
        ? { decision: "wait", reason: "another proposal was reviewed at this block", missing: [] }
        : await consider(proposal, head);
    if (last?.head !== head.number) reviewed.set(name, { digest, head: head.number, answer });
    if (answer.decision === "wait") unsigned.set(name, proposal);
    return answer;
  }

  function parse(value: unknown, from: string | null): Proposal {
    try {
      return proposalFromJson(value);
    } catch (error) {
      suspects.note({ member: from, kind: "nonsense", detail: "a proposal that cannot be read" });
      throw error;
    }
  }

  async function consider({ batch, signature: first }: Proposal, head: BlockRef): Promise<Answer> {
    const against = standing.against(batch.block.number);
    if (against)
      return against.forGood ? refusal(against.reason) : { decision: "wait", reason: against.reason, missing: [] };
    const unfinished = await batches.countOpen(batch.proposer);
    if (unfinished >= MOST_OPEN) return refusal("too many proposals of this proposer are open");
    const result = await review({ db, chainId, batch, head, blockAt });
    if (result.decision !== "sign") {
      log.info({ batch: batchId(batch), decision: result.decision, reason: result.reason }, "reviewed a proposal");
      if (result.decision === "refuse" && result.fault) {
        suspects.note({ member: batch.proposer, kind: "nonsense", detail: `${batchId(batch)}: ${result.reason}` });
      }
      return result;
    }
    const group = await groupAt({ db, escrow: batch.escrow, group: batch.group });
    if (!group?.live.includes(address)) return refusal("not this relayer's group");
    const signature = await batches.signBatch(batch);
    if (signature === null) return refusal("another digest was signed for this batch");
    const digest = digestOf({ chainId, batch });
    await batches.addShare({ digest, signature: first, from: batch.proposer });
    colleagues.share({ digest, signature });
    return { decision: "sign", signature };
  }

  /** Batches whose lines all moved on, whose time is over, or whose group has changed, are done. */
  async function retire(head: BlockRef): Promise<void> {
    const view = createView(db, head.number);
    const rows = await batches.open();
    const open = new Set(rows.map(({ digest }) => digest));
    for (const digest of objections.keys()) if (!open.has(digest)) objections.delete(digest);
    for (const row of rows) {
      const expired = head.time > row.block_time + MAX_AGE;
      const group = { db, escrow: row.escrow, group: row.grp };
      const same = sameGroup(await groupAt({ ...group, block: row.block }), await groupAt(group));
      if (!expired && same && (await stillWanted(view, row))) continue;
      await batches.close(row.digest);
    }
  }

  /** Lines with a report under way; null while an own proposal still gathers signatures. */
  async function linesUnderWay(group: GroupView, head: BlockRef): Promise<Set<string> | null> {
    const lines = new Set<string>();
    for (const row of await batches.open()) {
      if (row.escrow !== group.escrow || row.grp !== group.id) continue;
      const recent = head.number - row.block < PATIENCE;
      if (row.state === "open" && row.proposer === address && recent) return null;
      // Out of turn anybody may propose, and hold nobody's own turn up with it.
      const inTurn = proposerAt(group.live, row.block) === row.proposer;
      if (row.state === "open" && !(recent && inTurn)) continue;
      for (const { order, line } of storedBatch(row).reports) lines.add(lineKey(order, line));
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
    const failed = (await batches.open()).filter(
      ({ escrow, grp, proposer, state, block }) =>
        escrow === group.escrow &&
        grp === group.id &&
        proposer === address &&
        state === "open" &&
        turnOf(block) === turnOf(head.number),
    );
    return failed.flatMap(({ digest }) => [...(objections.get(digest) ?? [])]);
  }

  return { advance, receive, objected };
}

function refusal(reason: string): Answer {
  return { decision: "refuse", reason, evidence: [], objections: [] };
}

/** Whether any of its reports would still count: the contract skips one of a line that moved on, or of other terms. */
export async function stillWanted(
  view: ReturnType<typeof createView>,
  row: { digest: string; document: string },
): Promise<boolean> {
  const { group, reports } = storedBatch(row);
  // Side by side: what is known of them is read together.
  const wanted = reports.map(async ({ order: id, line, from, latest }) => {
    const [order, state] = await Promise.all([view.order(id), view.line(id, line)]);
    if (!order?.open || order.group !== group || latest > order.expiry) return false;
    return state.delivered === from && from < deliverable(order, line, state);
  });
  return (await Promise.all(wanted)).includes(true);
}
