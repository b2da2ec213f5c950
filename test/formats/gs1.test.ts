import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { checkDigit, hasCheckDigit, parseItemIdentifier, sameGtin, toGtin14 } from "../../src/formats/gs1.ts";

describe("GS1 identifiers", () => {
  it("computes check digits as in the GS1 General Specifications", () => {
    expect(checkDigit("629104150021")).to.equal("3");
    expect(["6291041500213", "96385074", "036000291452", "10614141073464"].map(hasCheckDigit)).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    expect(["6291041500214", "1234567890123", "", "abc"].map(hasCheckDigit)).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
  });

  it("finds one wrong digit anywhere", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{13}$/), fc.nat(13), fc.integer({ min: 1, max: 9 }), (digits, at, change) => {
        const gtin = digits + checkDigit(digits);
        const wrong = gtin.slice(0, at) + String((Number(gtin[at]) + change) % 10) + gtin.slice(at + 1);
        expect(hasCheckDigit(gtin)).to.equal(true);
        expect(hasCheckDigit(wrong)).to.equal(false);
      }),
    );
  });

  it("makes fourteen digits of each kind of GTIN", () => {
    expect(
      ["96385074", "036000291452", "6291041500213", "10614141073464", "123456789", "0160"].map(toGtin14),
    ).to.deep.equal(["00000096385074", "00036000291452", "06291041500213", "10614141073464", null, null]);
  });

  for (const [uri, gtin, scope] of [
    ["urn:epc:id:sgtin:0614141.107346.2018", "10614141073464", "item"],
    ["urn:epc:id:sgtin:0614141.812345.6789", "80614141123458", "item"],
    ["urn:epc:id:sgtin:9521321.012345.%22%2F.", "09521321123458", "item"],
    ["urn:epc:class:lgtin:4012345.012345.998877", "04012345123456", "class"],
    ["urn:epc:idpat:sgtin:4012345.012345.*", "04012345123456", "class"],
    ["https://id.gs1.org/01/09506000134352/21/12345", "09506000134352", "item"],
    ["https://id.gs1.org/01/09506000134352/10/ABC/21/12345?17=261231", "09506000134352", "item"],
    ["https://brand.example/some/path/01/9506000134352", "09506000134352", "class"],
    ["http://id.gs1.org/01/09506000134352/10/ABC#a", "09506000134352", "class"],
    ["https://id.gs1.org/gtin/09506000134352/ser/1", "09506000134352", "item"],
    ["https://id.gs1.org/01/09506000134352?21=7", "09506000134352", "class"],
    ["https://id.gs1.org/00/106141412345678908", null, "item"],
    ["urn:epc:id:sscc:0614141.1234567890", null, "item"],
    ["urn:epc:idpat:grai:4012345.51122.*", null, "class"],
    ["urn:example:bracket:HM-4471", null, "item"],
  ] as const) {
    it(`reads ${uri}`, () => expect(parseItemIdentifier(uri)).to.deep.equal({ gtin, scope }));
  }

  for (const uri of [
    "urn:epc:id:sgtin:0614141.10734.2018",
    "urn:epc:id:sgtin:061414.0107346",
    "urn:epc:id:sgtin:06141411.07346.2018.1 2",
    "https://id.gs1.org/01/123/21/1",
    "09506000134352",
    "",
    "https:// x/01/09506000134352",
  ]) {
    it(`refuses ${JSON.stringify(uri)}`, () => expect(parseItemIdentifier(uri)).to.equal(null));
  }

  it("reads a long hostile address without going over it again and again: quadratic work would not end in time", () => {
    expect(parseItemIdentifier(`https://x/${"01/09506000134352/a/b/".repeat(25_000)} `)).to.equal(null);
    expect(parseItemIdentifier(`https://x${"/01".repeat(200_000)}`)).to.equal(null);
  });

  it("meets an order's GTIN with a wrong check digit without it", () => {
    expect(sameGtin({ ofLine: "01234567890123", ofEvent: "01234567890128" })).to.equal(true);
    expect(sameGtin({ ofLine: "01234567890123", ofEvent: "01234567890123" })).to.equal(true);
    expect(sameGtin({ ofLine: "01234567890128", ofEvent: "01234567890123" })).to.equal(false);
    expect(sameGtin({ ofLine: "01234567890123", ofEvent: "11234567890125" })).to.equal(false);
  });
});
