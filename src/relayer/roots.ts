import type { Kysely } from "kysely";
import type { Report } from "./batch.ts";
import type { RelayerTables } from "./tables.ts";

/** Rows in one statement: each has five parameters. */
const TOGETHER = 200;

/** Keeps which events stand behind each root, so that their keys count as confirmed once the root is. */
export async function keepRoots(
  db: Kysely<RelayerTables>,
  reports: readonly Pick<Report, "root" | "events">[],
): Promise<void> {
  const rows = reports.flatMap(({ root, events }) =>
    events.map(({ device, eventId, content, quantity }) => ({
      ...{ root, device, event_id: eventId, content },
      quantity: String(quantity),
    })),
  );
  for (let from = 0; from < rows.length; from += TOGETHER) {
    await db
      .insertInto("root_events")
      .values(rows.slice(from, from + TOGETHER))
      .onConflict((conflict) => conflict.columns(["root", "device", "event_id"]).doNothing())
      .execute();
  }
  const roots = reports.map(({ root }) => root);
  await db.deleteFrom("unopened_roots").where("root", "in", roots).execute();
}
