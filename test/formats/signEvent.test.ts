import { verify } from "node:crypto";
import { expect } from "chai";
import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import { readSign1, toBeSigned } from "../../src/formats/cose.ts";
import { deviceId } from "../../src/formats/jwk.ts";
import { MESSAGE_FORMS, newPrivateJwk, publicKeyOf, signEvent } from "../../src/formats/signEvent.ts";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { cborOf } from "../support/cbor.ts";
import { bytes, delivery } from "./documents.ts";

const CURVES = ["P-256", "secp256k1"] as const;

describe("signEvent", () => {
  for (const curve of CURVES) {
    for (const form of MESSAGE_FORMS) {
      it(`writes ${form} with a key on ${curve}, always with low s`, async () => {
        const privateJwk = await newPrivateJwk({ curve });
        const key = publicKeyOf(privateJwk);
        for (let i = 0; i < 12; i++) {
          const event = delivery({ eventID: `urn:uuid:${String(i)}` });
          const envelope = openEnvelope(await signEvent({ event, privateJwk, form }));
          expect(envelope.device).to.equal(deviceId(key));
          expect(envelope.algorithm).to.equal(curve === "P-256" ? "ES256" : "ES256K");
          expect(envelope.contentType).to.equal(form === "cose-cbor" ? "application/cbor" : "application/json");
          expect(await envelope.verify(key)).to.equal(true);
          expect(parseDeliveryEvent(envelope).eventId).to.equal(event["eventID"]);
        }
      });
    }

    it(`writes COSE on ${curve} that node:crypto believes, byte for byte as RFC 9052 has it`, async () => {
      const privateJwk = await newPrivateJwk({ curve });
      const event = { b: [1, -1, 0.1, 1e300], a: null, long: "x".repeat(300), c: { d: true } };
      const message = await signEvent({ event, privateJwk, form: "cose-cbor" });
      expect(message[0]).to.equal(0xd2);
      const parts = readSign1(message);
      expect([...parts.unprotectedHeader]).to.deep.equal([]);
      const { kty, crv, x, y } = privateJwk;
      const key = { key: { kty, crv, x, y }, format: "jwk", dsaEncoding: "ieee-p1363" } as const;
      expect(verify("sha256", toBeSigned(parts), key, parts.signature)).to.equal(true);
      const ordered = { a: null, b: event.b, c: event.c, long: event.long };
      expect(Buffer.from(parts.payload)).to.deep.equal(cborOf(ordered));
    });
  }

  it("signs a text as it stands", async () => {
    const privateJwk = await newPrivateJwk();
    for (const form of ["jws", "cose"] as const) {
      const { payload } = openEnvelope(await signEvent({ event: '{ "a":1.0 }', privateJwk, form }));
      expect(Buffer.from(payload)).to.deep.equal(Buffer.from(bytes('{ "a":1.0 }')));
    }
  });

  it("refuses a key without its point", () => {
    expect(() => publicKeyOf({ kty: "EC", crv: "secp256k1", x: "", y: "", d: "" }))
      .to.throw(FactoryChainError)
      .with.property("code", "devices-invalid");
  });
});
