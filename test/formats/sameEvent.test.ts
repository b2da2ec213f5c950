import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import type { DeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { EventRefusedError } from "../../src/formats/reasons.ts";
import { bstr, cborOf, float64, head, int, map, NULL, tag, tstr } from "../support/cbor.ts";
import { createDevice } from "../support/device.ts";
import { bytes, delivery, parseJsonEvent } from "./documents.ts";

const fromCbor = (payload: Uint8Array): DeliveryEvent =>
  parseDeliveryEvent({ payload, contentType: "application/cbor" });
const fromJson = (event: unknown): DeliveryEvent => parseJsonEvent(bytes(JSON.stringify(event)));
const refusal = (payload: Uint8Array): EventRefusedError => {
  try {
    fromCbor(payload);
  } catch (error) {
    expect(error).to.be.instanceOf(EventRefusedError);
    return error as EventRefusedError;
  }
  throw new Error("read");
};

/** The delivery in CBOR, with one more member. */
const withMember = (name: string, value: Uint8Array): Buffer => {
  const entries = Object.entries(delivery()).map(([key, member]) => [tstr(key), cborOf(member)] as const);
  return map(...entries, [tstr(name), value]);
};
/** The delivery in CBOR, with its quantity written as these bytes. */
const withQuantity = (quantity: Uint8Array): Buffer => {
  const element = map([tstr("epcClass"), tstr("https://id.gs1.org/01/08809876500100")], [tstr("quantity"), quantity]);
  const entries = Object.entries(delivery({ quantityList: undefined })).map(
    ([key, member]) => [tstr(key), cborOf(member)] as const,
  );
  return map(...entries, [tstr("quantityList"), Buffer.concat([head(4, 1), element])]);
};

describe("one event in whatever envelope", () => {
  it("is the same in a JWS, in COSE as JSON and in COSE as CBOR", async () => {
    for (const curve of ["P-256", "secp256k1"] as const) {
      const device = createDevice({ curve });
      const { alg, contentType, kid } = device.headers(60);
      const event = delivery({
        quantityList: [{ epcClass: "urn:epc:class:lgtin:880987650.0020.L2", quantity: 120.25 }],
      });
      const messages = [
        device.signJws(event),
        device.signCose(bytes(JSON.stringify(event))),
        device.signCose(cborOf(event), { sealed: map(alg, contentType, kid) }),
      ];
      const read = messages.map((message) => parseDeliveryEvent(openEnvelope(message)));
      expect(read[0]?.items[0]?.quantity).to.equal("120.25");
      expect(read[1]).to.deep.equal(read[0]);
      expect(read[2]).to.deep.equal(read[0]);
    }
  });

  it("is the same in CBOR with members in another order and of indefinite length", () => {
    const reversed = Object.fromEntries(Object.entries(delivery()).reverse());
    expect(fromCbor(cborOf(reversed))).to.deep.equal(fromJson(delivery()));
    const open = Buffer.concat([Buffer.from([0xbf]), cborOf(delivery()).subarray(1), Buffer.from([0xff])]);
    expect(fromCbor(open)).to.deep.equal(fromJson(delivery()));
  });

  it("is the same for every JSON that a member can hold", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (note) => {
        const event = delivery({ note: JSON.parse(JSON.stringify(note)) as unknown });
        expect(fromCbor(cborOf(event)).contentHash).to.equal(fromJson(event).contentHash);
      }),
    );
  });

  it("is another event when one value differs", () => {
    const { contentHash } = fromJson(delivery());
    expect(fromCbor(cborOf(delivery({ note: "1" }))).contentHash).to.not.equal(
      fromCbor(cborOf(delivery({ note: 1 }))).contentHash,
    );
    expect(fromCbor(withQuantity(int(5))).contentHash).to.not.equal(contentHash);
  });
});

describe("numbers in CBOR", () => {
  const quantity = (written: Uint8Array) => fromCbor(withQuantity(written)).items[0]?.quantity;
  const half = (hex: string) => Buffer.from(`f9${hex}`, "hex");
  const single = (value: number) => {
    const written = Buffer.alloc(5, 0xfa);
    written.writeFloatBE(value, 1);
    return written;
  };

  it("are the JSON numbers that they stand for", () => {
    expect(quantity(float64(0.1))).to.equal("0.1");
    expect([int(4), float64(4), single(4), half("4400")].map(quantity)).to.deep.equal(["4", "4", "4", "4"]);
    const hashes = [int(4), float64(4), single(4), half("4400"), Buffer.from("1b0000000000000004", "hex")].map(
      (written) => fromCbor(withQuantity(written)).contentHash,
    );
    expect(new Set([...hashes, fromJson(delivery()).contentHash]).size).to.equal(1);
  });

  it("say in single precision what single precision holds: 0.1 is not a tenth there", () => {
    expect(quantity(single(0.25))).to.equal("0.25");
    expect(quantity(single(0.1))).to.equal("0.10000000149011612");
  });

  it("are refused where JSON has no such number", () => {
    for (const [written, why] of [
      [half("7e00"), "NaN is no number"],
      [half("7c00"), "Infinity is no number"],
      [float64(-Infinity), "-Infinity is no number"],
      [int(2n ** 53n), "beyond 2^53 - 1"],
      [int(-(2n ** 53n)), "beyond 2^53 - 1"],
      [int(2n ** 64n - 1n), "beyond 2^53 - 1"],
    ] as const) {
      const error = refusal(withMember("note", written));
      expect([error.reason, error.message]).to.satisfy(
        ([reason = "", message = ""]: string[]) => reason === "malformed" && message.includes(why),
      );
    }
    expect(quantity(int(2n ** 53n - 1n))).to.equal("9007199254740991");
    expect(refusal(withQuantity(int(-4))).reason).to.equal("quantity");
    expect(refusal(withQuantity(half("8000"))).reason).to.equal("quantity");
    expect(refusal(withQuantity(NULL)).reason).to.equal("quantity");
  });
});

describe("what CBOR holds and JSON does not", () => {
  for (const [what, payload, why] of [
    ["a byte string", withMember("note", bstr(bytes("x"))), "byte string"],
    ["an id in bytes", withMember("factorychain:line", bstr(bytes("10"))), "byte string"],
    ["a member named by a number", map([int(1), int(2)]), "key is the number 1"],
    ["a tag", withMember("note", tag(1, int(0))), "the tag 1"],
    ["a tag around the whole", tag(55799, cborOf(delivery())), "the tag 55799"],
    ["undefined", withMember("note", Buffer.from([0xf7])), "undefined"],
    ["a name twice", withMember("action", tstr("ADD")), 'the key "action" stands twice'],
    ["JSON", bytes(JSON.stringify(delivery())), ""],
    ["nothing", new Uint8Array(), "ends too early"],
    ["a list", cborOf([delivery()]), "no object"],
    ["something after the event", Buffer.concat([cborOf(delivery()), int(0)]), "something follows"],
    ["deep nesting", withMember("note", Buffer.concat([Buffer.alloc(5_000, 0x81), int(0)])), "nested deeper"],
  ] as const) {
    it(`is malformed: ${what}`, () => {
      const error = refusal(payload);
      expect(error.reason).to.equal("malformed");
      expect(error.message).to.include(why);
    });
  }

  it("is not read where JSON was declared", () => {
    expect(() => parseJsonEvent(cborOf(delivery())))
      .to.throw(EventRefusedError)
      .with.property("reason", "malformed");
  });
});
