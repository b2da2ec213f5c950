/**
 * Records the example stream again: examples/events.jsonl and examples/devices.json, for examples/order.xml. It shares no
 * code with the reader in src/formats, so the example also shows that the format can be written without it. The private
 * keys are thrown away: run it again to change the recording.
 */
import { writeFileSync } from "node:fs";
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";

const BUYER = "8801234500012";
const SUPPLIER = "8809876500018";
const ORDER = `urn:epcglobal:cbv:bt:${BUYER}:BO-2026-0117`;
const BEARING = "https://id.gs1.org/01/08809876500100";
const GREASE = "urn:epc:class:lgtin:880987650.0020.L2611";
const CONTEXT = [
  "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
  { factorychain: "urn:factorychain:epcis:" },
];

type Device = Awaited<ReturnType<typeof newDevice>>;

async function newDevice() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const { x, y } = await exportJWK(publicKey);
  const jwk = { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" };
  return { privateKey, jwk, kid: await calculateJwkThumbprint(jwk), sequence: 0 };
}

/** A JWS whose s is low; every second signature has one. */
async function sign(event: object, by: Device, as: Device = by): Promise<string> {
  for (;;) {
    const payload = new TextEncoder().encode(JSON.stringify(event));
    const jws = await new CompactSign(payload).setProtectedHeader({ alg: "ES256", kid: as.kid }).sign(by.privateKey);
    const s = Buffer.from(jws.slice(jws.lastIndexOf(".") + 1), "base64url").toString("hex", 32);
    if (BigInt(`0x${s}`) <= 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n) return jws;
  }
}

function received(device: Device, id: string, time: string, what: object, order: string = ORDER): object {
  device.sequence += 1;
  return {
    "@context": CONTEXT,
    type: "ObjectEvent",
    eventID: `urn:uuid:${id}`,
    eventTime: time,
    eventTimeZoneOffset: "+09:00",
    action: "OBSERVE",
    bizStep: "receiving",
    bizTransactionList: [{ type: "po", bizTransaction: order }],
    ...what,
    "factorychain:sequence": device.sequence,
  };
}

const bearings = (quantity: number) => ({ quantityList: [{ epcClass: BEARING, quantity }] });
const grease = (quantity: number, uom = "KGM") => ({ quantityList: [{ epcClass: GREASE, quantity, uom }] });
const brackets = (quantity: number) => ({
  quantityList: [{ epcClass: "urn:factorychain:item:HM-4471-C", quantity, uom: "C62" }],
  "factorychain:line": "30",
});

const [gate, scale, theirs, stranger] = [await newDevice(), await newDevice(), await newDevice(), await newDevice()];

const first = await sign(
  received(gate, "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a01", "2026-11-09T08:12:40+09:00", bearings(400)),
  gate,
);
const disputed = "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a05";
const stream: [Device, string][] = [
  [gate, first],
  [
    scale,
    await sign(
      received(scale, "c0b7a9e2-7f0e-4b0c-8d0a-5b1c2d3e4f01", "2026-11-10T10:01:05+09:00", grease(120.25)),
      scale,
    ),
  ],
  [
    gate,
    await sign(received(gate, "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a02", "2026-11-10T14:20:00+09:00", brackets(15)), gate),
  ],
  [
    gate,
    await sign(
      received(gate, "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a03", "2026-11-11T09:03:12.250+09:00", {
        epcList: ["urn:epc:id:sgtin:880987650.0010.000417", "https://id.gs1.org/01/08809876500100/21/000418"],
      }),
      gate,
    ),
  ],
  [gate, first],
  [
    gate,
    await sign(
      received({ ...gate }, "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a04", "2026-11-12T07:55:00+09:00", bearings(600)),
      stranger,
      gate,
    ),
  ],
  [gate, await sign(received(gate, disputed, "2026-11-12T08:30:00+09:00", bearings(50)), gate)],
  [gate, await sign(received({ ...gate }, disputed, "2026-11-12T08:30:00+09:00", bearings(500)), gate)],
  [
    scale,
    await sign(
      received(scale, "c0b7a9e2-7f0e-4b0c-8d0a-5b1c2d3e4f02", "2026-11-16T16:45:30+09:00", grease(130.25)),
      scale,
    ),
  ],
  [
    gate,
    await sign(
      received(gate, "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a06", "2026-11-17T08:10:00+09:00", bearings(700)),
      gate,
    ),
  ],
  [
    gate,
    await sign(
      received(
        gate,
        "6a1de1c5-3a44-4a5e-9d55-0f6d3b6f1a07",
        "2026-11-18T11:00:00+09:00",
        bearings(20),
        `urn:epcglobal:cbv:bt:${BUYER}:BO-2026-9999`,
      ),
      gate,
    ),
  ],
  [
    theirs,
    await sign(
      received(theirs, "0d9e8f7a-6b5c-4d3e-8f1a-2b3c4d5e6f01", "2026-11-19T15:30:00+09:00", brackets(25)),
      theirs,
    ),
  ],
  [
    scale,
    await sign(
      received(scale, "c0b7a9e2-7f0e-4b0c-8d0a-5b1c2d3e4f03", "2026-11-20T09:00:00+09:00", grease(3, "C62")),
      scale,
    ),
  ],
];

const keys = [gate, scale, theirs].map(({ jwk, kid }) => ({
  ...jwk,
  kid,
  ...(kid === theirs.kid ? { owner: SUPPLIER } : {}),
}));
const lines = stream.map(([{ kid }, payload]) =>
  JSON.stringify({ topic: `factorychain/devices/${kid}/events`, payload, encoding: "utf8" }),
);
const file = (name: string) => new URL(`../examples/${name}`, import.meta.url);
writeFileSync(file("devices.json"), `${JSON.stringify({ keys }, null, 2)}\n`);
writeFileSync(file("events.jsonl"), `${lines.join("\n")}\n`);
console.log(`${lines.length} messages of ${keys.length} devices recorded`);
