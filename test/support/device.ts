import { createHash, generateKeyPairSync, sign } from "node:crypto";

const ORDER = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/** A device that signs with node:crypto alone, so that the product's own code is not its own witness. */
export function createDevice() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" }) as { x: string; y: string };
  const thumbprint = createHash("sha256").update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest();
  const kid = thumbprint.toString("base64url");

  /** JWS compact with a low s; `header` replaces members of the protected header. */
  function signJws(payload: object, header: object = {}): Uint8Array {
    const input = [{ alg: "ES256", kid, ...header }, payload].map(base64urlJson).join(".");
    for (;;) {
      const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
      if (BigInt(`0x${signature.subarray(32).toString("hex")}`) <= ORDER / 2n) {
        return Buffer.from(`${input}.${signature.toString("base64url")}`);
      }
    }
  }

  return {
    kid,
    id: hex(thumbprint),
    x: hex(Buffer.from(x, "base64url")),
    y: hex(Buffer.from(y, "base64url")),
    topic: `factorychain/devices/${kid}/events`,
    signJws,
  };
}

export type Device = ReturnType<typeof createDevice>;

/** An EPCIS event that says: so much of an item was received. */
export function receivingEvent({
  eventId,
  time,
  order,
  epcClass,
  quantity,
  ...more
}: {
  eventId: string;
  /** Seconds since 1970. */
  time: number;
  /** URI of the purchase order. */
  order: string;
  epcClass: string;
  quantity: number;
  [field: string]: unknown;
}): object {
  return {
    "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    type: "ObjectEvent",
    eventID: eventId,
    eventTime: new Date(time * 1000).toISOString(),
    eventTimeZoneOffset: "+00:00",
    action: "OBSERVE",
    bizStep: "receiving",
    bizTransactionList: [{ type: "po", bizTransaction: order }],
    quantityList: [{ epcClass, quantity }],
    ...more,
  };
}

function base64urlJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function hex(bytes: Buffer): string {
  return `0x${bytes.toString("hex")}`;
}
