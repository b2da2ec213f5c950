import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { deviceTopic, parseJwkSet } from "../../src/formats/jwk.ts";
import { matchItems } from "../../src/formats/matchItems.ts";
import { termsDates } from "../../src/formats/orderDates.ts";
import { toOrderSheet } from "../../src/formats/orderSheet.ts";
import { REFUSAL_REASONS, WAITING_REASONS } from "../../src/formats/reasons.ts";
import { parseRecordedStream } from "../../src/formats/recordedStream.ts";
import { parseUblOrder } from "../../src/formats/ublOrder.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { decodeMessage } from "../../src/relayer/encoding.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const order = parseUblOrder(read("examples/order.xml"));
const sheet = toOrderSheet({ order, salt: `0x${"00".repeat(32)}` });

describe("the example", () => {
  it("is a blanket order that stays open for years", () => {
    expect(order.lines.map(({ amount }) => BigInt(amount)).reduce((a, b) => a + b)).to.equal(BigInt(order.payable));
    expect([order.number, order.currency, order.payable, order.issued]).to.deep.equal([
      "BO-2026-0117",
      "KRW",
      "12273525",
      "2026-11-02T00:30:00Z",
    ]);
    const now = Date.parse("2034-01-01") / 1000;
    expect(termsDates({ order, now, termDays: 60 }).source).to.equal("order");
  });

  it("holds what examples/README.md says, line by line", async () => {
    const devices = new Map(
      parseJwkSet(read("examples/devices.json").toString()).map((device) => [device.device, device]),
    );
    const seen = new Map<string, string>();
    const stream: string[] = [];
    for (const { topic, payload } of parseRecordedStream(read("examples/events.jsonl").toString())) {
      const envelope = openEnvelope(payload);
      const device = devices.get(envelope.device);
      expect(device, topic).to.not.equal(undefined);
      expect(topic).to.equal(deviceTopic(envelope.device));
      if (device === undefined || !(await envelope.verify(device.key))) {
        stream.push("forged");
        continue;
      }
      const event = parseDeliveryEvent(envelope);
      expect(event.time).to.be.within(Date.parse(order.issued ?? "") / 1000, Date.parse("2026-11-22T01:00:00Z") / 1000);
      const before = seen.get(event.eventId);
      seen.set(event.eventId, event.contentHash);
      if (before !== undefined) stream.push(before === event.contentHash ? "replayed" : "conflict");
      else if (device.owner !== undefined) stream.push(`of ${device.owner}`);
      else if (event.order?.kind === "number" && event.order.number !== order.number)
        stream.push(`for ${event.order.number}`);
      else stream.push(matched(event));
    }
    const expected = [
      "0: 400",
      "1: 120250",
      "2: 15",
      "0: 2",
      "replayed",
      "forged",
      "0: 50",
      "conflict",
      "1: 130250",
      "0: 700",
      "for BO-2026-9999",
      "of 8809876500018",
      "unit",
    ];
    expect(stream).to.deep.equal(expected);
  });

  it("has messages in every envelope and algorithm, by a writer that shares nothing with the reader", async () => {
    const devices = parseJwkSet(read("examples/devices-cose.json").toString());
    const found: string[] = [];
    for (const { topic, payload } of parseRecordedStream(read("examples/events-cose.jsonl").toString())) {
      try {
        const envelope = openEnvelope(payload);
        const device = devices.find((one) => one.device === envelope.device);
        expect(topic).to.equal(deviceTopic(envelope.device));
        expect(device !== undefined && (await envelope.verify(device.key))).to.equal(true);
        const kind = payload[0] === 0x65 ? "JWS" : payload[0] === 0xd2 ? "tagged COSE" : "COSE";
        found.push(`${kind} ${envelope.algorithm} ${matched(parseDeliveryEvent(envelope))}`);
      } catch (error) {
        found.push((error as { reason: string }).reason);
      }
    }
    const first = "ES256 0: 300";
    const expected = [`tagged COSE ${first}`, "COSE ES256K 1: 120250", "JWS ES256K 2: 15", `JWS ${first}`, "signature"];
    expect(found).to.deep.equal(expected);
  });

  it("is read whole by these tests: every file in the folder", () => {
    const files = readdirSync(new URL("../../examples/", import.meta.url)).filter((name) => name !== "README.md");
    const source = read("test/formats/examples.test.ts").toString();
    for (const name of files) expect(source, name).to.include(`read("examples/${name}")`);
    const page = read("examples/README.md").toString();
    for (const name of files) expect(page, name).to.include(name);
  });

  function matched(event: ReturnType<typeof parseDeliveryEvent>): string {
    try {
      return matchItems({ event, sheet })
        .map(({ line, quantity }) => `${line}: ${quantity}`)
        .join();
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  }
});

describe("parseRecordedStream", () => {
  const line = (parts: object) =>
    JSON.stringify({ topic: "factorychain/devices/x/events", payload: "e30", encoding: "utf8", ...parts });

  it("reads text and bytes, and skips empty lines", () => {
    const found = parseRecordedStream(`${line({})}\r\n\n${line({ encoding: "base64url" })}\n`);
    expect(found.map(({ payload }) => new TextDecoder().decode(payload))).to.deep.equal(["e30", "{}"]);
  });

  for (const [what, text] of [
    ["no JSON", "eyJ"],
    ["a list", "[]"],
    ["another encoding", line({ encoding: "base64" })],
    ["padded base64url", line({ encoding: "base64url", payload: "e30=" })],
    ["a topic to subscribe to", line({ topic: "factorychain/#" })],
    ["a field too many", line({ note: "" })],
    ["a payload that is no text", line({ payload: {} })],
  ] as const) {
    it(`refuses ${what} and names the line`, () => {
      expect(() => parseRecordedStream(`${line({})}\n${text}`))
        .to.throw(FactoryChainError, "Line 2")
        .with.property("code", "stream-invalid");
    });
  }
});

describe("docs/formats/delivery-event.md", () => {
  it("lists every reason with its meaning, and no other", () => {
    const page = read("docs/formats/delivery-event.md").toString();
    const chapter = page.slice(page.indexOf("## What becomes of an event"), page.indexOf("## Test vectors"));
    const rows = [...chapter.matchAll(/^\| `([a-z-]+)` *\| (.*?) *\|$/gm)];
    const listed = rows.map(([, code, meaning]) => [code, meaning]);
    const reasons = [...Object.entries(REFUSAL_REASONS), ...Object.entries(WAITING_REASONS)];
    expect(listed).to.deep.equal(reasons);
  });

  it("gives test vectors that hold", async () => {
    const page = read("docs/formats/delivery-event.md").toString();
    const vectors = JSON.parse(/```json test-vector\n([\s\S]*?)```/.exec(page)?.[1] ?? "null");
    const devices = parseJwkSet(JSON.stringify({ keys: vectors.keys }));
    expect(vectors.messages).to.have.length(6);
    for (const { writes, device, ...message } of vectors.messages) {
      const envelope = openEnvelope(decodeMessage(message));
      const key = devices.find((one) => one.device === device)?.key;
      expect(envelope.device, writes).to.equal(device);
      expect(key !== undefined && (await envelope.verify(key)), writes).to.equal(true);
      expect(parseDeliveryEvent(envelope), writes).to.deep.equal(vectors.reads);
    }
  });
});
