import { sql } from "kysely";
import type { Kysely, Selectable } from "kysely";
import type { EventKey } from "./batch.ts";
import { createLoader } from "./loader.ts";
import type { RelayerTables } from "./tables.ts";

/** An order as it began, with its document. */
export type OrderRow = Selectable<RelayerTables["chain_orders"]> & { number: string; document: string };

interface LinePlace {
  order: string;
  line: number;
}

/** What a view of the chain at a block reads, each kind with one query for all that is asked for at a time. */
export function createReaders(db: Kysely<RelayerTables>, block: number) {
  const orders = () =>
    db
      .selectFrom("chain_orders")
      .innerJoin("sheets", "sheets.order_id", "chain_orders.id")
      .select([
        "id",
        "escrow",
        "buyer",
        "supplier",
        "clauses",
        "conditions",
        "lines",
        "block",
        "ended_block",
        "closed_block",
        "number",
        "document",
      ])
      .where("block", "<=", block);

  return {
    device: byText(
      (ids) =>
        db.selectFrom("chain_devices").selectAll().where("device", "in", ids).where("block", "<=", block).execute(),
      ({ device }) => device,
    ),
    account: byText(
      (accounts) => db.selectFrom("chain_accounts").selectAll().where("account", "in", accounts).execute(),
      ({ account }) => account,
    ),
    order: byText(
      (ids): Promise<OrderRow[]> => orders().where("chain_orders.id", "in", ids).execute(),
      ({ id }) => id,
    ),
    number: byText(
      (numbers): Promise<OrderRow[]> => orders().where("sheets.number", "in", numbers).execute(),
      ({ number }) => number,
    ),
    amendments: byText(
      (ids) =>
        db
          .selectFrom("chain_amendments")
          .select(["order_id", "clauses", "lines", "time"])
          .where("order_id", "in", ids)
          .where("block", "<=", block)
          .orderBy("block")
          .orderBy("log_index")
          .execute(),
      ({ order_id }) => order_id,
    ),
    rejections: byText(
      (ids) =>
        db
          .selectFrom("chain_rejections")
          .select(["order_id", "line", "quantity"])
          .where("order_id", "in", ids)
          .where("final_block", "<=", block)
          .execute(),
      ({ order_id }) => order_id,
    ),
    line: createLoader({
      read: (places: readonly LinePlace[]) => readLines({ db, block, places }),
      nameOf: ({ order, line }) => `${order} ${String(line)}`,
      keyOf: ({ order, line }) => `${order} ${String(line)}`,
    }),
    confirmed: createLoader({
      read: (keys: readonly EventKey[]) => readConfirmed({ db, block, keys }),
      nameOf: nameOfKey,
      keyOf: nameOfKey,
    }),
  };
}

export type EventReader = ReturnType<typeof createEventReader>;

/** Every event that is held under a key, of any kind and content. */
export function createEventReader(db: Kysely<RelayerTables>) {
  return createLoader({
    read: (keys: readonly EventKey[]) =>
      db.selectFrom("events").selectAll().where(keysIn(keys)).orderBy("id").execute(),
    nameOf: nameOfKey,
    keyOf: ({ device, event_id }) => nameOfKey({ device, eventId: event_id }),
  });
}

/** That a row is about one of these events. */
export function keysIn(keys: readonly EventKey[]) {
  const names = keys.map(({ device, eventId }) => sql`(${device}, ${eventId})`);
  return sql<boolean>`(device, event_id) in (values ${sql.join(names)})`;
}

/** A loader of rows that one column of text names. */
export function byText<Row>(read: (keys: readonly string[]) => Promise<Row[]>, keyOf: (row: Row) => string) {
  return createLoader({ read, nameOf: (key: string) => key, keyOf });
}

export function nameOfKey({ device, eventId }: EventKey): string {
  return `${device} ${eventId}`;
}

/** The newest confirmation of each line. */
async function readLines(p: { db: Kysely<RelayerTables>; block: number; places: readonly LinePlace[] }) {
  const { db, block } = p;
  const places = p.places.map(({ order, line }) => sql`(${order}, cast(${line} as bigint))`);
  const newest = (column: "delivered" | "late") => sql<string | null>`(
    select ${sql.ref(column)} from chain_confirmations
    where order_id = places.column1 and line = places.column2 and block <= ${block}
    order by block desc, log_index desc limit 1)`;
  const { rows } = await sql<{ order: string; line: number; delivered: string | null; late: string | null }>`
    select column1 as "order", column2 as "line", ${newest("delivered")} as "delivered", ${newest("late")} as "late"
    from (values ${sql.join(places)}) as places`.execute(db);
  return rows.map((row) => ({ ...row, line: Number(row.line) }));
}

function readConfirmed(p: { db: Kysely<RelayerTables>; block: number; keys: readonly EventKey[] }) {
  return p.db
    .selectFrom("root_events")
    .innerJoin("chain_confirmations", "chain_confirmations.root", "root_events.root")
    .select(["device", "event_id as eventId", "content", "order_id as order", "line"])
    .where(keysIn(p.keys))
    .where("block", "<=", p.block)
    .execute();
}
