import type { Kysely } from "kysely";
import type { ClaimList } from "../chain/claims.ts";
import type { RelayerTables } from "./tables.ts";

/** The present lists of those orders that were assigned. */
export async function claimsOf(
  db: Kysely<RelayerTables>,
  orders: readonly string[],
): Promise<{ order: string; list: ClaimList }[]> {
  const rows = await db
    .selectFrom("chain_claims")
    .select(["order_id", "list"])
    .where("order_id", "in", orders)
    .orderBy("block", "desc")
    .orderBy("log_index", "desc")
    .execute();
  const found = new Map<string, ClaimList>();
  for (const { order_id, list } of rows) if (!found.has(order_id)) found.set(order_id, claimsFromJson(list));
  return [...found].map(([order, list]) => ({ order, list }));
}

export function claimsToJson({ paid, claims }: ClaimList): string {
  return JSON.stringify({ paid: String(paid), claims: claims.map(String) });
}

function claimsFromJson(text: string): ClaimList {
  const { paid, claims } = JSON.parse(text) as { paid: string; claims: string[] };
  return { paid: BigInt(paid), claims: claims.map(BigInt) };
}
