import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { formatDecimal, fromScaled, parseDecimal, parseJsonNumber, toScaled } from "../../src/lib/decimal.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";

describe("decimal", () => {
  it("keeps every digit that a float would lose", () => {
    expect(formatDecimal(parseDecimal("0.1"))).to.equal("0.1");
    expect(formatDecimal(parseDecimal("9007199254740993.000000000000000001"))).to.equal(
      "9007199254740993.000000000000000001",
    );
  });

  it("does not take trailing zeros for precision", () => {
    expect(parseDecimal("12.500")).to.deep.equal({ digits: 125n, scale: 1 });
    expect(parseDecimal("100.00")).to.deep.equal({ digits: 100n, scale: 0 });
  });

  it("reads the forms of XML Schema", () => {
    expect(["+1.", ".5", "-0.50", "007"].map((text) => formatDecimal(parseDecimal(text)))).to.deep.equal([
      "1",
      "0.5",
      "-0.5",
      "7",
    ]);
  });

  it("reads JSON's exponents", () => {
    expect(["1e2", "12.5E-1", "-0", "1.2e+3"].map((text) => formatDecimal(parseJsonNumber(text)))).to.deep.equal([
      "100",
      "1.25",
      "0",
      "1200",
    ]);
  });

  it("refuses what is no number", () => {
    for (const text of ["", ".", "1,5", "1e3", "0x10", "NaN", "INF", " 1", "1 ", "--1", "9".repeat(101)]) {
      expect(() => parseDecimal(text), text)
        .to.throw(FactoryChainError)
        .with.property("code", "not-a-decimal");
    }
    for (const text of ["01", ".5", "1.", "+1", "1e41", "1e99999999999"]) {
      expect(() => parseJsonNumber(text), text)
        .to.throw(FactoryChainError)
        .with.property("code", "not-a-decimal");
    }
  });

  it("says when a number is finer than a scale", () => {
    expect(toScaled(parseDecimal("1.25"), 1)).to.equal(null);
    expect(toScaled(parseDecimal("1.25"), 2)).to.equal(125n);
    expect(toScaled(parseDecimal("1.250"), 2)).to.equal(125n);
  });

  it("round-trips", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
        fc.integer({ min: 0, max: 30 }),
        (digits, scale) => {
          const text = formatDecimal({ digits, scale });
          expect(formatDecimal(parseDecimal(text))).to.equal(text);
          expect(toScaled(parseDecimal(text), scale)).to.equal(digits);
          expect(formatDecimal(fromScaled(digits, scale))).to.equal(text);
          expect(formatDecimal(parseJsonNumber(text))).to.equal(text);
        },
      ),
    );
  });
});
