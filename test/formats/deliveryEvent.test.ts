import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { keccak256, toUtf8Bytes } from "ethers";
import { EventRefusedError } from "../../src/formats/reasons.ts";
import { canonicalJson } from "../../src/lib/canonical.ts";
import { bytes, delivery, parseJsonEvent } from "./documents.ts";

const text = (value: unknown) => bytes(typeof value === "string" ? value : JSON.stringify(value));
const read = (members: Record<string, unknown> = {}) => parseJsonEvent(text(delivery(members)));
const refusal = (payload: Uint8Array): EventRefusedError => {
  try {
    parseJsonEvent(payload);
  } catch (error) {
    expect(error).to.be.instanceOf(EventRefusedError);
    return error as EventRefusedError;
  }
  throw new Error("read");
};
const po = (bizTransaction: unknown, type = "po") => ({ bizTransactionList: [{ type, bizTransaction }] });
const document = (...events: object[]) => ({
  type: "EPCISDocument",
  schemaVersion: "2.0",
  epcisBody: { eventList: events },
});

describe("parseDeliveryEvent", () => {
  it("reads a delivery", () => {
    expect(read({ "factorychain:sequence": 7 })).to.deep.equal({
      eventId: "urn:uuid:1",
      time: Date.parse("2026-11-08T23:12:40Z") / 1000,
      kind: "delivery",
      order: { kind: "number", buyer: "8801234500012", number: "PO-1" },
      items: [{ gtin: "08809876500100", line: null, quantity: "4", unit: null }],
      sequence: 7,
      contentHash: keccak256(toUtf8Bytes(canonicalJson(delivery({ "factorychain:sequence": 7 })))),
    });
  });

  it("reads the same in a document, and with other spaces", () => {
    const bare = read();
    expect(parseJsonEvent(text(document(delivery())))).to.deep.equal(bare);
    expect(parseJsonEvent(text(JSON.stringify(delivery(), null, 4)))).to.deep.equal(bare);
  });

  it("hashes every member", () => {
    expect(read({ readPoint: { id: "urn:epc:id:sgln:8801234.50001.0" } }).contentHash).to.not.equal(read().contentHash);
  });

  for (const bizStep of [
    "receiving",
    "accepting",
    "urn:epcglobal:cbv:bizstep:receiving",
    "https://ref.gs1.org/cbv/BizStep-receiving",
    "http://ns.gs1.org/cbv/BizStep-accepting",
    "https://ns.gs1.org/voc/Bizstep-receiving",
    "cbv:BizStep-receiving",
  ]) {
    it(`takes ${bizStep} for a delivery`, () => expect(read({ bizStep, action: "ADD" }).kind).to.equal("delivery"));
  }

  for (const [uri, order] of [
    [
      "urn:epcglobal:cbv:bt:8801234500012:PO%2F7%20%EA%B0%80",
      { kind: "number", buyer: "8801234500012", number: "PO/7 가" },
    ],
    ["urn:epcglobal:cbv:bt:8801234500012:A:B", { kind: "number", buyer: "8801234500012", number: "A:B" }],
    ["http://transaction.acme.com/po/12345678", { kind: "number", buyer: null, number: "12345678" }],
    ["https://erp.example/orders/PO%2D7/?x=1#y", { kind: "number", buyer: null, number: "PO-7" }],
    [`urn:factorychain:order:0x${"Ab".repeat(32)}`, { kind: "id", id: `0x${"ab".repeat(32)}` }],
  ] as const) {
    it(`reads the order reference ${uri}`, () => expect(read(po(uri)).order).to.deep.equal(order));
  }

  it("knows purchase orders by every name of the type", () => {
    const names = [
      "po",
      "urn:epcglobal:cbv:btt:po",
      "https://ref.gs1.org/cbv/BTT-po",
      "http://ns.gs1.org/cbv/BTT-po",
      "cbv:BTT-po",
    ];
    for (const name of names) expect(read(po("https://a.example/7", name)).order, name).to.have.property("number", "7");
    const also = [
      { type: "desadv", bizTransaction: "urn:x:1" },
      { bizTransaction: "urn:x:2" },
      ...po("https://a.example/7").bizTransactionList,
    ];
    expect(read({ bizTransactionList: [...also, ...also] }).order).to.have.property("number", "7");
  });

  it("reads items one by one and by quantity", () => {
    const items = read({
      epcList: ["urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/09506000134352/21/12345"],
      quantityList: [
        { epcClass: "urn:epc:class:lgtin:4012345.012345.998877", quantity: 200.25, uom: "KGM" },
        { epcClass: "urn:epc:idpat:sgtin:4012345.012345.*", quantity: 1 },
      ],
    }).items;
    expect(items).to.deep.equal([
      { gtin: "10614141073464", line: null, quantity: "1", unit: null },
      { gtin: "09506000134352", line: null, quantity: "1", unit: null },
      { gtin: "04012345123456", line: null, quantity: "200.25", unit: "KGM" },
      { gtin: "04012345123456", line: null, quantity: "1", unit: null },
    ]);
  });

  it("reads items without a GTIN by their line", () => {
    const line = { "factorychain:line": "30" };
    const item = { gtin: null, line: "30", quantity: "2", unit: null };
    expect(read({ ...line, quantityList: [{ epcClass: "urn:example:bracket", quantity: 2 }] }).items).to.deep.equal([
      item,
    ]);
    expect(read({ ...line, quantityList: [{ quantity: 2 }] }).items).to.deep.equal([item]);
    expect(
      read({ ...line, quantityList: undefined, epcList: ["urn:epc:id:giai:0614141.12345"] }).items[0]?.line,
    ).to.equal("30");
  });

  it("takes a quantity as it is written, never through a float", () => {
    const quantity = (literal: string) =>
      parseJsonEvent(text(JSON.stringify(delivery()).replace('"quantity":4', `"quantity":${literal}`))).items[0]
        ?.quantity;
    expect(["0.1", "0.30", "1e2", "1.5E-3", "12345678.123456"].map(quantity)).to.deep.equal([
      "0.1",
      "0.3",
      "100",
      "0.0015",
      "12345678.123456",
    ]);
    // Two quantities that JSON numbers cannot tell apart would have one content hash.
    for (const literal of ["0.1000000000000000000001", "9007199254740993"]) {
      expect(() => quantity(literal))
        .to.throw(EventRefusedError, "more digits")
        .with.property("reason", "quantity");
    }
  });

  it("reads a correction by its event id alone", () => {
    const errorDeclaration = { declarationTime: "2026-11-10T00:00:00Z", reason: "incorrect_data" };
    const correction = {
      ...read(),
      kind: "correction",
      items: [],
      contentHash: read({ errorDeclaration }).contentHash,
    };
    expect(read({ errorDeclaration })).to.deep.equal(correction);
    expect(
      read({ errorDeclaration, bizTransactionList: undefined, quantityList: undefined, bizStep: "shipping" }),
    ).to.include({ kind: "correction", order: null });
    expect(read({ errorDeclaration, ...po("urn:unknown") }).order).to.equal(null);
  });

  for (const [what, reason, members] of [
    ["an event that observes something else", "not-a-delivery", { bizStep: "shipping" }],
    [
      "a business step that only looks like one",
      "not-a-delivery",
      { bizStep: "https://evil.example/cbv/BizStep-receiving" },
    ],
    ["an event without a business step", "not-a-delivery", { bizStep: undefined }],
    ["a deletion", "not-a-delivery", { action: "DELETE" }],
    ["an aggregation", "not-a-delivery", { type: "AggregationEvent" }],
    ["an unknown type", "malformed", { type: "Event" }],
    ["no type", "malformed", { type: undefined }],
    ["no event id", "malformed", { eventID: undefined }],
    ["an event id with a control character", "malformed", { eventID: "a\u001b[2J" }],
    ["no time", "malformed", { eventTime: undefined }],
    ["a local time", "malformed", { eventTime: "2026-11-09T08:12:40" }],
    ["a day that does not exist", "malformed", { eventTime: "2026-02-30T08:12:40Z" }],
    ["an hour that does not exist", "malformed", { eventTime: "2026-02-20T24:00:00Z" }],
    ["a time before 1970", "malformed", { eventTime: "1969-12-31T23:59:59Z" }],
    ["an offset that is none", "malformed", { eventTimeZoneOffset: "KST" }],
    ["no order", "order-reference", { bizTransactionList: undefined }],
    ["another transaction only", "order-reference", po("https://a.example/7", "inv")],
    ["an order in an unknown form", "order-reference", po("urn:epc:id:gdti:0614141.06012.1234")],
    ["an order of a short GLN", "order-reference", po("urn:epcglobal:cbv:bt:0614141:1152")],
    ["an order id that is too short", "order-reference", po("urn:factorychain:order:0xab")],
    ["a broken percent-encoding", "order-reference", po("https://a.example/%E0%A4%A")],
    ["an address without a path", "order-reference", po("https://a.example/")],
    [
      "two orders",
      "order-reference",
      {
        bizTransactionList: [
          ...po("https://a.example/7").bizTransactionList,
          ...po("https://a.example/8").bizTransactionList,
        ],
      },
    ],
    ["no items", "quantity", { quantityList: [] }],
    ["a quantity of zero", "quantity", { quantityList: [{ epcClass: "urn:x:1", quantity: 0 }] }],
    ["a negative quantity", "quantity", { quantityList: [{ epcClass: "urn:x:1", quantity: -1 }] }],
    ["a quantity as text", "quantity", { quantityList: [{ epcClass: "urn:x:1", quantity: "4" }] }],
    ["a missing quantity", "quantity", { quantityList: [{ epcClass: "urn:x:1" }] }],
    ["a class without a name", "malformed", { quantityList: [{ quantity: 1 }] }],
    ["a unit that is no text", "malformed", { quantityList: [{ epcClass: "urn:x:1", quantity: 1, uom: 7 }] }],
    [
      "an item twice",
      "malformed",
      { epcList: ["urn:epc:id:sgtin:0614141.107346.1", "urn:epc:id:sgtin:0614141.107346.1"] },
    ],
    ["a class in epcList", "malformed", { epcList: ["https://id.gs1.org/01/09506000134352"] }],
    [
      "an item in quantityList",
      "malformed",
      { quantityList: [{ epcClass: "urn:epc:id:sgtin:0614141.107346.1", quantity: 5 }] },
    ],
    ["a list that is none", "malformed", { epcList: {} }],
    ["a line that is no text", "malformed", { "factorychain:line": 30 }],
    ["a sequence that is no whole number", "malformed", { "factorychain:sequence": 1.5 }],
  ] as const) {
    it(`refuses ${what} as ${reason}`, () => {
      const error = refusal(text(delivery(members)));
      expect(error.reason, error.message).to.equal(reason);
      expect(error.eventId).to.equal(what.includes("event id") ? null : "urn:uuid:1");
    });
  }

  for (const [what, reason, payload] of [
    ["no JSON", "malformed", "hello"],
    ["a list", "malformed", [delivery()]],
    ["a name twice", "malformed", JSON.stringify(delivery()).replace('"quantity":4', '"quantity":4,"quantity":5')],
    ["a broken character", "malformed", JSON.stringify(delivery({ note: "x" })).replace('"x"', '"\\ud800"')],
    ["a number without end", "malformed", JSON.stringify(delivery({ note: 1 })).replace('"note":1', '"note":1e999')],
    ["a document of EPCIS 1.2", "unsupported", { ...document(delivery()), schemaVersion: "1.2" }],
    ["a document of two events", "malformed", document(delivery(), delivery())],
    ["a document of none", "malformed", document()],
  ] as const) {
    it(`refuses ${what} as ${reason}`, () => expect(refusal(text(payload)).reason).to.equal(reason));
  }

  it("shows foreign text short and without control characters", () => {
    const { message } = refusal(text(delivery(po(`urn:x:\u001b[2J\u202e${"y".repeat(200)}`))));
    expect(message).to.contain("urn:x:?[2J?yyy").and.to.have.length.below(160);
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(refusal(Uint8Array.from([0x7b, 0xff, 0x7d])).reason).to.equal("malformed");
  });

  it("throws nothing but refusals, whatever is changed", () => {
    const whole = JSON.stringify(
      document(delivery({ epcList: ["urn:epc:id:sgtin:0614141.107346.1"], "factorychain:line": "1" })),
    );
    const splice = fc.tuple(
      fc.nat(whole.length),
      fc.nat(30),
      fc.oneof(fc.string(), fc.constantFrom("null", "{}", "[]", "1e9", '"', ",", '"__proto__":1,')),
    );
    fc.assert(
      fc.property(fc.array(splice, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = changes.reduce(
          (now, [at, gone, added]) => now.slice(0, at) + added + now.slice(at + gone),
          whole,
        );
        try {
          parseJsonEvent(bytes(changed));
        } catch (error) {
          if (!(error instanceof EventRefusedError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(refusal(bytes(json)).reason).to.be.oneOf(["malformed", "not-a-delivery"]);
      }),
    );
  });
});
