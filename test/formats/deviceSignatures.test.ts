import { expect } from "chai";
import { toBeHex } from "ethers";
import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { writeDeliveryEvent } from "../../src/formats/writeEvent.ts";

const word = (n: number): string => toBeHex(n, 32);
const good = {
  line: 2,
  from: "0",
  to: "400",
  x: word(1),
  y: word(2),
  r: word(3),
  s: word(4),
  proof: [word(5), word(6)],
};

function read(member: unknown, quantity = "400") {
  const event = writeDeliveryEvent({
    eventId: "e1",
    time: 1_800_000_000,
    order: { kind: "number", buyer: null, number: "PO-1" },
    item: { line: "10", gtin: null, quantity, unit: null },
  });
  const whole = member === undefined ? event : { ...event, "factorychain:deviceSignatures": member };
  return parseDeliveryEvent({
    payload: new TextEncoder().encode(JSON.stringify(whole)),
    contentType: "application/json",
  });
}

describe("device signatures in an event", () => {
  it("are read as they stand", () => {
    expect(read([good]).deviceSignatures).to.deep.equal([good]);
    expect(read([{ ...good, x: `0x${"AB".repeat(32)}` }]).deviceSignatures?.[0]?.x).to.equal(`0x${"ab".repeat(32)}`);
    expect(read([]).deviceSignatures).to.deep.equal([]);
    expect(read(undefined)).not.to.have.property("deviceSignatures");
  });

  it("are no part of its content: with others, or none, it is the same event", () => {
    const plain = read(undefined).contentHash;
    expect(read([good]).contentHash).to.equal(plain);
    expect(read([{ ...good, from: "1" }]).contentHash).to.equal(plain);
    expect(read([good], "399").contentHash).not.to.equal(plain);
  });

  it("are what writeDeliveryEvent writes", () => {
    const event = writeDeliveryEvent({
      eventId: "e1",
      time: 1,
      order: { kind: "number", buyer: null, number: "PO-1" },
      item: { line: "10", gtin: null, quantity: "1", unit: null },
      deviceSignatures: [good],
    });
    expect(event).to.have.property("factorychain:deviceSignatures").that.deep.equals([good]);
  });

  const withoutProof = Object.fromEntries(Object.entries(good).filter(([name]) => name !== "proof"));
  for (const [title, member] of [
    ["is no list", good],
    ["has two from one quantity of a line", [good, { ...good, to: "401", r: word(7) }]],
    ["is longer than 200", Array.from({ length: 201 }, () => good)],
    ["has an element that is no object", ["0x"]],
    ["lacks a member", [withoutProof]],
    ["has one too many", [{ ...good, v: 27 }]],
    ["has a line that is no index", [{ ...good, line: "2" }]],
    ["has a negative line", [{ ...good, line: -1 }]],
    ["has a line above 65,535", [{ ...good, line: 65_536 }]],
    ["has a quantity that is a number", [{ ...good, to: 400 }]],
    ["has a quantity with a leading zero", [{ ...good, to: "0400" }]],
    ["has a quantity that does not fit 48 bits", [{ ...good, to: String(2 ** 48) }]],
    ["leads nowhere", [{ ...good, from: "400" }]],
    ["has a short word", [{ ...good, r: "0x01" }]],
    ["has a proof that is no list", [{ ...good, proof: word(1) }]],
    ["has a proof of 33 hashes", [{ ...good, proof: Array.from({ length: 33 }, () => word(1)) }]],
    ["has a proof of something else", [{ ...good, proof: [1] }]],
  ] as const) {
    it(`make the event malformed when the list ${title}`, () => {
      expect(() => read(member))
        .to.throw("factorychain:deviceSignatures cannot be read")
        .with.property("reason", "malformed");
    });
  }
});
