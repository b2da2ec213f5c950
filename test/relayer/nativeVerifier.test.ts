import { expect } from "chai";
import type { DeviceKey } from "../../src/formats/envelope.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { verifyP256 } from "../../src/formats/p256.ts";
import { verifySecp256k1 } from "../../src/formats/secp256k1.ts";
import { createNativeVerifier } from "../../src/relayer/nativeVerifier.ts";
import { createDevice } from "../support/device.ts";

const ORDERS = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

describe("the native verifier", () => {
  const verifier = createNativeVerifier();

  for (const curve of ["P-256", "secp256k1"] as const) {
    const device = createDevice({ curve });
    const key: DeviceKey = { curve, x: device.x, y: device.y };
    const signed = Buffer.from("what is signed");
    const signature = device.signBytes(signed);
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    const order = ORDERS[curve];
    const portable = (p: { key: DeviceKey; signed: Uint8Array; signature: Uint8Array }) =>
      (curve === "P-256" ? verifyP256 : verifySecp256k1)({ ...p, device: device.id });

    it(`says of signatures on ${curve} what the portable one says`, async () => {
      const high = bytesOf(order - BigInt(`0x${s.toString("hex")}`));
      const flipped = Buffer.from(signature);
      flipped[5]! ^= 1;
      const cases: [string, Uint8Array, boolean][] = [
        ["good", signature, true],
        ["its high-s twin", Buffer.concat([r, high]), true],
        ["one bit changed", flipped, false],
        ["r = 0", Buffer.concat([bytesOf(0n), s]), false],
        ["s = 0", Buffer.concat([r, bytesOf(0n)]), false],
        ["r = n", Buffer.concat([bytesOf(order), s]), false],
        ["s = n", Buffer.concat([r, bytesOf(order)]), false],
        ["s + n", Buffer.concat([r, bytesOf((BigInt(`0x${s.toString("hex")}`) + order) % 2n ** 256n)]), false],
      ];
      for (const [name, one, good] of cases) {
        expect(await verifier({ key, signed, signature: one }), name).to.equal(good);
        expect(await portable({ key, signed, signature: one }), name).to.equal(good);
      }
      expect(await verifier({ key, signed: Buffer.from("what was not"), signature })).to.equal(false);
    });

    it(`believes nothing under a key that is no point of ${curve}, or another one`, async () => {
      const other = createDevice({ curve });
      const outside = { curve, x: device.x, y: other.y };
      expect(await verifier({ key: outside, signed, signature })).to.equal(false);
      expect(await verifier({ key: { curve, x: other.x, y: other.y }, signed, signature })).to.equal(false);
    });

    it(`leaves the checks of the format where they are, on ${curve}`, async () => {
      const envelope = openEnvelope(device.signJws({ a: 1 }));
      const stranger = createDevice({ curve });
      const foreign = curve === "P-256" ? "secp256k1" : "P-256";
      const yes = () => true;
      expect(await envelope.verify(key, verifier)).to.equal(true);
      expect(await envelope.verify(key, yes)).to.equal(true);
      expect(await envelope.verify({ ...key, curve: foreign }, yes)).to.equal(false);
      expect(await envelope.verify({ curve, x: stranger.x, y: stranger.y }, yes)).to.equal(false);
    });
  }
});
