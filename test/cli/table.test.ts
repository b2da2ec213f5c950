import { expect } from "chai";
import { formatMoney, formatQuantity, formatTable } from "../../src/cli/table.ts";

describe("what a person reads", () => {
  it("writes money with its minor unit", () => {
    expect(formatMoney({ amount: 12_273_525n, minorUnit: 0, currency: "KRW" })).to.equal("12,273,525 KRW");
    expect(formatMoney({ amount: 125_000n, minorUnit: 2, currency: "EUR" })).to.equal("1,250.00 EUR");
    expect(formatMoney({ amount: 5n, minorUnit: 3, currency: "KWD" })).to.equal("0.005 KWD");
    expect(formatMoney({ amount: -1_000n, minorUnit: 2, currency: "EUR" })).to.equal("-10.00 EUR");
  });

  it("writes quantities in the order's unit", () => {
    expect(formatQuantity({ quantity: 120_250n, decimals: 3, unit: "KGM" })).to.equal("120.25 KGM");
    expect(formatQuantity({ quantity: 7n, decimals: 0, unit: null })).to.equal("7");
  });

  it("puts columns under each other, wide characters too", () => {
    const table = formatTable({
      head: ["name", "paid"],
      rows: [
        ["한빛", "1"],
        ["Acme", "20"],
      ],
      right: [1],
    });
    expect(table.split("\n")).to.deep.equal(["  name  paid", "  한빛     1", "  Acme    20"]);
  });
});
