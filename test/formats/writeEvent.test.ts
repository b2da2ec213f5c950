import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { parseOrderReference } from "../../src/formats/epcisFields.ts";
import { toOrderUri, writeDeliveryEvent } from "../../src/formats/writeEvent.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { bytes, parseJsonEvent } from "./documents.ts";

const base = {
  eventId: "urn:uuid:7",
  time: 1_795_000_000,
  order: { kind: "number", buyer: "8801234500012", number: "PO/1 가" },
} as const;
const read = (event: object) => parseJsonEvent(bytes(JSON.stringify(event)));

describe("writeDeliveryEvent", () => {
  it("writes what the reader reads", () => {
    const item = { line: "10", gtin: "08809876500100", quantity: "12.5", unit: "KGM" };
    const event = read(writeDeliveryEvent({ ...base, item, sequence: 3 }));
    expect(event).to.deep.include({
      eventId: base.eventId,
      time: base.time,
      order: base.order,
      items: [item],
      sequence: 3,
    });
  });

  it("names a line without a GTIN", () => {
    const item = { line: "30/a", gtin: null, quantity: "1", unit: null };
    expect(read(writeDeliveryEvent({ ...base, item })).items).to.deep.equal([item]);
  });

  it("writes every quantity that an order can hold exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 40n }), fc.integer({ min: 0, max: 12 }), (digits, scale) => {
        const padded = digits.toString().padStart(scale + 1, "0");
        const quantity =
          scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`.replace(/\.?0+$/, "");
        const [item] = read(
          writeDeliveryEvent({ ...base, item: { line: "1", gtin: null, quantity, unit: null } }),
        ).items;
        expect(item?.quantity).to.equal(quantity);
      }),
    );
  });

  it("refuses a quantity that a JSON number does not hold", () => {
    const item = { line: "1", gtin: null, quantity: "9007199254740993", unit: null };
    expect(() => writeDeliveryEvent({ ...base, item }))
      .to.throw(FactoryChainError)
      .with.property("code", "event-quantity");
  });

  it("writes every order reference so that it reads back", () => {
    const number = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }).filter((text) => text.trim() !== "");
    fc.assert(
      fc.property(number, fc.constantFrom("8801234500012", null), (text, buyer) => {
        const order = { kind: "number", buyer, number: text } as const;
        expect(parseOrderReference(toOrderUri(order))).to.deep.equal(order);
      }),
    );
    const id = { kind: "id", id: `0x${"ab".repeat(32)}` } as const;
    expect(parseOrderReference(toOrderUri(id))).to.deep.equal(id);
  });
});
