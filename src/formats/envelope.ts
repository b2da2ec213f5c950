/** A device's public key. Coordinates are 0x-hex, 32 bytes each. */
export interface DeviceKey {
  curve: "P-256" | "secp256k1";
  x: string;
  y: string;
}

/** A signed message, opened but not yet believed: `verify` says whether the key signed it. */
export interface Envelope {
  algorithm: "ES256";
  /** The device id that the message claims: the RFC 7638 thumbprint of its key, 0x-hex. */
  device: string;
  payload: Uint8Array;
  verify(key: DeviceKey): boolean | Promise<boolean>;
}

export function openEnvelope(_message: Uint8Array): Envelope {
  throw new Error("not implemented");
}
