import { sql } from "kysely";
import type { Kysely } from "kysely";
import { formatDecimal, fromScaled } from "../lib/decimal.ts";
import { byKey } from "./batch.ts";
import type { EventKey } from "./batch.ts";
import { lineName } from "./judge.ts";
import { createLoader } from "./loader.ts";
import { byText, keysIn, nameOfKey } from "./readers.ts";
import type { RelayerTables } from "./tables.ts";
import type { OrderView } from "./view.ts";

/** Says what of a counted event was more than the order had room for, in words; null when all of it counted. */
export type OverDelivery = (p: { key: EventKey; order: OrderView }) => Promise<string | null>;

/** Reads together what is asked for at a time. In a report the earliest events find room first. */
export function createOverDelivery(db: Kysely<RelayerTables>): OverDelivery {
  const confirmationsOf = createLoader({
    read: (keys: readonly EventKey[]) => readConfirmations(db, keys),
    nameOf: nameOfKey,
    keyOf: nameOfKey,
  });
  const eventsOf = byText(
    (roots) => readEvents(db, roots),
    ({ root }) => root,
  );
  return async ({ key, order }) => {
    const sentences: string[] = [];
    for (const { root, line, delivered, before } of await confirmationsOf(key)) {
      let room = BigInt(delivered) - BigInt(before ?? 0);
      for (const event of (await eventsOf(root)).sort((a, b) => (a.time ?? 0) - (b.time ?? 0) || byKey(a, b))) {
        const quantity = BigInt(event.quantity);
        const fits = quantity < room ? quantity : room;
        room -= fits;
        if (byKey(event, key) !== 0 || fits === quantity) continue;
        const decimals = order.sheet.lines[line]?.decimals ?? 0;
        const [over, all] = [quantity - fits, quantity].map((scaled) => formatDecimal(fromScaled(scaled, decimals)));
        sentences.push(
          `Over-delivered: ${over} of ${all} on ${lineName(order, line)} are more than was ordered, and are not paid.`,
        );
      }
    }
    return sentences.length === 0 ? null : sentences.join(" ");
  };
}

/** The confirmations that counted these events, each with what was delivered on its line before. */
function readConfirmations(db: Kysely<RelayerTables>, keys: readonly EventKey[]) {
  const before = sql<string | null>`(
    select earlier.delivered from chain_confirmations as earlier
    where earlier.order_id = chain_confirmations.order_id and earlier.line = chain_confirmations.line
    and (earlier.block, earlier.log_index) < (chain_confirmations.block, chain_confirmations.log_index)
    order by earlier.block desc, earlier.log_index desc limit 1)`;
  return db
    .selectFrom("root_events")
    .innerJoin("chain_confirmations", "chain_confirmations.root", "root_events.root")
    .select(["device", "event_id as eventId", "chain_confirmations.root as root", "line", "delivered"])
    .select(before.as("before"))
    .where(keysIn(keys))
    .execute();
}

/** The events behind these roots. */
function readEvents(db: Kysely<RelayerTables>, roots: readonly string[]) {
  return db
    .selectFrom("root_events")
    .leftJoin("events", (join) =>
      join
        .onRef("events.device", "=", "root_events.device")
        .onRef("events.event_id", "=", "root_events.event_id")
        .onRef("events.content", "=", "root_events.content")
        .on("events.kind", "=", "delivery"),
    )
    .select(["root", "root_events.device as device", "root_events.event_id as eventId", "quantity", "time"])
    .where("root", "in", roots)
    .execute();
}
