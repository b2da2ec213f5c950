import { expect } from "chai";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { bindStore } from "../../src/store/binding.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createHolder, holderHasEnded } from "../../src/store/holder.ts";
import { createLease } from "../../src/store/lease.ts";
import type { Lease } from "../../src/store/lease.ts";
import type { CoreSchema } from "../../src/store/schema.ts";
import { createTransactionStore } from "../../src/store/transactions.ts";
import { failureOf } from "../support/failureOf.ts";
import { describeStores } from "../support/stores.ts";
import { until } from "../support/until.ts";

const NAME = "signer 0xa";

describeStores("a lease", ({ kind, newStore }) => {
  let dbs: Kysely<CoreSchema>[];

  beforeEach(async () => {
    const url = await newStore();
    dbs = [await openDatabase({ url }), await openDatabase({ url })];
  });
  afterEach(async () => {
    for (const db of dbs) await db.destroy();
  });

  /** A process: it has a connection of its own. */
  const process = (index: 0 | 1, options: Partial<Parameters<typeof createLease>[0]> = {}): Lease =>
    createLease({ db: dbs[index]!, name: NAME, holder: `p${String(index)}`, ttl: 60, ...options });

  const write = (index: 0 | 1, lease: Lease, name: string) =>
    dbs[index]!.transaction().execute(async (tx) => {
      await lease.fence(tx);
      await bindStore({ db: tx, values: { [name]: "1" } });
    });
  const written = async () => (await dbs[0]!.selectFrom("bindings").select("name").execute()).map(({ name }) => name);

  /** Whether somebody waits for another's transaction, in PostgreSQL. */
  const waitsForLock = async () =>
    (await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock'`.execute(dbs[0]!)).rows.length > 0;

  it("is one process's at a time", async () => {
    const [one, two] = [process(0), process(1)];
    expect(await one.current()).to.equal(null);
    expect([await one.acquire(), await two.acquire()]).to.deep.equal([true, false]);
    expect([await one.renew(), await two.renew()]).to.deep.equal([true, false]);
    expect([one.isHeld(), two.isHeld()]).to.deep.equal([true, false]);
    expect(await two.current()).to.equal("p0");
  });

  it("is won by one of many that ask together", async () => {
    const many = Array.from({ length: 10 }, (_, i) => process((i % 2) as 0 | 1, { holder: `p${String(i)}` }));
    const won = await Promise.all(many.map((lease) => lease.acquire()));
    expect(won.filter(Boolean).length).to.equal(1);
  });

  it("is free when it is given back, and not renewed or used by who gave it", async () => {
    const [one, two] = [process(0), process(1)];
    await one.acquire();
    await one.release();
    expect([one.isHeld(), await one.renew(), await two.current()]).to.deep.equal([false, false, null]);
    expect(await failureOf(write(0, one, "late"))).to.include({ code: "lease-lost", retryable: true });
    expect(await two.acquire()).to.equal(true);
    await one.release();
    expect(await two.renew()).to.equal(true);
  });

  it("is free when it was not renewed in time", async () => {
    let now = 0;
    const [one, two] = [process(0, { clock: () => now }), process(1)];
    // For the store's clock time passes as well: what ends in so many seconds ends so much earlier.
    const pass = async (seconds: number) => {
      now += seconds;
      await dbs[0]!
        .updateTable("leases")
        .set((row) => ({ expires: row("expires", "-", seconds) }))
        .execute();
    };
    await one.acquire();
    await pass(29);
    await one.renew();
    await pass(32);
    expect([one.isHeld(), await two.acquire()]).to.deep.equal([true, false]);
    await pass(29);
    expect([one.isHeld(), await two.acquire(), await one.renew()]).to.deep.equal([false, true, false]);
  });

  it("runs out by the store's clock", async () => {
    const [one, two] = [process(0, { ttl: 0.3 }), process(1)];
    await one.acquire();
    await until(() => two.acquire());
    expect(await one.renew()).to.equal(false);
  });

  it("is not believed in for longer than it was renewed for, by the process's own clock", async () => {
    let now = 1_000;
    const lease = process(0, { clock: () => now });
    await lease.acquire();
    now += 59;
    expect(lease.isHeld()).to.equal(true);
    now += 1;
    expect(lease.isHeld()).to.equal(false);
    await lease.renew();
    expect(lease.isHeld()).to.equal(true);
  });

  it("is free at once when its holder is known to have ended", async () => {
    const one = process(0);
    await one.acquire();
    expect(await process(1, { hasEnded: () => false }).acquire()).to.equal(false);
    expect(await process(1, { hasEnded: (holder) => holder === "p0" }).acquire()).to.equal(true);
    expect(await one.renew()).to.equal(false);
  });

  it("lets nobody write who has lost it", async () => {
    const [one, two] = [process(0, { ttl: 0 }), process(1)];
    expect(await failureOf(write(0, one, "never held"))).to.include({ code: "lease-lost" });
    await one.acquire();
    await write(0, one, "first"); // lapsed, but nobody has taken it
    await two.acquire();
    expect(await failureOf(write(0, one, "late"))).to.include({ code: "lease-lost", retryable: true });
    await write(1, two, "second");
    expect(await written()).to.deep.equal(["first", "second"]);
  });

  it("keeps a former epoch of the same process out", async () => {
    const former = process(0, { ttl: 0 });
    await former.acquire();
    await process(1, { ttl: 0 }).acquire();
    await process(0).acquire();
    expect(await failureOf(write(0, former, "late"))).to.include({ code: "lease-lost" });
  });

  it("changes hands only after the transaction that passed its fence", async function () {
    const [one, two] = [process(0, { ttl: 0 }), process(1)];
    await one.acquire();
    let taken: Promise<boolean> | null = null;
    let over = false;
    await dbs[0]!.transaction().execute(async (tx) => {
      await one.fence(tx);
      // SQLite's taker would hold up this whole process, and the transaction with it.
      if (kind === "PostgreSQL") {
        taken = two.acquire().then((result) => ((over = true), result));
        await until(async () => over || (await waitsForLock()));
        expect(over).to.equal(false);
      }
      await bindStore({ db: tx, values: { inTime: "1" } });
    });
    expect(await (taken ?? two.acquire())).to.equal(true);
    expect(await written()).to.deep.equal(["inTime"]);
  });

  it("keeps the transactions of a sender from whoever has lost it", async () => {
    const [one, two] = [process(0, { ttl: 0 }), process(1)];
    const sender = "0xs";
    const intent = (id: string) => ({ id, to: "0xto", data: "0xda", gas: 1n });
    const stores = [one, two].map((lease, i) => createTransactionStore({ db: dbs[i]!, fence: lease.fence }));
    const [old, present] = [stores[0]!, stores[1]!];
    await one.acquire();
    await old.reserve({ sender, intent: intent("a"), floor: 0 });
    await two.acquire();
    const block = { number: 1, hash: "0xb", time: 1 };
    for (const write of [
      () => old.reserve({ sender, intent: intent("b"), floor: 0 }),
      () => old.prepare({ sender, nonce: 0, raw: "0xold", hash: "0xold" }),
      () => old.conclude({ sender, nonce: 0, state: "replaced", block }),
      () => old.reopen({ sender, above: -1 }),
    ]) {
      expect(await failureOf(write()), String(write)).to.include({ code: "lease-lost" });
    }
    expect(await present.open(sender)).to.deep.equal([
      { ...intent("a"), sender, nonce: 0, state: "intent", raw: null, hash: null, block: null },
    ]);
    await present.prepare({ sender, nonce: 0, raw: "0xnew", hash: "0xnew" });
    expect((await old.find({ sender, id: "a" }))?.raw).to.equal("0xnew");
  });
});

describe("a lease's holder", () => {
  it("is told from others, and known to have ended only where that can be seen", () => {
    const holder = createHolder();
    expect(holder).not.to.equal(createHolder());
    expect(holderHasEnded(holder)).to.equal(false);
    const parts = holder.split("/");
    const withPid = (pid: string, host = parts[0]!) => [host, ...parts.slice(1, -2), pid, parts.at(-1)!].join("/");
    expect(holderHasEnded(withPid("4194399"))).to.equal(true); // above the highest that Linux gives
    expect(holderHasEnded(withPid("4194399", "elsewhere"))).to.equal(false);
    expect(holderHasEnded(withPid("1"))).to.equal(false);
    for (const odd of ["", "x", "/", withPid("-1"), withPid("0")]) expect(holderHasEnded(odd), odd).to.equal(false);
  });
});
