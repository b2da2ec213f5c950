import { expect } from "chai";
import { encode } from "cborg";
import fc from "../support/fastCheck.ts";
import { parseCbor } from "../../src/formats/cbor.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";

const parse = (hex: string) => parseCbor(Buffer.from(hex, "hex"));
const float = (hex: string) => parse(hex) as number;

describe("parseCbor", () => {
  it("reads integers of every width (RFC 8949, appendix A)", () => {
    expect(["00", "17", "1818", "1903e8", "1a000f4240", "1b000000e8d4a51000"].map(parse)).to.deep.equal([
      0n,
      23n,
      24n,
      1000n,
      1_000_000n,
      1_000_000_000_000n,
    ]);
    expect(["1bffffffffffffffff", "20", "3903e7", "3bffffffffffffffff"].map(parse)).to.deep.equal([
      18446744073709551615n,
      -1n,
      -1000n,
      -18446744073709551616n,
    ]);
    expect(["1800", "1b0000000000000007"].map(parse), "longer than they need be").to.deep.equal([0n, 7n]);
  });

  it("tells a floating-point number from an integer, in half, single and double precision", () => {
    expect(["f93c00", "fa47c35000", "fb3ff199999999999a", "f90001"].map(float)).to.deep.equal([
      1, 100000, 1.1, 5.960464477539063e-8,
    ]);
    expect(Object.is(float("f98000"), -0)).to.equal(true);
    expect([float("f97c00"), float("fb7ff0000000000000")]).to.deep.equal([Infinity, Infinity]);
  });

  it("reads texts, bytes, arrays and maps, also of indefinite length (RFC 8949, appendix A)", () => {
    expect(parse("4401020304")).to.deep.equal(Uint8Array.of(1, 2, 3, 4));
    expect(parse("64f0908591")).to.equal("\u{10151}");
    expect(parse("60")).to.equal("");
    for (const hex of ["8301820203820405", "9f018202039f0405ffff", "9f01820203820405ff", "83018202039f0405ff"])
      expect(parse(hex), hex).to.deep.equal([1n, [2n, 3n], [4n, 5n]]);
    expect(parse("bf6346756ef563416d7421ff")).to.deep.equal(
      new Map<string, unknown>([
        ["Fun", true],
        ["Amt", -2n],
      ]),
    );
    expect(parse("a201020304")).to.deep.equal(
      new Map([
        [1n, 2n],
        [3n, 4n],
      ]),
    );
    expect(["80", "a0", "9fff", "bfff", "f4", "f6"].map(parse)).to.deep.equal([
      [],
      new Map(),
      [],
      new Map(),
      false,
      null,
    ]);
  });

  it("keeps a byte order mark and a null byte in a text", () => {
    expect(parse("64efbbbf61")).to.equal("\ufeffa");
    expect(parse("6100")).to.equal("\u0000");
  });

  it("hands out copies of bytes, not views of the message", () => {
    const message = Buffer.from("4401020304", "hex");
    const read = parseCbor(message);
    message.fill(0);
    expect(read).to.deep.equal(Uint8Array.of(1, 2, 3, 4));
  });

  for (const [what, hex, message] of [
    ["a key twice", "a2616101616102", 'the key "a" stands twice'],
    ["a key twice in two widths", "a20101180102", "the key 1 stands twice"],
    ["a key twice in an indefinite map, deep inside", "81bf616101616102ff", 'the key "a" stands twice'],
    ["bytes after the item", "0000", "something follows"],
    ["a break after the item", "00ff", "something follows"],
    ["a key of bytes", "a1410101", "neither text nor integer"],
    ["a key of a fraction", "a1f93c0001", "neither text nor integer"],
    ["a key of a list", "a18001", "neither text nor integer"],
    ["text that is not UTF-8", "62c328", "not UTF-8"],
    ["long text that is not UTF-8", `7828${"61".repeat(38)}c328`, "not UTF-8"],
    ["a surrogate in a text", "63eda080", "not UTF-8"],
    ["text in chunks", "7f61616162ff", "indefinite length"],
    ["bytes in chunks", "5f41014102ff", "indefinite length"],
    ["a tag", "c074323031332d30332d32315432303a30343a30305a", "the tag 0"],
    ["a bignum", "c249010000000000000000", "the tag 2"],
    ["a decimal fraction", "c48221196ab3", "the tag 4"],
    ["CBOR's own mark", "d9d9f700", "the tag 55799"],
    ["undefined", "f7", "undefined is not understood"],
    ["a simple value", "f0", "simple values"],
    ["a simple value of two bytes", "f8ff", "simple values"],
    ["a break alone", "ff", "a break stands"],
    ["a break in an array of a stated length", "81ff", "a break stands"],
    ["a break in place of a value", "bf6161ff", "a break stands"],
    ["a break in a map of a stated length", "a1ff", "a break stands"],
    ["nothing", "", "it ends too early"],
    ["an array that ends too early", "8201", "it ends too early"],
    ["an array that never ends", "9f01", "it ends too early"],
    ["a map that ends too early", "a16161", "it ends too early"],
    ["an array of 2^32 - 1 items that are not there", "9affffffff00", "it ends too early"],
    ["a text longer than the message", "7affffffff61", ""],
    ["bytes of 2^64 - 1", "5bffffffffffffffff", ""],
    ["an array of 2^64 - 1", "9bffffffffffffffff", ""],
    ["a cut integer", "1b0000", ""],
    ["a reserved length", "1c", "invalid minor"],
    ["deep nesting", "81".repeat(60_000) + "00", "nested deeper than 64"],
    ["deep nesting of indefinite arrays", "9f".repeat(60_000), "nested deeper than 64"],
    ["deep nesting of maps", "a100".repeat(60_000) + "00", "nested deeper than 64"],
    ["deep nesting of keys", "a1".repeat(60_000), "nested deeper than 64"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parse(hex))
        .to.throw(FactoryChainError, message)
        .with.property("code", "cbor-malformed");
    });
  }

  it("reads 64 levels, and no more", () => {
    expect(parse(`${"81".repeat(63)}00`)).to.be.an("array");
    expect(() => parse(`${"81".repeat(64)}00`)).to.throw(FactoryChainError, "nested deeper");
  });

  it("reads what a library writes", () => {
    const plain = (value: unknown): unknown => {
      if (typeof value === "bigint") return Number(value);
      if (Array.isArray(value)) return value.map(plain);
      return value instanceof Map ? Object.fromEntries([...value].map(([key, one]) => [key, plain(one)])) : value;
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(plain(parseCbor(encode(value)))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("throws nothing but errors of ours, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseCbor(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(FactoryChainError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
