import type { Kysely } from "kysely";
import type { RelayerTables } from "./tables.ts";

/** A relayer group as the chain had it at a block. */
export interface GroupView {
  escrow: string;
  id: number;
  threshold: number;
  /** The whole list in its order, retired members too: what certificates carry. */
  members: string[];
  /** Those whose signatures count. */
  live: string[];
}

/** Every group that was registered up to a block. */
export async function groupsAt({ db, block }: { db: Kysely<RelayerTables>; block: number }): Promise<GroupView[]> {
  const rows = await db.selectFrom("chain_groups").selectAll().where("block", "<=", block).execute();
  return Promise.all(rows.map((row) => withChanges({ db, block, row })));
}

/** One group; without a block as it is now. */
export async function groupAt({
  db,
  escrow,
  group,
  block = Number.MAX_SAFE_INTEGER,
}: {
  db: Kysely<RelayerTables>;
  escrow: string;
  group: number;
  block?: number;
}): Promise<GroupView | undefined> {
  const row = await db
    .selectFrom("chain_groups")
    .selectAll()
    .where("escrow", "=", escrow)
    .where("grp", "=", group)
    .where("block", "<=", block)
    .executeTakeFirst();
  return row && withChanges({ db, block, row });
}

/** Whether the same accounts may sign under the same list. */
export function sameGroup(a: GroupView | undefined, b: GroupView | undefined): boolean {
  return a?.members.join() === b?.members.join() && a?.live.join() === b?.live.join();
}

/** The registered list, with those who were added at its end and without those who were retired among the live. */
async function withChanges({
  db,
  block,
  row,
}: {
  db: Kysely<RelayerTables>;
  block: number;
  row: RelayerTables["chain_groups"];
}): Promise<GroupView> {
  const { escrow, grp, threshold } = row;
  const changes = await db
    .selectFrom("chain_group_changes")
    .select(["member", "change"])
    .where("escrow", "=", escrow)
    .where("grp", "=", grp)
    .where("block", "<=", block)
    .orderBy("block")
    .orderBy("log_index")
    .execute();
  const of = (kind: "added" | "retired"): string[] =>
    changes.filter(({ change }) => change === kind).map(({ member }) => member);
  const members = [...(JSON.parse(row.members) as string[]), ...of("added")];
  const retired = new Set(of("retired"));
  return { escrow, id: grp, threshold, members, live: members.filter((member) => !retired.has(member)) };
}
