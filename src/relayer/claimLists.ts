import type { Kysely } from "kysely";
import { packClaim, unpackClaim } from "../chain/claims.ts";
import type { ClaimBook } from "../chain/claims.ts";
import type { RelayerTables } from "./tables.ts";

/** The present claims on those orders that were assigned, by order id. */
export async function claimsOf(db: Kysely<RelayerTables>, orders: readonly string[]): Promise<Map<string, ClaimBook>> {
  const rows = await db
    .selectFrom("chain_claims")
    .select(["order_id", "book"])
    .where("order_id", "in", orders)
    .orderBy("block")
    .orderBy("log_index")
    .execute();
  // The last one of an order stays.
  const books = new Map(rows.map(({ order_id, book }) => [order_id, book]));
  return new Map([...books].map(([order, book]) => [order, claimsFromJson(book)]));
}

export function claimsToJson({ supplier, paid, claims }: ClaimBook): string {
  return JSON.stringify({ supplier, paid: String(paid), claims: claims.map((claim) => String(packClaim(claim))) });
}

function claimsFromJson(text: string): ClaimBook {
  const { supplier, paid, claims } = JSON.parse(text) as { supplier: string; paid: string; claims: string[] };
  return { supplier, paid: BigInt(paid), claims: claims.map((word) => unpackClaim(BigInt(word))) };
}
