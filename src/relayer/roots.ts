import type { Kysely } from "kysely";
import type { Report } from "./batch.ts";
import type { RelayerTables } from "./tables.ts";

/** Keeps which events stand behind a root, so that their keys count as confirmed once the root is. */
export async function keepRoot(
  db: Kysely<RelayerTables>,
  { root, events }: Pick<Report, "root" | "events">,
): Promise<void> {
  for (const { device, eventId, content, quantity } of events) {
    await db
      .insertInto("root_events")
      .values({ root, device, event_id: eventId, content, quantity: String(quantity) })
      .onConflict((conflict) => conflict.columns(["root", "device", "event_id"]).doNothing())
      .execute();
  }
  await db.deleteFrom("unopened_roots").where("root", "=", root).execute();
}
