import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { readSign1 } from "../../src/formats/cose.ts";
import { parseDeliveryEvent } from "../../src/formats/deliveryEvent.ts";
import { openEnvelope } from "../../src/formats/envelope.ts";
import type { DeviceKey } from "../../src/formats/envelope.ts";
import { EventRefusedError } from "../../src/formats/reasons.ts";
import { cborOf, map } from "../support/cbor.ts";
import { createDevice, type Device } from "../support/device.ts";
import { bytes, delivery } from "./documents.ts";

/** A good message in every form, with the key that signed it. */
const good = (["P-256", "secp256k1"] as const).flatMap((curve) => {
  const device = createDevice({ curve });
  return messagesOf(device).map((message) => ({ key: { curve, x: device.x, y: device.y }, message }));
});

function messagesOf(device: Device): Uint8Array[] {
  const { alg, contentType, kid } = device.headers(60);
  const json = bytes(JSON.stringify(delivery()));
  return [
    device.signJws(delivery()),
    device.signCose(json),
    device.signCose(json, { tagged: false, open: map(kid), sealed: map(alg) }),
    device.signCose(cborOf(delivery()), { sealed: map(alg, contentType, kid) }),
  ];
}

/** What becomes of a message, as the relayer's inbox takes it: whether it counts. Only a refusal may be thrown. */
async function counts(message: Uint8Array, key: DeviceKey): Promise<boolean> {
  try {
    const envelope = openEnvelope(message);
    parseDeliveryEvent(envelope);
    return await envelope.verify(key);
  } catch (error) {
    if (error instanceof EventRefusedError) return false;
    throw error;
  }
}

describe("any bytes", () => {
  it("good messages count: what follows can fail", async () => {
    for (const { key, message } of good) expect(await counts(message, key)).to.equal(true);
  });

  it("are refused or not believed, and nothing else is thrown", async () => {
    const first = fc.constantFrom([], [0x65], [0xd2], [0x84], [0xd2, 0x84], [0x84, 0x43, 0xa1, 0x01, 0x26]);
    await fc.assert(
      fc.asyncProperty(first, fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...good), async (head, tail, one) => {
        expect(await counts(Uint8Array.from([...head, ...tail]), one.key)).to.equal(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("changed from a good message never count", async () => {
    const splice = fc.tuple(fc.nat(), fc.nat(6), fc.uint8Array({ maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(splice, { minLength: 1, maxLength: 3 }),
        async ({ key, message }, splices) => {
          const changed = splices.reduce((now, [at, gone, added]) => {
            const from = at % (now.length + 1);
            return Buffer.concat([now.subarray(0, from), added, now.subarray(from + gone)]);
          }, Buffer.from(message));
          if (await counts(changed, key)) expect(sameSigned(changed, message)).to.equal(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("exchanged between two good messages never count", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...good), fc.constantFrom(...good), fc.nat(), fc.nat(), async (a, b, i, j) => {
        const mixed = Buffer.concat([
          a.message.subarray(0, i % a.message.length),
          b.message.subarray(j % b.message.length),
        ]);
        for (const { key } of [a, b])
          if (await counts(mixed, key)) expect(good.some(({ message }) => sameSigned(mixed, message))).to.equal(true);
      }),
      { numRuns: 1500 },
    );
  });
});

/** Whether two messages are the same but for what no signature covers: COSE's tag and how its lengths are written. */
function sameSigned(a: Uint8Array, b: Uint8Array): boolean {
  if (Buffer.from(a).equals(b)) return true;
  try {
    const [one, other] = [readSign1(a), readSign1(b)];
    const parts = ["protectedHeader", "payload", "signature"] as const;
    return parts.every((part) => Buffer.from(one[part]).equals(other[part]));
  } catch {
    return false;
  }
}
