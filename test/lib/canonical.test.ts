import { expect } from "chai";
import { canonicalJson } from "../../src/lib/canonical.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";

describe("canonicalJson", () => {
  it("writes the example of RFC 8785, section 3.2.2", () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).to.equal(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts names by UTF-16 code units", () => {
    expect(canonicalJson({ "\ufb33": 1, "😀": 2, "€": 3, "1": 4 })).to.equal('{"1":4,"€":3,"😀":2,"\ufb33":1}');
  });

  for (const [what, value] of [
    ["a lone surrogate", { a: "\ud800" }],
    ["a lone surrogate in a name", { "\ud800": 1 }],
    ["a number that is none", { a: NaN }],
    ["an infinite number", { a: Infinity }],
    ["nothing", undefined],
    ["a bigint", { a: 1n }],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => canonicalJson(value))
        .to.throw(FactoryChainError)
        .with.property("code", "not-canonical-json");
    });
  }
});
