import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { fromBase64url, toBase64url } from "../../src/formats/base64url.ts";
import { JsonNumber, parseJson, type JsonValue } from "../../src/formats/json.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.literal);
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Map ? Object.fromEntries([...value].map(([name, member]) => [name, plain(member)])) : value;
}

describe("parseJson", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(plain(parseJson(text))).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it("keeps a number as it was written", () => {
    const value = parseJson("[0.10000000000000000001, 1E2]") as JsonNumber[];
    expect(value.map(({ literal }) => literal)).to.deep.equal(["0.10000000000000000001", "1E2"]);
  });

  for (const [what, text] of [
    ["a name twice", '{"a":1,"a":1}'],
    ["a name twice in two spellings", '{"a":1,"\\u0061":2}'],
    ["a name twice, deep inside", '[{"b":{"a":1,"c":2,"a":3}}]'],
    ["a trailing comma", "[1,]"],
    ["a missing comma", "[1 2]"],
    ["a missing colon", '{"a" 1}'],
    ["a name without quotes", "{a:1}"],
    ["something after the value", "{} {}"],
    ["a comment", "// no\n{}"],
    ["a leading zero", "01"],
    ["a control character in a text", '"\u0001"'],
    ["nothing", ""],
    ["a mark alone", "]"],
    ["an open array", "[1"],
    ["deep nesting", "[".repeat(100_000)],
    ["a byte order mark", "\ufeff{}"],
    ["NaN", "NaN"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parseJson(text))
        .to.throw(FactoryChainError)
        .with.property("code", "json-malformed");
    });
  }

  it("keeps names that mean something to objects as plain names", () => {
    expect([...(parseJson('{"__proto__":1,"constructor":2}') as Map<string, JsonValue>).keys()]).to.deep.equal([
      "__proto__",
      "constructor",
    ]);
  });

  it("throws nothing but errors of ours", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'[]{},:"\\0123456789.eE+-truefalsn \n') })),
        (text) => {
          let ours: unknown;
          try {
            ours = { value: plain(parseJson(text)) };
          } catch (error) {
            expect(error).to.be.instanceOf(FactoryChainError);
            return;
          }
          expect(ours).to.deep.equal({ value: JSON.parse(text) });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("base64url", () => {
  it("round-trips, as Node writes it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).to.equal(Buffer.from(bytes).toString("base64url"));
        expect(fromBase64url(text)).to.deep.equal(Uint8Array.from(bytes));
      }),
    );
  });

  it("has one text for each value", () => {
    for (const text of ["AA==", "AB", "AAB", "A", "AA AA", "AA+A", "AA/A", "AAAé", "AAAA\n"])
      expect(fromBase64url(text), text).to.equal(null);
  });
});
