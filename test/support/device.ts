import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { array, bstr, int, map, tag, tstr } from "./cbor.ts";

/** Half the order of each curve (SEC 2): what s may be at most. */
const HALVES = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n / 2n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n / 2n,
};
const COSE_ALGORITHMS = { "P-256": -7, secp256k1: -47 };

/** A part of a COSE_Sign1 message in CBOR; what is not given is right. */
export interface CoseParts {
  /** The protected header's map. */
  sealed?: Uint8Array;
  /** The unprotected header's map. */
  open?: Uint8Array;
  tagged?: boolean;
}

/** A device that signs with node:crypto alone, so that the product's own code is not its own witness. */
export function createDevice({ curve = "P-256" }: { curve?: "P-256" | "secp256k1" } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const { x, y } = publicKey.export({ format: "jwk" }) as { x: string; y: string };
  const thumbprint = createHash("sha256").update(`{"crv":"${curve}","kty":"EC","x":"${x}","y":"${y}"}`).digest();
  const { d } = privateKey.export({ format: "jwk" }) as { d: string };
  const kid = thumbprint.toString("base64url");

  /** r||s with a low s. */
  function signBytes(bytes: Uint8Array): Buffer {
    for (;;) {
      const signature = sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" });
      if (BigInt(`0x${signature.subarray(32).toString("hex")}`) <= HALVES[curve]) return signature;
    }
  }

  /** JWS compact with a low s; `header` replaces members of the protected header. */
  function signJws(payload: object, header: object = {}): Uint8Array {
    const alg = curve === "P-256" ? "ES256" : "ES256K";
    const input = [{ alg, kid, ...header }, payload].map(base64urlJson).join(".");
    return Buffer.from(`${input}.${signBytes(Buffer.from(input)).toString("base64url")}`);
  }

  /** The entries of a right protected header, by their labels. */
  function headers(contentType = 50) {
    return {
      alg: [int(1), int(COSE_ALGORITHMS[curve])],
      contentType: [int(3), int(contentType)],
      kid: [int(4), bstr(thumbprint)],
    } as const;
  }

  /** COSE_Sign1 with a low s over payload bytes. */
  function signCose(payload: Uint8Array, parts: CoseParts = {}): Uint8Array {
    const { tagged = true, open = map() } = parts;
    const { alg, contentType, kid } = headers();
    const sealed = bstr(parts.sealed ?? map(alg, contentType, kid));
    const signature = signBytes(array(tstr("Signature1"), sealed, bstr(Buffer.alloc(0)), bstr(payload)));
    const message = array(sealed, open, bstr(payload), bstr(signature));
    return tagged ? tag(18, message) : message;
  }

  return {
    curve,
    kid,
    /** Its private key, for what it signs beside messages. */
    jwk: { kty: "EC", crv: curve, x, y, d } as const,
    id: hex(thumbprint),
    x: hex(Buffer.from(x, "base64url")),
    y: hex(Buffer.from(y, "base64url")),
    topic: `factorychain/devices/${kid}/events`,
    signBytes,
    signJws,
    signCose,
    headers,
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
