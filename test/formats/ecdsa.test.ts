import { createHash, verify } from "node:crypto";
import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { checkSignature, verifyEcdsa, type Algorithm } from "../../src/formats/ecdsa.ts";
import type { DeviceKey } from "../../src/formats/envelope.ts";
import { deviceId, toPublicJwk } from "../../src/formats/jwk.ts";
import { isHighS, toLowS } from "../../src/formats/lowS.ts";
import { signSecp256k1 } from "../../src/formats/secp256k1.ts";
import { createDevice } from "../support/device.ts";
import { bytes } from "./documents.ts";

const CURVES = { ES256: "P-256", ES256K: "secp256k1" } as const;
const ORDERS = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const;
const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const word = (value: bigint) => value.toString(16).padStart(64, "0");

/** Public signatures: what was signed, by which point, and r||s. */
const VECTORS: { source: string; algorithm: Algorithm; x: string; y: string; signed: Uint8Array; signature: string }[] =
  [
    {
      source: "RFC 7515, appendix A.3",
      algorithm: "ES256",
      x: Buffer.from("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "base64url").toString("hex"),
      y: Buffer.from("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "base64url").toString("hex"),
      signed: bytes(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
      ),
      signature: Buffer.from(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        "base64url",
      ).toString("hex"),
    },
    {
      source: "RFC 6979, appendix A.2.5",
      algorithm: "ES256",
      x: "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
      y: "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
      signed: bytes("sample"),
      signature:
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    },
    {
      source: "Bitcoin's vector for RFC 6979 with the private key 1",
      algorithm: "ES256K",
      x: "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
      y: "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
      signed: bytes("Satoshi Nakamoto"),
      signature:
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
    },
    // The point of these two has an x beyond the curve's order: recovering the key from the signature would miss it.
    {
      source: "Wycheproof, ecdsa_secp256r1_sha256_p1363, 115",
      algorithm: "ES256",
      x: "0ad99500288d466940031d72a9f5445a4d43784640855bf0a69874d2de5fe103",
      y: "c5011e6ef2c42dcd50d5d3d29f99ae6eba2c80c9244f4c5422f0979ff0c3ba5e",
      signed: bytes("123400"),
      signature:
        "000000000000000000000000000000004319055358e8617b0c46353d039cdaabffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254e",
    },
    {
      source: "Wycheproof, ecdsa_secp256k1_sha256_p1363, 115",
      algorithm: "ES256K",
      x: "07310f90a9eae149a08402f54194a0f7b4ac427bf8d9bd6c7681071dc47dc362",
      y: "26a6d37ac46d61fd600c0bf1bff87689ed117dda6b0e59318ae010a197a26ca0",
      signed: bytes("123400"),
      signature:
        "000000000000000000000000000000014551231950b75fc4402da1722fc9baebfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413e",
    },
  ];

describe("verifyEcdsa", () => {
  for (const { source, algorithm, x, y, signed, signature: written } of VECTORS) {
    const curve = CURVES[algorithm];
    const key: DeviceKey = { curve, x: `0x${x}`, y: `0x${y}` };
    const device = deviceId(key);
    const signature = hex(written);
    const believes = (p: Partial<Parameters<typeof verifyEcdsa>[0]> = {}) =>
      verifyEcdsa({ algorithm, key, device, signed, signature, ...p });

    it(`agrees with ${source}, and with its low-s twin`, async () => {
      expect(await believes()).to.equal(true);
      const low = toLowS({ curve, signature });
      expect(isHighS({ curve, signature: low })).to.equal(false);
      expect(await believes({ signature: low })).to.equal(true);
      expect(await believes({ signed: signed.subarray(1) })).to.equal(false);
    });

    it(`believes nothing beside ${source}`, async () => {
      const [r, s] = [BigInt(`0x${written.slice(0, 64)}`), BigInt(`0x${written.slice(64)}`)];
      const n = ORDERS[algorithm];
      const edges = [0n, 1n, n - 1n, n, n + 1n, 2n ** 256n - 1n];
      const pairs = [
        ...edges.flatMap((a) => edges.map((b) => [a, b])),
        ...edges.flatMap((e) => [
          [r, e],
          [e, s],
        ]),
        [s, r],
      ];
      for (const [a = 0n, b = 0n] of pairs) {
        const changed = hex(word(a) + word(b));
        expect(await believes({ signature: changed }), `${word(a)} ${word(b)}`).to.equal(false);
      }
      for (const length of [0, 1, 32, 63, 65, 72, 128])
        expect(await believes({ signature: new Uint8Array(length).fill(1) }), String(length)).to.equal(false);
    });

    it(`believes no other key than that of ${source}`, async () => {
      const other = createDevice({ curve });
      const theirs: DeviceKey = { curve, x: other.x, y: other.y };
      expect(await believes({ key: theirs, device: other.id })).to.equal(false);
      expect(await believes({ key: theirs })).to.equal(false);
      expect(await believes({ device: other.id })).to.equal(false);
      const off: DeviceKey = { ...key, y: key.x };
      expect(await believes({ key: off, device: deviceId(off) }), "off the curve").to.equal(false);
    });

    it(`keeps the algorithm of ${source} to its curve`, async () => {
      const foreign: DeviceKey = { ...key, curve: curve === "P-256" ? "secp256k1" : "P-256" };
      expect(await believes({ key: foreign, device: deviceId(foreign) })).to.equal(false);
      expect(await believes({ algorithm: algorithm === "ES256" ? "ES256K" : "ES256" })).to.equal(false);
    });
  }
});

describe("checkSignature", () => {
  const refuse = (reason: string, what: string) => Object.assign(new Error(what), { reason }) as never;
  const check = (algorithm: Algorithm, s: bigint) =>
    checkSignature({ algorithm, signature: hex(word(1n) + word(s)), refuse });

  for (const algorithm of ["ES256", "ES256K"] as const) {
    it(`takes s up to half the order of ${CURVES[algorithm]}, and no more`, () => {
      const half = ORDERS[algorithm] / 2n;
      check(algorithm, half);
      for (const s of [half + 1n, ORDERS[algorithm] - 1n, ORDERS[algorithm], 2n ** 256n - 1n])
        expect(() => check(algorithm, s)).to.throw("high-s");
    });

    it(`turns every s of ${CURVES[algorithm]} to its low twin, once`, () => {
      const curve = CURVES[algorithm];
      fc.assert(
        fc.property(fc.bigInt({ min: 1n, max: ORDERS[algorithm] - 1n }), (s) => {
          const low = toLowS({ curve, signature: hex(word(7n) + word(s)) });
          expect(isHighS({ curve, signature: low })).to.equal(false);
          expect(Buffer.from(low).toString("hex").slice(64)).to.be.oneOf([word(s), word(ORDERS[algorithm] - s)]);
          expect(toLowS({ curve, signature: low })).to.deep.equal(low);
        }),
      );
    });
  }
});

describe("signSecp256k1", () => {
  it("signs Bitcoin's vector for RFC 6979 with the private key 1", () => {
    const signature = signSecp256k1({ privateKey: hex(word(1n)), signed: bytes("Satoshi Nakamoto") });
    expect(Buffer.from(signature).toString("hex")).to.equal(VECTORS[2]?.signature);
  });

  it("convinces node:crypto, always with low s", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: ORDERS.ES256K - 1n }), fc.uint8Array(), (secret, signed) => {
        const signature = signSecp256k1({ privateKey: hex(word(secret)), signed });
        expect(isHighS({ curve: "secp256k1", signature })).to.equal(false);
      }),
      { numRuns: 20 },
    );
    const { key, privateKey } = fixed();
    const signed = createHash("sha512").update("x").digest();
    const jwk = { ...toPublicJwk({ key }) };
    const signature = signSecp256k1({ privateKey, signed });
    expect(verify("sha256", signed, { key: jwk, format: "jwk", dsaEncoding: "ieee-p1363" }, signature)).to.equal(true);
  });

  function fixed(): { key: DeviceKey; privateKey: Uint8Array } {
    const { x = "", y = "" } = VECTORS[2] ?? {};
    return { key: { curve: "secp256k1", x: `0x${x}`, y: `0x${y}` }, privateKey: hex(word(1n)) };
  }
});
