import { expect } from "chai";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { readSign1, toBeSigned } from "../../src/formats/cose.ts";
import { verifyEcdsa } from "../../src/formats/ecdsa.ts";
import { base64urlToHex, deviceId } from "../../src/formats/jwk.ts";
import { EventRefusedError } from "../../src/formats/reasons.ts";
import { array, bstr, cborOf, int, map, NULL, tag, tstr } from "../support/cbor.ts";
import { createDevice } from "../support/device.ts";
import { bytes, delivery } from "./documents.ts";

const refusal = (message: Uint8Array): EventRefusedError => {
  try {
    openEnvelope(message);
  } catch (error) {
    expect(error).to.be.instanceOf(EventRefusedError);
    return error as EventRefusedError;
  }
  throw new Error("opened");
};
const json = bytes(JSON.stringify(delivery()));

for (const curve of ["P-256", "secp256k1"] as const) {
  describe(`COSE_Sign1 of a device on ${curve}`, () => {
    const device = createDevice({ curve });
    const key = { curve, x: device.x, y: device.y };
    const { alg, contentType, kid } = device.headers();

    it("opens, tagged and untagged", async () => {
      for (const tagged of [true, false]) {
        const envelope = openEnvelope(device.signCose(json, { tagged }));
        expect([envelope.device, envelope.contentType]).to.deep.equal([device.id, "application/json"]);
        expect(envelope.algorithm).to.equal(curve === "P-256" ? "ES256" : "ES256K");
        expect(Buffer.from(envelope.payload)).to.deep.equal(Buffer.from(json));
        expect(await envelope.verify(key)).to.equal(true);
      }
    });

    it("opens with kid unprotected, headers in any order and of indefinite length, and without a content type", async () => {
      const indefinite = Buffer.concat([Buffer.from([0xbf]), ...kid, ...alg, Buffer.from([0xff])]);
      for (const parts of [
        { sealed: map(alg, contentType), open: map(kid) },
        { sealed: map(kid, contentType, alg) },
        { sealed: indefinite },
        { sealed: map(alg), open: map(kid) },
      ]) {
        const envelope = openEnvelope(device.signCose(json, parts));
        expect(envelope.device).to.equal(device.id);
        expect(envelope.contentType).to.equal("application/json");
        expect(await envelope.verify(key)).to.equal(true);
      }
    });

    for (const [value, expected] of [
      [int(50), "application/json"],
      [int(60), "application/cbor"],
      [tstr("application/json"), "application/json"],
      [tstr("Application/CBOR"), "application/cbor"],
    ] as const) {
      it(`reads the content type ${value.toString("hex")} as ${expected}`, () => {
        const sealed = map(alg, [int(3), value], kid);
        expect(openEnvelope(device.signCose(json, { sealed })).contentType).to.equal(expected);
      });
    }

    it("is not believed with one changed bit anywhere", async () => {
      const message = device.signCose(json);
      let believed = 0;
      for (let at = 0; at < message.length; at += 1) {
        const changed = Uint8Array.from(message);
        changed[at]! ^= 1 << (at % 8);
        try {
          if (await openEnvelope(changed).verify(key)) believed += 1;
        } catch (error) {
          expect(error).to.be.instanceOf(EventRefusedError);
        }
      }
      expect(believed).to.equal(0);
    });

    it("is believed with the device's key alone, and never under the other algorithm", async () => {
      const envelope = openEnvelope(device.signCose(json));
      const other = createDevice({ curve });
      const foreign = curve === "P-256" ? "secp256k1" : "P-256";
      expect(await envelope.verify({ curve, x: other.x, y: other.y })).to.equal(false);
      expect(await envelope.verify({ ...key, curve: foreign })).to.equal(false);
      const confused = map([int(1), int(curve === "P-256" ? -47 : -7)], contentType, kid);
      expect(await openEnvelope(device.signCose(json, { sealed: confused })).verify(key)).to.equal(false);
      const jws = device.signJws(delivery(), { alg: curve === "P-256" ? "ES256K" : "ES256" });
      expect(await openEnvelope(jws).verify(key)).to.equal(false);
      expect(await openEnvelope(device.signJws(delivery())).verify(key)).to.equal(true);
    });

    it("is not believed when external data were signed as well", async () => {
      const sealed = bstr(map(alg, contentType, kid));
      const signature = device.signBytes(array(tstr("Signature1"), sealed, bstr(bytes("aad")), bstr(json)));
      const envelope = openEnvelope(array(sealed, map(), bstr(json), bstr(signature)));
      expect(await envelope.verify(key)).to.equal(false);
      const other = device.signBytes(array(tstr("Signature"), sealed, bstr(bytes("")), bstr(json)));
      expect(await openEnvelope(array(sealed, map(), bstr(json), bstr(other))).verify(key)).to.equal(false);
    });

    it("is refused with the high-s twin of its signature, or with one of another length", () => {
      const order =
        curve === "P-256"
          ? 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
          : 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const { protectedHeader, signature } = readSign1(device.signCose(json));
      const twin = (order - BigInt(`0x${Buffer.from(signature).toString("hex", 32)}`)).toString(16).padStart(64, "0");
      for (const [bad, why] of [
        [Buffer.concat([signature.subarray(0, 32), Buffer.from(twin, "hex")]), "high-s twin"],
        [signature.subarray(0, 63), "63 bytes"],
        [new Uint8Array(), "0 bytes"],
        [Buffer.concat([signature, signature]), "128 bytes"],
      ] as const) {
        const error = refusal(array(bstr(protectedHeader), map(), bstr(json), bstr(bad)));
        expect(error.reason).to.equal("signature");
        expect(error.message).to.include(why);
        expect(error.eventId).to.equal("urn:uuid:1");
      }
    });

    const long = bstr(Buffer.alloc(33, 1));
    for (const [what, sealed, open, reason, why] of [
      ["crit", map(alg, kid, [int(2), array(int(1))]), map(), "header", "crit (label 2)"],
      ["crit unprotected", map(alg, kid), map([int(2), array(int(1))]), "header", "crit (label 2)"],
      ["alg unprotected", map(kid), map(alg), "header", "alg (label 1)"],
      ["alg in both places", map(alg, kid), map(alg), "header", "alg (label 1)"],
      ["no alg", map(contentType, kid), map(), "header", "names no algorithm"],
      ["no protected header", Buffer.alloc(0), map(kid), "header", "names no algorithm"],
      ["an alg of bytes", map([int(1), bstr(bytes("x"))], kid), map(), "header", "neither a number nor a text"],
      ["EdDSA", map([int(1), int(-8)], kid), map(), "unsupported", '"-8"'],
      ["ES384", map([int(1), int(-35)], kid), map(), "unsupported", '"-35"'],
      ["HMAC", map([int(1), int(5)], kid), map(), "unsupported", '"5"'],
      ["ES256 by its name", map([int(1), tstr("ES256")], kid), map(), "unsupported", '"ES256"'],
      ["no kid", map(alg, contentType), map(), "header", "32 bytes"],
      ["a kid of 31 bytes", map(alg, [int(4), bstr(Buffer.alloc(31))]), map(), "header", "32 bytes"],
      ["an unprotected kid of 33 bytes", map(alg), map([int(4), long]), "header", "32 bytes"],
      ["a kid of text", map(alg, [int(4), tstr(device.kid)]), map(), "header", "32 bytes"],
      ["kid in both places", map(alg, kid), map(kid), "header", "both"],
      ["two kids that disagree", map(alg, kid), map([int(4), bstr(Buffer.alloc(32))]), "header", "both"],
      ["alg twice", map(alg, alg, kid), map(), "header", "stands once"],
      ["a content type unprotected", map(alg, kid), map(contentType), "header", "content type (label 3)"],
      ["a content type of bytes", map(alg, [int(3), bstr(json)], kid), map(), "header", "content type"],
      ["another content type", map(alg, [int(3), tstr("text/xml")], kid), map(), "unsupported", "text/xml"],
      ["another content format", map(alg, [int(3), int(0)], kid), map(), "unsupported", '"0"'],
      ["a nonce", map(alg, kid, [int(5), bstr(json)]), map(), "header", '"5"'],
      ["a certificate", map(alg, kid), map([int(33), bstr(json)]), "header", '"33"'],
      ["a label of text", map(alg, kid, [tstr("jku"), tstr("https://evil.example")]), map(), "header", '"jku"'],
      ["a list for a header", array(...alg), map(), "header", "CBOR map"],
      ["something after the header", Buffer.concat([map(alg, kid), int(0)]), map(), "header", "CBOR map"],
    ] as const) {
      it(`is refused with ${what}`, () => {
        const error = refusal(device.signCose(json, { sealed, open }));
        expect([error.reason, error.eventId]).to.deep.equal([reason, "urn:uuid:1"]);
        expect(error.message).to.include(why);
      });
    }
  });
}

describe("a message that is no COSE_Sign1", () => {
  const device = createDevice();
  const { protectedHeader, payload, signature } = readSign1(device.signCose(json));
  const inChunks = Buffer.concat([Buffer.from([0x5f]), bstr(payload), Buffer.from([0xff])]);
  const [sealed, body, signed] = [bstr(protectedHeader), bstr(payload), bstr(signature)];

  for (const [what, message, why] of [
    ["a detached payload", array(sealed, map(), NULL, signed), "detached"],
    ["an open payload", array(sealed, map(), tstr("{}"), signed), "payload is no byte string"],
    ["an open protected header", array(map(), map(), body, signed), "protected header is no byte string"],
    ["a list for the unprotected header", array(sealed, array(), body, signed), "unprotected header is no map"],
    ["several signatures", array(sealed, map(), body, array(signed)), "signature is no byte string"],
    ["three parts", tag(18, array(sealed, map(), body)), "four parts"],
    ["five parts", tag(18, array(sealed, map(), body, signed, signed)), "four parts"],
    ["a tag twice", tag(18, tag(18, array(sealed, map(), body, signed))), "the tag 18"],
    ["a tag inside", array(sealed, map([int(4), tag(24, sealed)]), body, signed), "the tag 24"],
    ["a tag alone", Buffer.from([0xd2]), "ends too early"],
    ["a cut message", array(sealed, map(), body, signed).subarray(0, -1), ""],
    ["a byte too many", Buffer.concat([array(sealed, map(), body, signed), int(0)]), "something follows"],
    ["a label twice", array(sealed, map([int(4), sealed], [int(4), sealed]), body, signed), "the key 4 stands twice"],
    ["deep nesting", Buffer.concat([Buffer.from([0x84]), Buffer.alloc(60_000, 0x81)]), "nested deeper"],
    ["a payload in chunks", array(sealed, map(), inChunks, signed), "indefinite length"],
  ] as const) {
    it(`is malformed: ${what}`, () => {
      const error = refusal(message);
      expect(error.reason).to.equal("malformed");
      expect(error.message).to.include(why);
    });
  }

  it("is too large above 64 KiB, whatever it holds", () => {
    expect(refusal(device.signCose(new Uint8Array(64 * 1024))).reason).to.equal("too-large");
  });

  it("names the event of a refused message also when it is in CBOR", () => {
    const { kid, contentType } = device.headers(60);
    const event = cborOf(delivery({ eventID: "urn:uuid:79" }));
    expect(refusal(device.signCose(event, { sealed: map(contentType, kid) })).eventId).to.equal("urn:uuid:79");
    expect(refusal(device.signCose(bytes("7"), { sealed: map(contentType, kid) })).eventId).to.equal(null);
  });
});

describe("public examples of COSE_Sign1", () => {
  // RFC 9052, appendix C.2.1, and the same without its tag
  const message = Buffer.from(
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36",
    "hex",
  );
  const key = {
    curve: "P-256",
    x: base64urlToHex("usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8") ?? "",
    y: base64urlToHex("IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4") ?? "",
  } as const;

  for (const [what, bytesOf] of [
    ["with its tag", message],
    ["without", message.subarray(1)],
  ] as const) {
    it(`reads and verifies that of RFC 9052, appendix C.2.1, ${what}`, async () => {
      const parts = readSign1(bytesOf);
      expect(Buffer.from(parts.payload).toString()).to.equal("This is the content.");
      const signed = toBeSigned(parts);
      expect(Buffer.from(signed).toString("hex")).to.equal(
        "846a5369676e61747572653143a101264054546869732069732074686520636f6e74656e742e",
      );
      const check = { algorithm: "ES256", key, device: deviceId(key), signature: parts.signature } as const;
      expect(await verifyEcdsa({ ...check, signed })).to.equal(true);
      expect(await verifyEcdsa({ ...check, signed: signed.subarray(1) })).to.equal(false);
    });
  }

  it("refuses it as an event: its kid is no thumbprint", () => {
    expect(refusal(message)).to.have.property("reason", "header");
  });
});
