import { expect } from "chai";
import { calculateJwkThumbprint } from "jose";
import {
  base64urlToHex,
  deviceId,
  deviceIdToKid,
  deviceTopic,
  parseJwkSet,
  toPublicJwk,
} from "../../src/formats/jwk.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { createDevice } from "../support/device.ts";

const key = { curve: "P-256", ...(({ x, y }) => ({ x, y }))(createDevice()) } as const;
const set = (...keys: object[]) => JSON.stringify({ keys });

describe("deviceId", () => {
  it("is the thumbprint of RFC 7638, as RFC 9449 shows it for an EC key", () => {
    const hex = (text: string) => base64urlToHex(text) ?? "";
    const shown = {
      curve: "P-256",
      x: hex("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
      y: hex("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
    } as const;
    expect(deviceIdToKid(deviceId(shown))).to.equal("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  });

  it("agrees with jose on both curves", async () => {
    for (const curve of ["P-256", "secp256k1"] as const) {
      const jwk = toPublicJwk({ key: { ...key, curve } });
      expect(await calculateJwkThumbprint({ ...jwk })).to.equal(jwk.kid);
      expect(deviceIdToKid(deviceId({ ...key, curve }))).to.equal(jwk.kid);
    }
  });

  it("gives the topic", () => {
    const device = createDevice();
    expect(deviceTopic(device.id)).to.equal(device.topic);
  });
});

describe("parseJwkSet", () => {
  const jwk = toPublicJwk({ key });

  it("reads devices and their owners", () => {
    const other = createDevice();
    const theirs = toPublicJwk({ key: { curve: "P-256", x: other.x, y: other.y }, owner: "8809876500018" });
    expect(parseJwkSet(set({ ...jwk, use: "sig" }, theirs))).to.deep.equal([
      { device: deviceId(key), key },
      { device: other.id, key: { curve: "P-256", x: other.x, y: other.y }, owner: "8809876500018" },
    ]);
    expect(parseJwkSet('{"keys":[]}')).to.deep.equal([]);
  });

  for (const [what, text] of [
    ["no JSON", "keys"],
    ["no list", '{"keys":{}}'],
    ["a private key", set({ ...jwk, d: "AA" })],
    ["an RSA key", set({ kty: "RSA", n: "AA", e: "AQAB", kid: "x" })],
    ["another curve", set({ ...jwk, crv: "P-384" })],
    ["a kid of its own", set({ ...jwk, kid: "gate-7" })],
    ["no kid", set({ ...jwk, kid: undefined })],
    ["a point off the curve", set(toPublicJwk({ key: { ...key, y: key.x } }))],
    ["a short coordinate", set({ ...jwk, x: jwk.x.slice(0, 40) })],
    ["a key twice", set(jwk, jwk)],
    ["an owner of nothing", set({ ...jwk, owner: " " })],
    ["an owner that is no text", set({ ...jwk, owner: 7 })],
    ["a name twice", `{"keys":[],"keys":[]}`],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parseJwkSet(text))
        .to.throw(FactoryChainError)
        .with.property("code", "devices-invalid");
    });
  }
});
