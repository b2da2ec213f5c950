import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { parseOrderSheet, sheetHash, toOrderSheet } from "../../src/formats/orderSheet.ts";
import { parseUblOrder } from "../../src/formats/ublOrder.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { bytes, line, order } from "./documents.ts";

const SALT = `0x${"5a".repeat(32)}`;
const sheetOf = (lines: string[], issued?: string) =>
  toOrderSheet({
    order: parseUblOrder(bytes(order({ lines, ...(issued === undefined ? {} : { issued }) }))),
    salt: SALT,
  });
const scaleOf = (quantity: string, unit: string) => {
  const [first] = sheetOf([line({ quantity, unit })]).lines;
  return [first?.decimals, first?.quantity];
};

describe("toOrderSheet", () => {
  it("chooses a line's scale from its quantity and unit", () => {
    expect(scaleOf("12", "C62")).to.deep.equal([0, "12"]);
    expect(scaleOf("12.50", "C62")).to.deep.equal([1, "125"]);
    expect(scaleOf("12.5", "KGM")).to.deep.equal([3, "12500"]);
    expect(scaleOf("12.12345", "MTR")).to.deep.equal([5, "1212345"]);
  });

  it("keeps the scaled quantity within 2^40", () => {
    expect(scaleOf("1099511627", "LTR")).to.deep.equal([3, "1099511627000"]);
    expect(scaleOf("1099511628", "LTR")).to.deep.equal([2, "109951162800"]);
    expect(scaleOf("1099511627776", "LTR")).to.deep.equal([0, "1099511627776"]);
    expect(scaleOf("1.000000000001", "LTR")).to.deep.equal([12, "1000000000001"]);
  });

  it("refuses an order without an issue date", () => {
    expect(() => sheetOf([line()], ""))
      .to.throw(FactoryChainError)
      .with.property("code", "order-date");
  });
});

describe("sheetHash", () => {
  it("is the hash of the canonical text", () => {
    const text =
      '{"buyer":{"identifiers":["8801234500012"]},"currency":"EUR","issued":"2026-11-02T00:00:00Z","lines":[{"decimals":0,"gtin":null,"id":"1","item":null,"quantity":"10","total":"10000","unit":"C62"}],"minorUnit":2,"number":"PO-1","salt":"' +
      SALT +
      '","supplier":{"identifiers":["Saebyeok"]}}';
    expect(sheetHash(sheetOf([line()]))).to.equal(keccak256(toUtf8Bytes(text)));
  });

  it("changes with every field", () => {
    const sheet = sheetOf([line()]);
    const hashes = [sheet, { ...sheet, number: "PO-2" }, { ...sheet, salt: `0x${"5b".repeat(32)}` }].map(sheetHash);
    expect(new Set(hashes).size).to.equal(3);
  });
});

describe("parseOrderSheet", () => {
  const sheet = sheetOf([line(), line({ id: "2" })]);
  const [first] = sheet.lines;

  it("takes what toOrderSheet makes, through JSON", () => {
    expect(parseOrderSheet(JSON.parse(JSON.stringify(sheet)))).to.deep.equal(sheet);
  });

  for (const [what, value] of [
    ["nothing", null],
    ["a text", "sheet"],
    ["a field too many", { ...sheet, note: "" }],
    ["a field too few", { ...sheet, salt: undefined }],
    ["a party without identifiers", { ...sheet, buyer: { identifiers: [] } }],
    ["a short salt", { ...sheet, salt: "0x00" }],
    ["a salt in capitals", { ...sheet, salt: SALT.toUpperCase().replace("0X", "0x") }],
    ["a local time", { ...sheet, issued: "2026-11-02T00:00:00+09:00" }],
    ["a day that does not exist", { ...sheet, issued: "2026-02-30T00:00:00Z" }],
    ["no lines", { ...sheet, lines: [] }],
    ["two lines of one id", { ...sheet, lines: [first, first] }],
    ["a quantity of zero", { ...sheet, lines: [{ ...first, quantity: "0" }] }],
    ["a quantity as a number", { ...sheet, lines: [{ ...first, quantity: 10 }] }],
    ["a quantity with a leading zero", { ...sheet, lines: [{ ...first, quantity: "010" }] }],
    ["a quantity above 2^40", { ...sheet, lines: [{ ...first, quantity: "1099511627777" }] }],
    ["a line of 2^56", { ...sheet, lines: [{ ...first, total: (2n ** 56n).toString() }] }],
    [
      "lines that sum to 2^56",
      { ...sheet, lines: ["1", "2"].map((id) => ({ ...first, id, total: (2n ** 55n).toString() })) },
    ],
    ["a GTIN of 13 digits", { ...sheet, lines: [{ ...first, gtin: "8809876500100" }] }],
    ["a total that is no number", { ...sheet, lines: [{ ...first, total: "x" }] }],
    ["a broken character", { ...sheet, number: "\ud800" }],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parseOrderSheet(value))
        .to.throw(FactoryChainError)
        .with.property("code", "order-sheet-invalid");
    });
  }
});
