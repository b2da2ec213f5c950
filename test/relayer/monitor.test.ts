import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import Fastify from "fastify";
import type { PoolState } from "../../src/chain/pool.ts";
import { RetryableError } from "../../src/lib/errors.ts";
import { counted, refused, waiting } from "../../src/relayer/status.ts";
import { createMetrics, STEPS } from "../../src/relayer/metrics.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import { createMonitor } from "../../src/relayer/monitor.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { writeCheckpoint } from "../../src/store/checkpoints.ts";
import { openDatabase } from "../../src/store/database.ts";

const NOW = 1_800_000_000;
const ADDRESS = `0x${"ab".repeat(20)}`;
/** Sentences of the log that are counted otherwise than as steps of a batch. */
const COUNTED = ["reviewed a proposal", "a peer did not answer", "the chain took back blocks that counted as final"];
const DASHBOARD = new URL("../../deploy/grafana/relayer.json", import.meta.url);

const nodesOf = (url: string): PoolState => ({
  inUse: url,
  switches: 2,
  endpoints: [{ url, state: "healthy", failures: 0, head: 9 }],
});

async function scene({ checkSigner }: { checkSigner?: () => Promise<void> } = {}) {
  const metrics = createMetrics({ address: ADDRESS });
  const db = await openDatabase<RelayerTables>({
    url: ":memory:",
    migrations: relayerMigrations,
    onQuery: metrics.query,
  });
  const live = {
    broker: true as boolean | null,
    leads: true,
    nodes: nodesOf("http://node.example:8545/"),
    suspicions: { [ADDRESS]: { equivocated: 2 } },
  };
  let now = NOW;
  const clock = () => now * 1000;
  const monitor = createMonitor({ db, lag: 60, lease: "signer", metrics, live: () => live, checkSigner, clock });
  const api = Fastify();
  await monitor.open({ api, listen: null });
  const ready = async () => {
    now += 3; // an answer is good for two seconds
    const response = await api.inject("/ready");
    const { reasons, role } = response.json<{ reasons: { code: string }[]; role: string }>();
    return { status: response.statusCode, reasons: reasons.map(({ code }) => code), role };
  };
  const metricsText = async () => {
    now += 3;
    return (await api.inject("/metrics")).body;
  };
  const followed = (number: number, time = now) => writeCheckpoint(db, { number, hash: `0x${number}`, time });
  return { db, metrics, live, api, ready, metricsText, followed, later: (seconds: number) => (now += seconds) };
}

describe("how a relayer says that it works", () => {
  it("is ready with a new block, a store that takes writes, and its broker", async () => {
    const { ready, followed, live, later } = await scene();
    expect(await ready()).to.deep.equal({ status: 503, reasons: ["chain"], role: "leader" });
    await followed(7);
    expect(await ready()).to.deep.equal({ status: 200, reasons: [], role: "leader" });
    live.broker = false;
    expect(await ready()).to.deep.equal({ status: 503, reasons: ["broker"], role: "leader" });
    Object.assign(live, { broker: true, phase: "recovering" });
    expect(await ready()).to.deep.equal({ status: 503, reasons: ["recovery"], role: "leader" });
    Object.assign(live, { phase: "ready", trouble: "The store has no room left." });
    expect(await ready()).to.deep.equal({ status: 503, reasons: ["store"], role: "leader" });
    Object.assign(live, { broker: null, leads: false, trouble: null });
    expect(await ready()).to.deep.equal({ status: 200, reasons: [], role: "standby" });
    later(60);
    expect(await ready()).to.deep.equal({ status: 503, reasons: ["chain"], role: "standby" });
    await followed(8);
    expect((await ready()).status).to.equal(200);
  });

  it("is not ready while its key is elsewhere and does not sign, and asks for that every ten seconds", async () => {
    let asked = 0;
    let trouble: Error | null = null;
    const checkSigner = () => (asked++, trouble === null ? Promise.resolve() : Promise.reject(trouble));
    const { ready, followed, later } = await scene({ checkSigner });
    await followed(7);
    expect((await ready()).reasons).to.deep.equal([]);
    trouble = new RetryableError("signer-unreachable", "The web3signer does not answer.");
    expect((await ready()).reasons).to.deep.equal([]);
    expect(asked).to.equal(1);
    later(10);
    expect(await ready()).to.deep.equal({ status: 503, reasons: ["signer"], role: "leader" });
    trouble = null;
    later(10);
    expect((await ready()).status).to.equal(200);
    expect(asked).to.equal(3);
  });

  it("is not ready when the store cannot be written, or is gone", async () => {
    const { db, ready, followed, metricsText } = await scene();
    await followed(7);
    await db.schema.dropTable("counters").execute();
    expect((await ready()).reasons).to.deep.equal(["store"]);
    expect(await metricsText()).to.include(`factorychain_store_up{relayer="${ADDRESS}"} 0`);
    await db.destroy();
    expect((await ready()).reasons).to.deep.equal(["store"]);
    expect(await metricsText()).to.include(`factorychain_ready{relayer="${ADDRESS}"} 0`);
  });

  it("asks the store once for all who ask within two seconds", async () => {
    const { api, metricsText } = await scene();
    await metricsText();
    const queries = async () => /query_seconds_count\S* (\d+)/.exec((await api.inject("/metrics")).body)?.[1];
    const before = await queries();
    for (let i = 0; i < 20; i++) await api.inject("/ready");
    expect(await queries()).to.equal(before);
    await metricsText();
    expect(await queries()).to.not.equal(before);
  });

  it("gives Prometheus what the store holds, and what the process knows", async () => {
    const { db, followed, metricsText } = await scene();
    await followed(7);
    const rows = [counted, counted, refused("signature", ""), waiting("order-unknown", "")];
    for (const [i, verdict] of rows.entries()) {
      const message = {
        id: i + 1,
        received: NOW,
        topic: "t",
        source: "s",
        size: 1,
        payload: "",
        encoding: "utf8" as const,
      };
      const rest = { device: null, event_id: null, event: null, ...verdict };
      await db
        .insertInto("messages")
        .values({ ...message, ...rest })
        .execute();
    }
    await db.insertInto("signed_digests").values({ batch_id: "0x1", digest: "0x2" }).execute();
    const transaction = { sender: ADDRESS, recipient: "", data: "", gas: "1", raw: null, hash: null };
    const nowhere = { block_number: null, block_hash: null, block_time: null };
    for (const [nonce, state] of [
      [4, "included"],
      [5, "prepared"],
    ] as const) {
      await db
        .insertInto("transactions")
        .values({ ...transaction, ...nowhere, nonce, id: `i${nonce}`, state })
        .execute();
    }
    await db.insertInto("leases").values({ name: "signer", holder: "host/1/x", epoch: 3, expires: 0 }).execute();
    const text = await metricsText();
    const value = (name: string, labels = "") =>
      new RegExp(
        `^factorychain_${name}\\{${labels}${labels === "" ? "" : ","}relayer="${ADDRESS}"\\} (\\S+)$`,
        "m",
      ).exec(text)?.[1];
    expect(value("messages", 'status="counted",reason=""')).to.equal("2");
    expect(value("messages", 'status="refused",reason="signature"')).to.equal("1");
    expect(value("messages", 'status="waiting",reason="order-unknown"')).to.equal("1");
    expect(value("signed_digests")).to.equal("1");
    expect(value("transactions_open", `account="${ADDRESS}"`)).to.equal("1");
    expect(value("next_nonce", `account="${ADDRESS}"`)).to.equal("6");
    expect(value("lease_epoch")).to.equal("3");
    expect(value("lease_info", 'holder="host/1/x"')).to.equal("1");
    expect(value("head_block")).to.equal("7");
    expect(value("mqtt_connected")).to.equal("1");
    expect(value("rpc_endpoint", 'url="http://node.example:8545/"')).to.equal("1");
    expect(value("rpc_head_block", 'url="http://node.example:8545/"')).to.equal("9");
    expect(value("rpc_switches")).to.equal("2");
    expect(value("peer_suspicions", `member="${ADDRESS}",suspicion="equivocated"`)).to.equal("2");
    expect(text).to.match(/^process_cpu_seconds_total/m);
  });

  it("forgets series that are no more", async () => {
    const { live, metricsText } = await scene();
    expect(await metricsText()).to.include('url="http://node.example:8545/"');
    live.nodes = nodesOf("http://other.example/");
    expect(await metricsText())
      .to.include('url="http://other.example/"')
      .and.not.include("node.example");
  });

  it("counts what the log says", async () => {
    const { metrics, metricsText } = await scene();
    const said: string[] = [];
    const say = (_fields: object, message: string) => void said.push(message);
    const log = metrics.counted({ info: say, warn: say, error: say });
    log.info({ batch: "0x1" }, "proposed a batch");
    log.info({ decision: "refuse" }, "reviewed a proposal");
    log.warn({ peer: "https://two.example" }, "a peer did not answer");
    log.error({ block: 4, blocks: 3 }, "the chain took back blocks that counted as final");
    const text = await metricsText();
    expect(text).to.match(/factorychain_batches_total\{step="proposed",\S+ 1$/m);
    expect(text).to.match(/factorychain_batches_total\{step="submitted",\S+ 0$/m);
    expect(text).to.match(/factorychain_reviews_total\{decision="refuse",\S+ 1$/m);
    expect(text).to.match(/factorychain_peer_failures_total\{peer="https:\/\/two\.example",\S+ 1$/m);
    expect(text).to.match(/factorychain_log_lines_total\{level="info",\S+ 2$/m);
    expect(text).to.match(/factorychain_final_blocks_undone_total\{\S+ 3$/m);
    expect(said).to.have.length(4);
  });

  it("counts sentences that the relayer says", () => {
    const folder = new URL("../../src/relayer/", import.meta.url);
    const others = readdirSync(folder).filter((name) => name !== "metrics.ts");
    const source = others.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
    for (const sentence of [...Object.keys(STEPS), ...COUNTED]) expect(source, sentence).to.include(`"${sentence}"`);
  });
});

describe("the Grafana dashboard", () => {
  it("asks for metrics that there are, and shows each of ours", async () => {
    const { metrics } = await scene();
    const text = readFileSync(DASHBOARD, "utf8");
    const queries = [...text.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, query = ""]) => query);
    expect(queries.length).to.be.greaterThan(20);
    const named = queries.flatMap((query) => query.match(/\b(?:factorychain|process|nodejs)_\w+/g) ?? []);
    for (const query of queries) expect(query).to.match(/factorychain_|process_|nodejs_/);
    const there = new Set(metrics.names().flatMap((name) => [name, `${name}_bucket`]));
    expect(named.filter((name) => !there.has(name))).to.deep.equal([]);
    const shown = new Set(named.map((name) => name.replace(/_bucket$/, "")));
    expect(metrics.names().filter((name) => name.startsWith("factorychain_") && !shown.has(name))).to.deep.equal([]);
  });
});
