import { expect } from "chai";
import type { DeliveryEvent, EventItem } from "../../src/formats/deliveryEvent.ts";
import { matchItems } from "../../src/formats/matchItems.ts";
import type { OrderSheet, SheetLine } from "../../src/formats/orderSheet.ts";
import { EventRefusedError } from "../../src/formats/reasons.ts";

const line = (id: string, gtin: string | null, more: Partial<SheetLine> = {}): SheetLine => ({
  id,
  gtin,
  item: null,
  unit: "C62",
  decimals: 0,
  quantity: "100",
  total: "1000",
  ...more,
});
const SHEET = {
  lines: [
    line("10", "08809876500100"),
    line("20", "08809876500209", { unit: "KGM", decimals: 3 }),
    line("30", null),
    line("40", "06291041500213"),
    line("50", "06291041500213"),
    line("60", null, { unit: null }),
  ],
} as OrderSheet;

const item = (parts: Partial<EventItem>): EventItem => ({
  gtin: null,
  line: null,
  quantity: "1",
  unit: null,
  ...parts,
});
const match = (...items: EventItem[]) =>
  matchItems({ event: { eventId: "urn:uuid:1", items } as unknown as DeliveryEvent, sheet: SHEET });
const reasonOf = (...items: EventItem[]) => {
  try {
    match(...items);
  } catch (error) {
    expect(error).to.be.instanceOf(EventRefusedError);
    expect((error as EventRefusedError).eventId).to.equal("urn:uuid:1");
    return (error as EventRefusedError).reason;
  }
  throw new Error("matched");
};

describe("matchItems", () => {
  it("finds lines by GTIN and by id, sums, sorts and scales", () => {
    const found = match(
      item({ line: "30", quantity: "2" }),
      item({ gtin: "08809876500209", quantity: "0.1", unit: "KGM" }),
      item({ gtin: "08809876500100" }),
      item({ gtin: "08809876500209", quantity: "0.2" }),
      item({ gtin: "08809876500100", line: "10", quantity: "3" }),
    );
    expect(found).to.deep.equal([
      { line: 0, quantity: 4n },
      { line: 1, quantity: 300n },
      { line: 2, quantity: 2n },
    ]);
  });

  it("tells lines of one GTIN apart by their id", () => {
    expect(match(item({ gtin: "06291041500213", line: "50" }))).to.deep.equal([{ line: 4, quantity: 1n }]);
    expect(reasonOf(item({ gtin: "06291041500213" }))).to.equal("unknown-item");
  });

  it("takes a GTIN that the order did not know with the line's id", () => {
    expect(match(item({ gtin: "10614141073464", line: "30" }))).to.deep.equal([{ line: 2, quantity: 1n }]);
  });

  it("refuses a GTIN and a line that do not belong together", () => {
    expect(reasonOf(item({ gtin: "08809876500100", line: "20" }))).to.equal("line-mismatch");
    expect(reasonOf(item({ gtin: "08809876500100", line: "30" }))).to.equal("line-mismatch");
    expect(reasonOf(item({ gtin: "10614141073464", line: "10" }))).to.equal("line-mismatch");
  });

  it("refuses what was not ordered", () => {
    expect(reasonOf(item({ gtin: "10614141073464" }))).to.equal("unknown-item");
    expect(reasonOf(item({ line: "99" }))).to.equal("unknown-item");
    expect(reasonOf(item({}))).to.equal("unknown-item");
    expect(reasonOf(item({ line: "10" }), item({ line: "99" }))).to.equal("unknown-item");
  });

  it("refuses another unit", () => {
    expect(reasonOf(item({ line: "20", unit: "GRM" }))).to.equal("unit");
    expect(reasonOf(item({ line: "60", unit: "C62" }))).to.equal("unit");
  });

  it("refuses a quantity finer than the line's scale, above all reason, or not above zero", () => {
    expect(reasonOf(item({ line: "10", quantity: "0.5" }))).to.equal("scale");
    expect(reasonOf(item({ line: "20", quantity: "0.0001" }))).to.equal("scale");
    expect(reasonOf(item({ line: "10", quantity: "1099511627777" }))).to.equal("quantity");
    expect(reasonOf(item({ line: "10", quantity: "1099511627776" }), item({ line: "10" }))).to.equal("quantity");
    expect(reasonOf(item({ line: "10", quantity: "0" }))).to.equal("quantity");
  });
});
