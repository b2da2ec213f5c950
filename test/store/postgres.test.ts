import { expect } from "chai";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { bindStore } from "../../src/store/binding.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { CoreSchema } from "../../src/store/schema.ts";
import type { PostgresServer } from "../../scripts/services/postgres.ts";
import { failureOf } from "../support/failureOf.ts";
import { newSchema, onServer, startOwnPostgres } from "../support/postgres.ts";
import { describePostgres } from "../support/stores.ts";
import { until } from "../support/until.ts";

/** A URL with another part. */
function changed(url: string, change: (parsed: URL) => void): string {
  const parsed = new URL(url);
  change(parsed);
  return parsed.href;
}

describePostgres("a store in PostgreSQL", () => {
  let server: PostgresServer & { remove(): Promise<void> };
  let url: string;
  let db: Kysely<CoreSchema>;

  before(async () => (server = await startOwnPostgres()));
  after(() => server.remove());
  beforeEach(async () => {
    url = await newSchema(server.url);
    db = await openDatabase({ url });
  });
  afterEach(() => db.destroy());

  const count = async () => (await db.selectFrom("bindings").selectAll().execute()).length;

  it("says what is wrong with its URL, and never the password", async () => {
    const { password } = new URL(server.url);
    const wrong: [string, string][] = [
      ["store-unreachable", changed(url, (parsed) => (parsed.port = "1"))],
      ["store-access", changed(url, (parsed) => (parsed.password = `${password}x`))],
      ["store-access", changed(url, (parsed) => (parsed.username = "nobody"))],
      ["store-missing", changed(url, (parsed) => (parsed.pathname = "/absent"))],
      ["store-missing", changed(url, (parsed) => parsed.searchParams.set("options", "-c search_path=absent"))],
      ["store-url", "postgres://u:p@host:port/db"],
    ];
    for (const [code, bad] of wrong) {
      const error = await failureOf(openDatabase({ url: bad }));
      expect(error, bad)
        .to.include({ code, retryable: code === "store-unreachable" })
        .and.to.have.property("advice");
      expect(`${error?.message}${error?.advice}`).not.to.include(password);
    }
  });

  it("is made once when several processes start together", async () => {
    const fresh = await newSchema(server.url);
    const all = await Promise.all(Array.from({ length: 5 }, () => openDatabase({ url: fresh })));
    expect(await all[0]!.selectFrom("bindings").selectAll().execute()).to.deep.equal([]);
    await Promise.all(all.map((each) => each.destroy()));
  });

  it("writes to the disk before it answers, also where the server would not", async () => {
    await onServer(server.url, (client) => client.query("alter database postgres set synchronous_commit = off"));
    try {
      const own = await openDatabase({ url });
      const { rows } = await sql<{ commit: string }>`select current_setting('synchronous_commit') as commit`.execute(
        own,
      );
      expect(rows[0]?.commit).to.equal("on");
      await own.destroy();
    } finally {
      await onServer(server.url, (client) => client.query("alter database postgres reset synchronous_commit"));
    }
    const off = changed(url, (parsed) =>
      parsed.searchParams.set("options", `${parsed.searchParams.get("options") ?? ""} -c synchronous_commit=off`),
    );
    expect(await failureOf(openDatabase({ url: off }))).to.include({ code: "store-settings" });
  });

  it("refuses a server that forgets, or cannot write every text", async () => {
    const careless = await startOwnPostgres({ fsync: "off" });
    try {
      const error = await failureOf(openDatabase({ url: careless.url }));
      expect(error).to.include({ code: "store-settings" });
      expect(error?.message).to.include("fsync is off");
    } finally {
      await careless.remove();
    }
    await onServer(server.url, (client) =>
      client.query("create database latin encoding 'LATIN1' locale 'C' template template0"),
    );
    const latin = await failureOf(openDatabase({ url: changed(server.url, (parsed) => (parsed.pathname = "/latin")) }));
    expect(latin?.message).to.include("its encoding is LATIN1");
  });

  it("compares texts by their bytes in a database of any language", async () => {
    await onServer(server.url, (client) =>
      client.query("create database korean locale_provider icu icu_locale 'ko-KR' locale 'C' template template0"),
    );
    const korean = await openDatabase({ url: changed(server.url, (parsed) => (parsed.pathname = "/korean")) });
    try {
      await bindStore({ db: korean, values: { b: "1", a: "1", B: "1", _: "1", 가: "1", z: "1" } });
      const rows = await korean.selectFrom("bindings").select("name").orderBy("name").execute();
      expect(rows.map(({ name }) => name)).to.deep.equal(["B", "_", "a", "b", "z", "가"]);
    } finally {
      await korean.destroy();
    }
  });

  it("says when the server is one that only follows another, or has no room", async () => {
    await onServer(server.url, (client) =>
      client.query("alter database postgres set default_transaction_read_only = on"),
    );
    const follower = await failureOf(openDatabase({ url: await onServer(server.url, () => Promise.resolve(url)) }));
    await onServer(server.url, async (client) => {
      await client.query("set default_transaction_read_only = off");
      await client.query("alter database postgres reset default_transaction_read_only");
    });
    expect(follower).to.include({ code: "store-read-only", retryable: false });
    const full = sql`do $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`;
    expect(await failureOf(full.execute(db))).to.include({ code: "store-full", retryable: true });
  });

  it("rejects what was under way when connections are lost, keeps nothing of it, and goes on", async () => {
    const lose = () =>
      onServer(server.url, (client) =>
        client.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'factorychain'"),
      );
    await count();
    await lose(); // a connection that nobody uses
    expect(
      await failureOf(
        until(() =>
          count().then(
            () => true,
            () => false,
          ),
        ),
      ),
    ).to.equal(null);
    const error = await failureOf(
      db.transaction().execute(async (tx) => {
        await bindStore({ db: tx, values: { half: "1" } });
        await lose();
        await bindStore({ db: tx, values: { whole: "1" } });
      }),
    );
    expect(error).to.include({ code: "store-unreachable", retryable: true });
    expect(await count()).to.equal(0);
  });

  it("is there again when the server is, with all that was committed", async () => {
    await bindStore({ db, values: { kept: "1" } });
    await server.kill();
    expect(await failureOf(count())).to.include({ code: "store-unreachable", retryable: true });
    await server.start();
    expect(await count()).to.equal(1);
  });

  it("lets a server end the transaction of a process that stands still", async () => {
    const { rows } = await sql<{ value: string }>`
      select current_setting('idle_in_transaction_session_timeout') as value`.execute(db);
    expect(rows[0]?.value).to.equal("10s");
    const error = await failureOf(
      db.transaction().execute(async (tx) => {
        await sql`set idle_in_transaction_session_timeout = 50`.execute(tx);
        const { rows: own } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
        await bindStore({ db: tx, values: { half: "1" } });
        const session = sql`select 1 from pg_stat_activity where pid = ${own[0]?.pid}`;
        await until(async () => (await session.execute(db)).rows.length === 0);
        await bindStore({ db: tx, values: { whole: "1" } });
      }),
    );
    expect(error).to.include({ code: "store-unreachable", retryable: true });
    expect(await count()).to.equal(0);
  });
});
