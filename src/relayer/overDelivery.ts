import type { Kysely } from "kysely";
import { formatDecimal, fromScaled } from "../lib/decimal.ts";
import { byKey } from "./batch.ts";
import type { EventKey } from "./batch.ts";
import { lineName } from "./judge.ts";
import type { RelayerTables } from "./tables.ts";
import type { OrderView } from "./view.ts";

/**
 * What of a counted event was more than the order had room for, in words; null when all of it counted. In a report the
 * earliest events find room first.
 */
export async function describeOverDelivery(p: {
  db: Kysely<RelayerTables>;
  key: EventKey;
  order: OrderView;
}): Promise<string | null> {
  const sentences: string[] = [];
  for (const confirmation of await confirmationsOf(p.db, p.key)) {
    const { line } = confirmation;
    let room = BigInt(confirmation.delivered) - (await deliveredBefore(p.db, confirmation));
    for (const event of await eventsOf(p.db, confirmation.root)) {
      const quantity = BigInt(event.quantity);
      const fits = quantity < room ? quantity : room;
      room -= fits;
      if (byKey(event, p.key) !== 0 || fits === quantity) continue;
      const decimals = p.order.sheet.lines[line]?.decimals ?? 0;
      const [over, all] = [quantity - fits, quantity].map((scaled) => formatDecimal(fromScaled(scaled, decimals)));
      sentences.push(
        `Over-delivered: ${over} of ${all} on ${lineName(p.order, line)} are more than was ordered, and are not paid.`,
      );
    }
  }
  return sentences.length === 0 ? null : sentences.join(" ");
}

type Confirmation = Pick<
  RelayerTables["chain_confirmations"],
  "root" | "order_id" | "line" | "delivered" | "block" | "log_index"
>;

function confirmationsOf(db: Kysely<RelayerTables>, { device, eventId }: EventKey): Promise<Confirmation[]> {
  return db
    .selectFrom("root_events")
    .innerJoin("chain_confirmations", "chain_confirmations.root", "root_events.root")
    .select(["chain_confirmations.root as root", "order_id", "line", "delivered", "block", "log_index"])
    .where("device", "=", device)
    .where("event_id", "=", eventId)
    .execute();
}

async function deliveredBefore(
  db: Kysely<RelayerTables>,
  { order_id, line, block, log_index }: Confirmation,
): Promise<bigint> {
  const row = await db
    .selectFrom("chain_confirmations")
    .select("delivered")
    .where("order_id", "=", order_id)
    .where("line", "=", line)
    .where((where) =>
      where.or([
        where("block", "<", block),
        where.and([where("block", "=", block), where("log_index", "<", log_index)]),
      ]),
    )
    .orderBy("block", "desc")
    .orderBy("log_index", "desc")
    .executeTakeFirst();
  return BigInt(row?.delivered ?? 0);
}

/** The events behind a root, in the order in which they find room. */
async function eventsOf(db: Kysely<RelayerTables>, root: string): Promise<(EventKey & { quantity: string })[]> {
  const rows = await db
    .selectFrom("root_events")
    .leftJoin("events", (join) =>
      join
        .onRef("events.device", "=", "root_events.device")
        .onRef("events.event_id", "=", "root_events.event_id")
        .onRef("events.content", "=", "root_events.content")
        .on("events.kind", "=", "delivery"),
    )
    .select(["root_events.device as device", "root_events.event_id as eventId", "quantity", "time"])
    .where("root", "=", root)
    .execute();
  return rows.sort((a, b) => (a.time ?? 0) - (b.time ?? 0) || byKey(a, b));
}
