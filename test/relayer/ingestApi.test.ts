import { expect } from "chai";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { RetryableError } from "../../src/lib/errors.ts";
import type { FactoryChainError } from "../../src/lib/errors.ts";
import { createApi } from "../../src/relayer/api.ts";
import type { Message } from "../../src/relayer/inbox.ts";
import { cborOf, map } from "../support/cbor.ts";
import { createDevice } from "../support/device.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";

const JOSE = "application/jose";
const HOST = { host: "127.0.0.1", port: 0 };

async function fixture() {
  const network = await createOrderNetwork();
  const { relayer } = network.network[0]!;
  const post = async (payload: Uint8Array | string, type: string | null = JOSE) => {
    const headers = type === null ? {} : { "content-type": type };
    const answer = await relayer.api.inject({
      method: "POST",
      url: "/v1/events",
      headers,
      payload: Buffer.from(payload),
    });
    const body = answer.body === "" ? {} : answer.json<Record<string, unknown>>();
    return { code: answer.statusCode, type: answer.headers["content-type"], headers: answer.headers, body };
  };
  return { ...network, relayer, post };
}

describe("events over HTTP", () => {
  it("takes a JWS and a COSE message, and says 200 when the same event comes again", async () => {
    const { post, device, step, chain, order, network } = await fixture();
    const event = deliveryOf("a", 4);
    const first = await post(device.signJws(event));
    expect([first.code, first.body]).to.deep.equal([201, { status: "pending", reason: null, detail: null }]);
    const { alg, contentType, kid } = device.headers(60);
    const cose = await post(device.signCose(cborOf(event), { sealed: map(alg, contentType, kid) }), "application/cose");
    expect([cose.code, cose.body["status"]]).to.deep.equal([200, "duplicate"]);
    await network[1]?.relayer.receive({ topic: device.topic, payload: device.signJws(event), retained: false });
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("says 202 to what waits, and 422 with the reason to what can never count, and keeps it", async () => {
    const { post, device, relayer } = await fixture();
    const stranger = createDevice();
    const waits = await post(stranger.signJws(deliveryOf("s", 1)));
    expect([waits.code, waits.body["reason"]]).to.deep.equal([202, "device-unknown"]);
    const forged = await post(createDevice().signJws(deliveryOf("f", 1), { kid: device.kid }));
    expect([forged.code, forged.type]).to.deep.equal([422, "application/problem+json; charset=utf-8"]);
    expect(forged.body).to.include({
      reason: "signature",
      status: 422,
      type: "urn:factorychain:problem:event-signature",
    });
    const empty = await post("");
    expect([empty.code, empty.body["reason"]]).to.deep.equal([422, "malformed"]);
    const kept = (await relayer.api.inject("/v1/refused")).json<{ id: number; reason: string; source: string }[]>();
    expect(kept.map(({ reason, source }) => `${reason} ${source}`)).to.deep.equal([
      "signature http:127.0.0.1",
      "malformed http:127.0.0.1",
    ]);
  });

  it("says 413 to what is too large, and keeps its beginning", async () => {
    const { post, relayer, device, network } = await fixture();
    const exact = await post(Buffer.alloc(64 * 1024, "x"));
    expect([exact.code, exact.body["reason"]]).to.deep.equal([422, "unsupported"]);
    const over = await post(Buffer.alloc(64 * 1024 + 1, "x"));
    expect([over.code, over.body["reason"]]).to.deep.equal([413, "too-large"]);
    expect((await post(Buffer.alloc(1024 * 1024 + 1, "x"))).code).to.equal(413);
    const [, large] = (await relayer.api.inject("/v1/refused")).json<{ id: number; detail: string; size: number }[]>();
    expect(large?.detail).to.match(/65537 bytes.*SHA-256 hash, 0x[0-9a-f]{64}\.$/);
    const whole = (await relayer.api.inject(`/v1/refused/${String(large?.id)}`)).json<{ payload: string }>();
    expect(whole.payload).to.equal("x".repeat(256));
    expect((await relayer.api.inject("/v1/refused/999")).statusCode).to.equal(404);
    await post(device.signJws(deliveryOf("a", 1)));
    expect(await network[0]!.db.selectFrom("events").select("id").execute()).to.have.length(1);
  });

  it("takes no other types", async () => {
    const { post, device } = await fixture();
    const message = device.signJws(deliveryOf("a", 1));
    for (const type of ["application/json", "text/plain", "application/octet-stream", null])
      expect((await post(message, type)).code, String(type)).to.equal(415);
  });

  it("pages through what was refused, by device and reason", async () => {
    const { post, device, relayer } = await fixture();
    for (let i = 0; i < 5; i++) await post(Buffer.from(`junk ${String(i)}`));
    await post(createDevice().signJws(deliveryOf("f", 1), { kid: device.kid }));
    const list = async (query: string) => (await relayer.api.inject(`/v1/refused?${query}`)).json<{ id: number }[]>();
    const first = await list("limit=4");
    const rest = await list(`limit=4&after=${String(first.at(-1)?.id)}`);
    expect([first.length, rest.length]).to.deep.equal([4, 2]);
    expect(await list(`device=${device.id}`)).to.have.length(1);
    expect(await list("reason=unsupported")).to.have.length(5);
    expect((await relayer.api.inject("/v1/refused?limit=-1")).statusCode).to.equal(422);
  });

  /** The API over an inbox that does as the test says. */
  function apiOver(receive: (message: Message) => Promise<never>, requestTimeout?: number) {
    const none = { number: 1, hash: "0x", time: 1 };
    return createApi({
      db: null as never,
      address: "0x",
      head: () => none,
      inbox: { receive, learn: () => Promise.resolve([]) },
      standing: null as never,
      peers: { server: null } as never,
      sheets: null as never,
      ...(requestTimeout === undefined ? {} : { requestTimeout }),
    });
  }

  it("says when to come again while a quota is full, the inbox is, or the store is away", async () => {
    for (const [error, code] of [
      [new RetryableError("quota-full", "Full."), 429],
      [new RetryableError("inbox-full", "Full."), 503],
      [new RetryableError("store-unreachable", "Away."), 503],
    ] satisfies [FactoryChainError, number][]) {
      const api = apiOver(() => Promise.reject(error));
      const request = { method: "POST", url: "/v1/events", headers: { "content-type": JOSE }, payload: "e" } as const;
      const answer = await api.inject(request);
      expect([answer.statusCode, answer.headers["retry-after"]], error.code).to.deep.equal([code, "5"]);
      expect(answer.json<{ title: string }>().title).to.equal(error.code);
    }
  });

  it("cuts off who sends a body slowly, and takes nothing of it", async () => {
    let received = 0;
    const api = apiOver(() => Promise.reject(new Error(String(++received))), 200);
    await api.listen(HOST);
    const { port } = api.server.address() as AddressInfo;
    const socket = connect(port, HOST.host);
    socket.write(`POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: ${JOSE}\r\nContent-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => socket.write("e"), 20);
    let said = "";
    socket.on("data", (data) => (said += data.toString()));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve));
    clearInterval(drip);
    await api.close();
    expect(said).to.match(/^HTTP\/1\.1 408/);
    expect(received).to.equal(0);
  });
});
