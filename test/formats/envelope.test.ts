import { expect } from "chai";
import { CompactSign, exportJWK, generateKeyPair } from "jose";
import { toBase64url } from "../../src/formats/base64url.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { isHighS, toLowS } from "../../src/formats/lowS.ts";
import { deviceId } from "../../src/formats/jwk.ts";
import { EventRefusedError } from "../../src/formats/reasons.ts";
import { publicKeyOf } from "../../src/formats/signEvent.ts";
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
const reasonOf = (message: Uint8Array) => refusal(message).reason;

describe("openEnvelope", () => {
  const device = createDevice();
  const key = { curve: "P-256", x: device.x, y: device.y } as const;
  const message = device.signJws(delivery());

  it("opens what an independent signer signed", async () => {
    const envelope = openEnvelope(message);
    expect(envelope.device).to.equal(device.id);
    expect(envelope.algorithm).to.equal("ES256");
    expect(JSON.parse(new TextDecoder().decode(envelope.payload))).to.deep.equal(delivery());
    expect(await envelope.verify(key)).to.equal(true);
  });

  it("opens what jose signed, with typ and cty", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const { x = "", y = "" } = await exportJWK(publicKey);
    const theirs = publicKeyOf({ kty: "EC", crv: "P-256", x, y, d: "" });
    const kid = toBase64url(Uint8Array.from(Buffer.from(deviceId(theirs).slice(2), "hex")));
    for (let high = true; high;) {
      const header = { alg: "ES256", kid, typ: "JOSE", cty: "application/json" };
      const jws = await new CompactSign(bytes("{}")).setProtectedHeader(header).sign(privateKey);
      high = isHighS({ curve: "P-256", signature: Buffer.from(jws.split(".")[2] ?? "", "base64url") });
      if (!high) expect(await openEnvelope(bytes(jws)).verify(theirs)).to.equal(true);
    }
  });

  it("does not believe another key, also not once the right one is known", async () => {
    const other = createDevice();
    const envelope = openEnvelope(message);
    for (let i = 0; i < 2; i++) {
      expect(await envelope.verify({ curve: "P-256", x: other.x, y: other.y })).to.equal(false);
      expect(await envelope.verify({ ...key, curve: "secp256k1" })).to.equal(false);
      expect(await envelope.verify(key)).to.equal(true);
    }
  });

  it("does not believe one changed bit in header, payload or signature", async () => {
    const text = new TextDecoder().decode(message);
    const [header = "", payload = "", signature = ""] = text
      .split(".")
      .map((part) => Buffer.from(part, "base64url").toString("latin1"));
    const flip = (part: string, at: number) =>
      part.slice(0, at) + String.fromCharCode(part.charCodeAt(at) ^ 1) + part.slice(at + 1);
    const join = (...parts: string[]) =>
      bytes(parts.map((part) => Buffer.from(part, "latin1").toString("base64url")).join("."));
    expect(await openEnvelope(join(header, payload, signature)).verify(key)).to.equal(true);
    for (const forged of [
      join(header, flip(payload, 20), signature),
      join(header, payload, flip(signature, 3)),
      join(header, payload, flip(signature, 40)),
    ]) {
      expect(await openEnvelope(forged).verify(key)).to.equal(false);
    }
    const kid = device.kid.startsWith("A") ? `B${device.kid.slice(1)}` : `A${device.kid.slice(1)}`;
    expect(openEnvelope(join(header.replace(device.kid, kid), payload, signature)).device).to.not.equal(device.id);
  });

  it("does not believe a forged message of another device", async () => {
    const forged = createDevice().signJws(delivery(), { kid: device.kid });
    expect(await openEnvelope(forged).verify(key)).to.equal(false);
  });

  it("tells what is not known from what is broken", () => {
    expect(reasonOf(Uint8Array.from([0xd1, 0x84, 0x43]))).to.equal("unsupported"); // COSE_Mac0
    expect(reasonOf(Uint8Array.from([0xd8, 0x62, 0x84]))).to.equal("unsupported"); // COSE_Sign
    expect(reasonOf(bytes('{"payload":"","signatures":[]}'))).to.equal("unsupported");
    expect(reasonOf(new Uint8Array())).to.equal("malformed");
    expect(reasonOf(bytes("eyJ"))).to.equal("malformed");
    expect(reasonOf(bytes(`${new TextDecoder().decode(message)}\n`))).to.equal("malformed");
    expect(reasonOf(bytes(`${new TextDecoder().decode(message)}==`))).to.equal("malformed");
    expect(reasonOf(bytes(`${new TextDecoder().decode(message)}.e30`))).to.equal("malformed");
  });

  it("refuses more than 64 KiB", () => {
    expect(reasonOf(new Uint8Array(64 * 1024 + 1).fill(0x65))).to.equal("too-large");
    expect(reasonOf(new Uint8Array(64 * 1024).fill(0x65))).to.equal("malformed");
  });

  for (const alg of ["ES384", "ES512", "RS256", "HS256", "none", "EdDSA"]) {
    it(`refuses the algorithm ${alg} as unsupported`, () =>
      expect(reasonOf(device.signJws({}, { alg }))).to.equal("unsupported"));
  }

  for (const [what, header] of [
    ["crit", { crit: ["b64"] }],
    ["jku", { jku: "https://evil.example/keys" }],
    ["x5u", { x5u: "https://evil.example/cert" }],
    ["jwk", { jwk: {} }],
    ["b64", { b64: false }],
    ["a member of its own", { nonce: "1" }],
    ["no kid", { kid: undefined }],
    ["a kid that is no thumbprint", { kid: "gate-7" }],
    ["a kid of a number", { kid: 7 }],
    ["no alg", { alg: undefined }],
    ["an alg that is no text", { alg: ["ES256"] }],
    ["a typ that is no text", { typ: 1 }],
  ] as const) {
    it(`refuses a header with ${what}`, () => expect(reasonOf(device.signJws(delivery(), header))).to.equal("header"));
  }

  for (const [what, header] of [
    ["a name twice", `{"alg":"ES256","kid":"${device.kid}","alg":"none"}`],
    ["a list", `["ES256"]`],
    ["no JSON", "ES256"],
  ] as const) {
    it(`refuses a header that is ${what}`, () => {
      // A header that does not begin with {" is not told by its first byte: the text itself is.
      const parts = [header, "{}"].map((part) => Buffer.from(part).toString("base64url"));
      const reason = reasonOf(bytes(`${parts.join(".")}.${"A".repeat(86)}`));
      expect(reason).to.equal(parts[0]?.startsWith("e") === true ? "header" : "unsupported");
    });
  }

  it("names the event that a refused message claims to be", () => {
    expect(refusal(device.signJws(delivery({ eventID: "urn:uuid:77" }), { alg: "ES384" })).eventId).to.equal(
      "urn:uuid:77",
    );
    expect(refusal(device.signJws({}, { alg: "ES384" })).eventId).to.equal(null);
    const document = { type: "EPCISDocument", epcisBody: { eventList: [delivery({ eventID: "urn:uuid:78" })] } };
    expect(refusal(device.signJws(document, { crit: [] })).eventId).to.equal("urn:uuid:78");
  });

  it("refuses the high-s twin and wrong lengths as signatures", async () => {
    const parts = new TextDecoder().decode(message).split(".");
    const low = Buffer.from(parts[2] ?? "", "base64url");
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${low.subarray(32).toString("hex")}`);
    const high = Buffer.concat([low.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    const withSignature = (signature: Uint8Array) => bytes(`${parts[0]}.${parts[1]}.${toBase64url(signature)}`);
    expect(reasonOf(withSignature(high))).to.equal("signature");
    expect(toLowS({ curve: "P-256", signature: high })).to.deep.equal(Uint8Array.from(low));
    expect(reasonOf(withSignature(low.subarray(0, 63)))).to.equal("signature");
    expect(reasonOf(withSignature(Buffer.concat([low, low])))).to.equal("signature");
    for (const zero of [Buffer.alloc(64), Buffer.concat([low.subarray(0, 32), Buffer.alloc(32)])]) {
      expect(await openEnvelope(withSignature(zero)).verify(key)).to.equal(false);
    }
  });
});
