import type { Kysely } from "kysely";
import type { GroupView } from "./groups.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";

/** Blocks of one proposer's turn. */
const TURN = 8;

/** Whose turn it is at a block. */
export function proposerAt(members: readonly string[], block: number): string | undefined {
  return members[turnOf(block) % members.length];
}

export function turnOf(block: number): number {
  return Math.floor(block / TURN);
}

/**
 * Names members that let a whole turn pass without a proposal although an event waited for one from its first block to
 * its last. Where a chain stands still, so do the turns.
 */
export function createTurnWatch({
  db,
  address,
  suspects,
}: {
  db: Kysely<RelayerTables>;
  address: string;
  suspects: Suspects;
}) {
  /** Of each group: its turn, the oldest event that was pending when it began, and whether a proposal came. */
  const turns = new Map<string, { turn: number; whole: boolean; event: number | null; heard: boolean }>();
  const nameOf = ({ escrow, id }: Pick<GroupView, "escrow" | "id">): string => `${escrow} ${String(id)}`;

  async function oldest({ escrow }: GroupView): Promise<number | null> {
    const row = await db
      .selectFrom("events")
      .innerJoin("chain_orders", "chain_orders.id", "events.order_id")
      .select("events.id as id")
      .where("status", "=", "pending")
      .where("kind", "=", "delivery")
      .where("escrow", "=", escrow)
      .orderBy("events.id")
      .limit(1)
      .executeTakeFirst();
    return row?.id ?? null;
  }

  return {
    /** A proposal of this proposer came, whatever it is worth. */
    heard(
      batch: { escrow: string; group: number; proposer: string; block: { number: number } },
      live: readonly string[],
    ): void {
      const now = turns.get(nameOf({ escrow: batch.escrow, id: batch.group }));
      if (now?.turn === turnOf(batch.block.number) && proposerAt(live, batch.block.number) === batch.proposer)
        now.heard = true;
    },

    /** At each head, for each group in which this relayer is a member. */
    async advance(group: GroupView, block: number): Promise<void> {
      const [name, turn] = [nameOf(group), turnOf(block)];
      const before = turns.get(name);
      if (before?.turn === turn) return;
      const event = await oldest(group);
      turns.set(name, { turn, whole: turn * TURN === block, event, heard: false });
      if (!before?.whole || before.turn !== turn - 1 || before.heard || before.event === null) return;
      const member = proposerAt(group.live, before.turn * TURN);
      if (member === undefined || member === address || event !== before.event) return;
      suspects.note({
        member,
        kind: "silent",
        detail: `no proposal in its turn from block ${String(before.turn * TURN)} on`,
      });
    },
  };
}
