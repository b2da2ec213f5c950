import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { minorUnitOf } from "../../src/formats/currency.ts";
import { splitByLargestRemainder } from "../../src/formats/largestRemainder.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";

describe("minorUnitOf", () => {
  it("follows ISO 4217, also where CLDR does not", () => {
    const codes = { KRW: 0, EUR: 2, KWD: 3, CLF: 4, JPY: 0, IQD: 3, HUF: 2, TWD: 2, UGX: 0, COP: 2, XCG: 2 };
    for (const [code, minorUnit] of Object.entries(codes)) expect(minorUnitOf(code), code).to.equal(minorUnit);
  });

  it("refuses what is no money", () => {
    for (const code of ["WON", "krw", "XAU", "XTS", "DEM", "", "__proto__", "toString", " EUR"]) {
      expect(() => minorUnitOf(code), code)
        .to.throw(FactoryChainError)
        .with.property("code", "currency-unknown");
    }
  });
});

describe("splitByLargestRemainder", () => {
  const whole = (numerator: bigint) => ({ numerator, denominator: 1n });

  it("gives what is left to the largest remainders, the first of equals", () => {
    expect(splitByLargestRemainder({ total: 10n, weights: [1n, 1n, 1n].map(whole) })).to.deep.equal([4n, 3n, 3n]);
    expect(splitByLargestRemainder({ total: 10n, weights: [1n, 1n, 4n].map(whole) })).to.deep.equal([2n, 2n, 6n]);
    expect(splitByLargestRemainder({ total: 10n, weights: [5n, 0n, 6n].map(whole) })).to.deep.equal([5n, 0n, 5n]);
  });

  it("sums exactly, and everybody is less than one from the exact share", () => {
    const weight = fc.record({
      numerator: fc.bigInt({ min: 0n, max: 2n ** 60n }),
      denominator: fc.bigInt({ min: 1n, max: 10n ** 6n }),
    });
    const weights = fc
      .array(weight, { minLength: 1, maxLength: 40 })
      .filter((all) => all.some(({ numerator }) => numerator > 0n));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 56n }), weights, (total, all) => {
        const parts = splitByLargestRemainder({ total, weights: all });
        expect(parts.reduce((a, b) => a + b, 0n)).to.equal(total);
        const common = all.reduce((product, { denominator }) => product * denominator, 1n);
        const scaled = all.map(({ numerator, denominator }) => numerator * (common / denominator));
        const sum = scaled.reduce((a, b) => a + b, 0n);
        parts.forEach((part, i) => {
          const off = part * sum - total * (scaled[i] ?? 0n);
          expect(off < sum && -off < sum, `part ${i}`).to.equal(true);
        });
      }),
    );
  });
});
