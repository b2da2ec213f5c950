import { expect } from "chai";
import Fastify from "fastify";
import type { Kysely } from "kysely";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import { addOperatorApi } from "../../src/relayer/operatorApi.ts";
import { refused, waiting } from "../../src/relayer/status.ts";
import type { Verdict } from "../../src/relayer/status.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createDevice } from "../support/device.ts";
import { createRelayerNetwork, makeOrder, NOW, orderUri, lgtin } from "../support/relayerNetwork.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

async function scene({ token = null }: { token?: string | null } = {}) {
  const db = (await openDatabase<RelayerTables>({
    url: ":memory:",
    migrations: relayerMigrations,
  })) as unknown as Kysely<RelayerTables>;
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => reply.code(403).send({ code: (error as { code?: string }).code }));
  addOperatorApi({ app, db, token });
  const hold = async (id: number, verdict: Verdict): Promise<void> => {
    const bytes = { payload: "", encoding: "utf8" as const };
    const key = { device: "0x1", event_id: `e${id}` };
    const event = {
      received: NOW,
      content: "0x",
      kind: "delivery" as const,
      time: NOW,
      body: "{}",
      order_id: null,
      final_at: null,
    };
    await db
      .insertInto("events")
      .values({ id, ...key, ...event, ...bytes, ...verdict })
      .execute();
    await db
      .insertInto("messages")
      .values({ id, received: NOW, topic: "t", source: "s", size: 1, ...key, event: id, ...bytes, ...verdict })
      .execute();
  };
  const retry = async (p: { body?: object; headers?: Record<string, string>; from?: string } = {}) => {
    const { body = {}, headers = {}, from = "127.0.0.1" } = p;
    const url = "/v1/operator/retry";
    const answer = await app.inject({ method: "POST", url, payload: body, headers, remoteAddress: from });
    return { status: answer.statusCode, ...answer.json<{ events?: number; code?: string }>() };
  };
  const statuses = async () =>
    (await db.selectFrom("events").select("status").orderBy("id").execute()).map(({ status }) => status);
  return { db, hold, retry, statuses };
}

describe("an operator's retry", () => {
  it("has what waits or may pass judged again, and nothing that is final", async () => {
    const { db, hold, retry, statuses } = await scene();
    await hold(1, waiting("no-room", ""));
    await hold(2, refused("after-expiry", ""));
    await hold(3, refused("conflict", ""));
    await hold(4, { status: "counted", reason: null, detail: null });
    expect(await retry()).to.deep.equal({ status: 200, events: 2 });
    expect(await statuses()).to.deep.equal(["pending", "pending", "refused", "counted"]);
    const shown = await db.selectFrom("messages").select(["status", "reason"]).where("id", "=", 2).execute();
    expect(shown).to.deep.equal([{ status: "pending", reason: null }]);
  });

  it("takes the messages that are named, and no others", async () => {
    const { hold, retry, statuses } = await scene();
    for (const id of [1, 2, 3]) await hold(id, waiting("no-room", ""));
    expect(await retry({ body: { messages: [2, 99] } })).to.deep.equal({ status: 200, events: 1 });
    expect(await statuses()).to.deep.equal(["waiting", "pending", "waiting"]);
    expect((await retry({ body: { all: true } })).status).to.equal(403); // no such member: nothing was done
  });

  it("is nobody else's: without a token it comes from this machine and through nothing", async () => {
    const { retry } = await scene();
    for (const from of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
      expect((await retry({ from })).status, from).to.equal(200);
    for (const from of ["10.0.0.7", "::ffff:10.0.0.7", "2001:db8::1"])
      expect(await retry({ from })).to.deep.equal({ status: 403, code: "not-operator" });
    for (const header of ["origin", "forwarded", "x-forwarded-for", "x-real-ip"])
      expect((await retry({ headers: { [header]: "http://127.0.0.1" } })).code, header).to.equal("not-operator");
  });

  it("with a token, is whose it is, from wherever", async () => {
    const { retry } = await scene({ token: TOKEN });
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, from: "10.0.0.7" });
    expect((await retry(bearer(TOKEN))).status).to.equal(200);
    for (const token of ["", TOKEN.slice(1), `${TOKEN}0`])
      expect((await retry(bearer(token))).code).to.equal("not-operator");
    expect((await retry()).code).to.equal("not-operator");
  });

  it("changes no verdict by itself: what still waits, waits again, and what may count, counts", async () => {
    const net = await createRelayerNetwork();
    const device = createDevice();
    net.enrol(device, 1);
    await net.publish(device, {
      type: "ObjectEvent",
      eventID: "e1",
      eventTime: new Date((NOW - 100) * 1000).toISOString(),
      eventTimeZoneOffset: "+00:00",
      action: "OBSERVE",
      bizStep: "receiving",
      bizTransactionList: [{ type: "po", bizTransaction: orderUri(makeOrder().document.sheet.number) }],
      extension: {},
      quantityList: [{ epcClass: lgtin(0), quantity: 4 }],
    });
    await net.step(2);
    const answer = await net.network[0]?.relayer.api.inject({ method: "GET", url: "/v1/messages?status=waiting" });
    expect(answer?.json<unknown[]>()).to.have.length(1);
    for (const { db } of net.network) {
      const app = Fastify();
      addOperatorApi({ app, db: db as unknown as Kysely<RelayerTables>, token: null });
      await app.inject({ method: "POST", url: "/v1/operator/retry", payload: {} });
    }
    await net.step(2);
    expect((await net.messages())[0]).to.deep.include({ status: "waiting", reason: "order-unknown" });
    await net.close();
  });
});
