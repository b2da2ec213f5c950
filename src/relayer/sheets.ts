import type { Kysely } from "kysely";
import { z } from "zod";
import { escrowDomain, hashConditions, OPTION_AMENDED, orderId, unpackClauses } from "../chain/terms.ts";
import type { LineTerms } from "../chain/terms.ts";
import type { OrderSheet } from "../formats/orderSheet.ts";
import { parseOrderSheet, sheetHash } from "../formats/orderSheet.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { RelayerTables } from "./tables.ts";
import { orderedLines } from "./termsInForce.ts";
import { createView } from "./view.ts";

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${String(bytes * 2)}}$`))
    .toLowerCase();
const uint32 = z.number().int().min(0).max(0xffffffff);

const announcementSchema = z.strictObject({
  escrow: hex(20),
  terms: z.strictObject({
    buyer: hex(20),
    supplier: hex(20),
    clauses: z
      .string()
      .regex(/^\d{1,78}$/)
      .transform(BigInt)
      .refine((word) => word >> 256n === 0n),
    conditions: hex(32),
    lines: z
      .string()
      .regex(/^0x([0-9a-fA-F]{2})+$/)
      .toLowerCase(),
  }),
  conditions: z.strictObject({
    arbiter: hex(20),
    defaultSplit: uint32,
    inspection: uint32,
    answer: uint32,
    arbitration: uint32,
    statutoryTerm: uint32,
    statutoryInterest: uint32,
    sheet: hex(32),
    documents: hex(32),
  }),
  sheet: z.unknown(),
});

/**
 * What relayers must know of an order and what is not on the chain in clear (relayer-agreement.md, rule 13). The order's
 * id commits to all of it, so it does not matter who sent it.
 */
export function createSheets({
  db,
  chainId,
  escrows,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  escrows: readonly string[];
}) {
  /** An order on the chain with this number whose buyer is the same account or of the same organisation. */
  async function sameNumber(number: string, buyer: string): Promise<string | undefined> {
    const view = createView(db, Number.MAX_SAFE_INTEGER);
    const organisation = await view.organisation(buyer);
    for (const order of await view.candidates({ kind: "number", buyer: null, number })) {
      if (order.buyer === buyer) return order.id;
      if (organisation !== undefined && (await view.organisation(order.buyer, order.created)) === organisation)
        return order.id;
    }
    return undefined;
  }

  async function keep(id: string, number: string, value: unknown): Promise<void> {
    await db
      .insertInto("sheets")
      .values({ order_id: id, number, document: JSON.stringify(value) })
      .onConflict((conflict) => conflict.column("order_id").doNothing())
      .execute();
  }

  return {
    /**
     * Keeps an order's document.
     *
     * @returns its id, and whether it was known
     * @throws FactoryChainError `order-document` when it does not fit itself, `order-number-taken` when the buyer has an
     * order with this number, open or closed
     */
    async announce(value: unknown): Promise<{ id: string; known: boolean }> {
      const { id, buyer, sheet } = check(value, chainId, escrows);
      const known = await db.selectFrom("sheets").select("order_id").where("order_id", "=", id).executeTakeFirst();
      if (known) return { id, known: true };
      const taken = await sameNumber(sheet.number, buyer);
      if (taken) {
        throw new FactoryChainError("order-number-taken", `Order ${sheet.number} of this buyer exists: ${taken}.`, {
          expected: "a number that none of the buyer's orders has or had",
          advice: "Devices name an order by its number; give the new order another one.",
        });
      }
      await keep(id, sheet.number, value);
      return { id, known: false };
    },

    /**
     * Keeps a peer's document of an order that is on the chain. A number that was used before is no reason against it:
     * what one member knows all must know, or their verdicts differ for ever.
     *
     * @returns whether it is this order's document
     */
    async learn(id: string, value: unknown): Promise<boolean> {
      try {
        const found = check(value, chainId, escrows);
        if (found.id !== id) return false;
        await keep(id, found.sheet.number, value);
        return true;
      } catch (error) {
        if (error instanceof FactoryChainError) return false;
        throw error;
      }
    },

    /** The document of an order, as it was announced. */
    async find(id: string): Promise<unknown> {
      const row = await db.selectFrom("sheets").select("document").where("order_id", "=", id).executeTakeFirst();
      return row && (JSON.parse(row.document) as unknown);
    },

    /** Orders on the chain whose document has not arrived. */
    async missing(): Promise<string[]> {
      const rows = await db
        .selectFrom("chain_orders")
        .leftJoin("sheets", "sheets.order_id", "chain_orders.id")
        .select("id")
        .where("sheets.order_id", "is", null)
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

function check(
  value: unknown,
  chainId: number,
  escrows: readonly string[],
): { id: string; buyer: string; sheet: OrderSheet } {
  const parsed = announcementSchema.safeParse(value);
  if (!parsed.success) throw mismatch(z.prettifyError(parsed.error));
  const { escrow, terms, conditions } = parsed.data;
  if (!escrows.includes(escrow)) throw mismatch(`the escrow ${escrow} is not one of this deployment`);
  const sheet = parseOrderSheet(parsed.data.sheet);
  if (sheetHash(sheet) !== conditions.sheet) throw mismatch("the sheet is not the one that the conditions name");
  if (hashConditions(conditions) !== terms.conditions)
    throw mismatch("the conditions are not those that the terms name");
  const lines = linesOf(terms);
  const same = (line: OrderSheet["lines"][number], i: number): boolean =>
    BigInt(line.quantity) === lines[i]?.quantity && BigInt(line.total) === lines[i].total;
  if (lines.length !== sheet.lines.length || !sheet.lines.every(same))
    throw mismatch("the sheet's lines are not the terms' lines");
  return { id: orderId({ domain: escrowDomain({ chainId, escrow }), terms }), buyer: terms.buyer, sheet };
}

/** Lines of first terms; a head with the root of devices' keys may stand before them. */
function linesOf(terms: { clauses: bigint; lines: string }): LineTerms[] {
  const { points, options } = unpackClauses(terms.clauses);
  if (points !== 1 || (options & OPTION_AMENDED) !== 0)
    throw mismatch("the terms are those of an amendment; an order's document has the first ones, whose hash is its id");
  try {
    return orderedLines(terms);
  } catch (error) {
    if (!(error instanceof FactoryChainError)) throw error;
    throw mismatch("the terms' lines are not whole");
  }
}

function mismatch(what: string): FactoryChainError {
  return new FactoryChainError("order-document", `The order's document does not fit: ${what}.`, {
    expected: "escrow, terms, conditions and sheet, each hash that of the next",
    advice: "Send the document that was made with the order.",
  });
}
