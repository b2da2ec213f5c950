import { sql } from "kysely";
import type { Migration } from "../store/migrations.ts";

type Database = Parameters<Migration["up"]>[0];

/** What a relayer keeps beside the shared tables. Ids and hashes are 0x-hex, amounts decimal strings, times seconds. */
export const relayerMigrations = [
  { name: "relayer-1-chain", up: createChainTables },
  { name: "relayer-2-events", up: createEventTables },
  { name: "relayer-3-agreement", up: createAgreementTables },
  { name: "relayer-4-groups", up: createGroupTables },
  { name: "relayer-5-orders", up: createOrderTables },
  { name: "relayer-6-device-signatures", up: createSignatureTable },
  { name: "relayer-7-ids", up: createIds },
  { name: "relayer-8-ingest", up: createIngestTables },
  { name: "relayer-9-recovery", up: createRecoveryTables },
  { name: "relayer-10-heard", up: createHeardTables },
  { name: "relayer-11-event-sizes", up: addEventSizes },
  { name: "relayer-12-judged", up: addJudged },
];

/** What the contracts said, with the block at which they said it: every verdict is about one block. */
async function createChainTables(db: Database): Promise<void> {
  await run(db, [
    `create table chain_accounts (account text not null, organisation bigint not null, from_block bigint not null, to_block bigint)`,
    `create index chain_accounts_account on chain_accounts (account)`,
    `create table chain_devices (device text primary key, owner bigint not null, curve text not null, x text not null, y text not null,
       valid_from bigint not null, valid_until bigint not null, block bigint not null, revoked_block bigint)`,
    `create table chain_groups (escrow text not null, grp bigint not null, threshold bigint not null, members text not null,
       block bigint not null, primary key (escrow, grp))`,
    `create table chain_orders (id text primary key, escrow text not null, buyer text not null, supplier text not null,
       clauses text not null, conditions text not null, lines text not null, block bigint not null,
       ended_block bigint, closed_block bigint)`,
    `create index chain_orders_buyer on chain_orders (buyer)`,
    `create table chain_confirmations (order_id text not null, line bigint not null, delivered text not null, late text not null,
       root text not null, block bigint not null, log_index bigint not null, tx text not null, primary key (block, log_index))`,
    `create index chain_confirmations_line on chain_confirmations (order_id, line)`,
    `create index chain_confirmations_root on chain_confirmations (root)`,
    `create table sheets (order_id text primary key, number text not null, document text not null)`,
    `create index sheets_number on sheets (number)`,
  ]);
}

/** What devices sent. A message is kept as it came; an event is a message whose signature was found good. */
async function createEventTables(db: Database): Promise<void> {
  await run(db, [
    `create table messages (id bigint primary key, received bigint not null, topic text not null, payload text not null, encoding text not null,
       device text, event_id text, event bigint, status text not null, reason text, detail text)`,
    `create index messages_event on messages (event)`,
    `create index messages_status on messages (status)`,
    `create table events (id bigint primary key, device text not null, event_id text not null, content text not null,
       kind text not null, time bigint not null, body text not null, payload text not null, encoding text not null, order_id text,
       status text not null, reason text, detail text, acknowledged text not null default '[]', final_at bigint,
       unique (device, event_id, kind, content))`,
    `create index events_status on events (status)`,
    `create index events_order on events (order_id)`,
  ]);
}

/** What was proposed and signed. A digest is here before the signature leaves. */
async function createAgreementTables(db: Database): Promise<void> {
  await run(db, [
    `create table signed_digests (batch_id text primary key, digest text not null)`,
    `create table batches (digest text primary key, batch_id text not null, escrow text not null, grp bigint not null,
       proposer text not null, block bigint not null, block_time bigint not null, document text not null, state text not null)`,
    `create index batches_state on batches (state)`,
    `create table shares (digest text not null, member text not null, signature text not null, primary key (digest, member))`,
    `create table root_events (root text not null, device text not null, event_id text not null, content text not null,
       quantity text not null, primary key (root, device, event_id))`,
    `create index root_events_key on root_events (device, event_id)`,
  ]);
}

/** How groups changed since they were registered. */
async function createGroupTables(db: Database): Promise<void> {
  await run(db, [
    `create table chain_group_changes (escrow text not null, grp bigint not null, member text not null, change text not null,
       block bigint not null, log_index bigint not null, primary key (block, log_index))`,
    `create index chain_group_changes_group on chain_group_changes (escrow, grp)`,
  ]);
}

/** What happens to orders after their creation: amendments, rejections, assignments. */
async function createOrderTables(db: Database): Promise<void> {
  await run(db, [
    `alter table chain_confirmations add column lot bigint`,
    `create table chain_amendments (order_id text not null, clauses text not null, lines text not null, time bigint not null,
       block bigint not null, log_index bigint not null, primary key (block, log_index))`,
    `create index chain_amendments_order on chain_amendments (order_id)`,
    `create table chain_rejections (order_id text not null, lot bigint not null, line bigint not null, quantity text not null,
       block bigint not null, final_block bigint, primary key (order_id, lot))`,
    `create table chain_claims (order_id text not null, book text not null, block bigint not null, log_index bigint not null,
       primary key (block, log_index))`,
    `create index chain_claims_order on chain_claims (order_id)`,
  ]);
}

/** Events that came again with other device signatures. */
async function createSignatureTable(db: Database): Promise<void> {
  await run(db, [
    `create table event_signatures (event bigint not null, hash text not null, place bigint not null, signatures text not null,
       payload text not null, encoding text not null, primary key (event, hash))`,
  ]);
}

/** Ids that are never given twice: they go on where those of before ended. */
async function createIds(db: Database): Promise<void> {
  await run(db, [
    `insert into counters (name, last) select 'messages', coalesce(max(id), 0) from messages`,
    `insert into counters (name, last) select 'events', coalesce(max(id), 0) from events`,
  ]);
}

/** Who is behind a message and how large it is, so that what is refused can be bounded; numbers of devices' events. */
async function createIngestTables(db: Database): Promise<void> {
  await run(db, [
    `alter table messages add column source text not null default ''`,
    `alter table messages add column size bigint not null default 0`,
    `alter table events add column received bigint not null default 0`,
    `update messages set source = case when event is null then topic else 'device:' || coalesce(device, '') end,
       size = 200 + length(payload)`,
    `update events set received = coalesce((select min(received) from messages where messages.event = events.id), 0)`,
    `drop index messages_status`,
    `create index messages_source on messages (status, source, id, size)`,
    `create index events_device on events (device, status)`,
    `create table device_sequences (device text primary key, highest bigint not null, gaps text not null,
       forgotten bigint not null, updated bigint not null)`,
    `create table closed_orders (order_id text primary key, seen bigint not null)`,
  ]);
}

/** What tells a relayer whether its store is whole, and what brings it back. */
async function createRecoveryTables(db: Database): Promise<void> {
  await run(db, [
    `create table newest_shares (member text primary key, block bigint not null, digest text not null, signature text not null)`,
    `create table unopened_roots (root text not null, block bigint not null, primary key (root, block))`,
    `insert into unopened_roots (root, block) select distinct root, block from chain_confirmations
       where root not in (select root from root_events)`,
    `create table recovery (name text primary key, value text not null)`,
    `create table recovery_peers (peer text primary key, after bigint not null)`,
    `create index batches_block on batches (block)`,
  ]);
}

/** Batches that others signed; when roots that nobody has opened here were confirmed. */
async function createHeardTables(db: Database): Promise<void> {
  await run(db, [
    `create table heard_batches (digest text primary key, member text not null, escrow text not null, grp bigint not null,
       block bigint not null, block_time bigint not null, size bigint not null, document text not null)`,
    `create index heard_batches_member on heard_batches (member, block_time)`,
    `alter table unopened_roots add column time bigint`,
  ]);
}

/** How large events are, so that what waits is bounded by its bytes too. */
async function addEventSizes(db: Database): Promise<void> {
  await run(db, [
    `alter table events add column size bigint not null default 0`,
    `update events set size = 200 + length(payload) + length(body)`,
    `drop index events_device`,
    `create index events_device on events (device, status, size)`,
  ]);
}

/** Which open events nothing has happened to since they were judged; and what finds the newest of a line, and an order's open events. */
async function addJudged(db: Database): Promise<void> {
  await run(db, [
    `alter table events add column judged bigint not null default 0`,
    `drop index events_status`,
    `create index events_status on events (status, judged)`,
    `drop index events_order`,
    `create index events_order on events (order_id, status)`,
    `drop index chain_confirmations_line`,
    `create index chain_confirmations_line on chain_confirmations (order_id, line, block, log_index)`,
  ]);
}

async function run(db: Database, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
