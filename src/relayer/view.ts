import type { Kysely } from "kysely";
import type { DemandedKeys } from "../chain/deviceSignatures.ts";
import { unpackClauses } from "../chain/terms.ts";
import { parseOrderSheet } from "../formats/orderSheet.ts";
import type { OrderSheet } from "../formats/orderSheet.ts";
import type { OrderReference } from "../formats/deliveryEvent.ts";
import { memo } from "../lib/memo.ts";
import type { EventKey } from "./batch.ts";
import { createDoubt } from "./doubt.ts";
import { createReaders } from "./readers.ts";
import type { OrderRow } from "./readers.ts";
import type { RelayerTables } from "./tables.ts";
import { demandedKeys, isInspected, orderedLines, termsAfter } from "./termsInForce.ts";
import type { TermsInForce } from "./termsInForce.ts";

/** A device as the chain had it at a block. */
export interface DeviceView {
  device: string;
  owner: number;
  curve: string;
  x: string;
  y: string;
  validFrom: number;
  validUntil: number;
  revoked: boolean;
}

/** An order as the chain had it at a block, with its sheet; dates, group and lines are those in force there. */
export interface OrderView {
  id: string;
  escrow: string;
  buyer: string;
  supplier: string;
  /** Block of its creation. */
  created: number;
  dues: TermsInForce["dues"];
  expiry: number;
  group: number;
  capDays: number;
  /** Keys of the devices of which one must sign each report; null: none. */
  devices: DemandedKeys | null;
  open: boolean;
  /** Deliveries are paid when they were inspected, not at once. */
  inspected: boolean;
  /** Bytes of the lines in its terms. */
  size: number;
  lines: { quantity: bigint; total: bigint }[];
  sheet: OrderSheet;
}

/** How far a line was confirmed at a block. */
export interface LineView {
  delivered: bigint;
  late: bigint;
  /** Finally; makes room for replacements. */
  rejected: bigint;
}

/** Above this nothing more is delivered on a line (DeliveryCounting.sol): what counts must fit into 48 bits. */
const MOST_DELIVERED = 2n ** 48n - 1n - 2n ** 44n;

/** Up to where a line can be delivered. */
export function deliverable(order: Pick<OrderView, "lines">, line: number, { rejected }: LineView): bigint {
  const most = (order.lines[line]?.quantity ?? 0n) + rejected;
  return most < MOST_DELIVERED ? most : MOST_DELIVERED;
}

export type View = ReturnType<typeof createView>;

/**
 * Reads the chain as it was at one block, from what its logs said up to there. Everything is read once: take a new view
 * for each look.
 */
export function createView(db: Kysely<RelayerTables>, block: number) {
  const read = createReaders(db, block);

  const views = new Map<OrderRow, Promise<OrderView>>();

  /** An order with the terms in force. */
  async function viewOf(row: OrderRow): Promise<OrderView> {
    return toOrderView({ row, block, amendments: await read.amendments(row.id) });
  }

  /** All orders of these rows. */
  async function orders(rows: readonly OrderRow[]): Promise<OrderView[]> {
    const found = rows.map((row) => {
      const view = views.get(row) ?? viewOf(row);
      views.set(row, view);
      return view;
    });
    return Promise.all(found);
  }

  return {
    block,

    /** The device, if it was enrolled. */
    async device(id: string): Promise<DeviceView | undefined> {
      const [row] = await read.device(id);
      return (
        row && {
          device: row.device,
          owner: row.owner,
          curve: row.curve,
          x: row.x,
          y: row.y,
          validFrom: row.valid_from,
          validUntil: row.valid_until,
          revoked: row.revoked_block !== null && row.revoked_block <= block,
        }
      );
    },

    /**
     * The organisation that an account belongs to; for an order's buyer, at the order's creation. Whether it is active
     * does not matter: no registrar can hold up a payment, and a buyer cannot by removing the account that ordered.
     */
    async organisation(account: string, at = block): Promise<number | undefined> {
      const rows = await read.account(account);
      return rows.find(({ from_block, to_block }) => from_block <= at && (to_block === null || to_block > at))
        ?.organisation;
    },

    /** One order, open or not; undefined while its creation or its sheet is not known. */
    async order(id: string): Promise<OrderView | undefined> {
      const [order] = await orders(await read.order(id));
      return order;
    },

    /** Every order that an event may mean, open or not. */
    async candidates(reference: OrderReference): Promise<OrderView[]> {
      if (reference.kind === "id") return orders(await read.order(reference.id));
      const found = await orders(await read.number(reference.number));
      const { buyer } = reference;
      return buyer === null ? found : found.filter(({ sheet }) => sheet.buyer.identifiers.includes(buyer));
    },

    /** A line's quantities: confirmed, and of that finally rejected. */
    async line(order: string, line: number): Promise<LineView> {
      const [[row], rejections] = await Promise.all([read.line({ order, line }), read.rejections(order)]);
      const rejected = rejections
        .filter((rejection) => rejection.line === line)
        .reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
      return { delivered: BigInt(row?.delivered ?? 0), late: BigInt(row?.late ?? 0), rejected };
    },

    /** What was confirmed under a key: which content, and on which lines. */
    async confirmed(key: EventKey): Promise<{ content: string; order: string; line: number }[]> {
      const rows = await read.confirmed(key);
      return rows.map(({ content, order, line }) => ({ content, order, line }));
    },

    /** What cannot be judged because of roots that were confirmed and whose events are not known here. */
    doubt: createDoubt(db, block),

    /** These roots. */
    async unopened(): Promise<string[]> {
      const rows = await db
        .selectFrom("unopened_roots")
        .select("root")
        .distinct()
        .where("block", "<=", block)
        .execute();
      return rows.map(({ root }) => root);
    },
  };
}

function toOrderView(p: { row: OrderRow; block: number; amendments: Parameters<typeof termsAfter>[1] }): OrderView {
  const { row, block } = p;
  const terms = termsAfter(row, p.amendments);
  const { expiry, group, capDays } = unpackClauses(terms.clauses);
  const gone = (at: number | null): boolean => at !== null && at <= block;
  return {
    id: row.id,
    escrow: row.escrow,
    buyer: row.buyer,
    supplier: row.supplier,
    created: row.block,
    dues: terms.dues,
    expiry,
    group,
    capDays,
    devices: demandedKeys(terms),
    inspected: isInspected(terms.clauses),
    open: !gone(row.ended_block) && !gone(row.closed_block),
    size: (terms.lines.length - 2) / 2,
    lines: orderedLines(terms),
    sheet: sheetOf(row),
  };
}

/** By the order's id, which commits to its sheet: to read one costs more than to judge an event by it. */
const sheetOf = memo(
  10_000,
  ({ document }: OrderRow): OrderSheet => parseOrderSheet((JSON.parse(document) as { sheet: unknown }).sheet),
  ({ id }) => id,
);
