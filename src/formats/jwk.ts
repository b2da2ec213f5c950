import type { DeviceKey } from "./envelope.ts";

export interface KnownDevice {
  /** Device id, 0x-hex. */
  device: string;
  key: DeviceKey;
  /** The organisation that owns the device, by an identifier that the order uses. Absent: the buyer. */
  owner?: string;
}

export function deviceId(_key: DeviceKey): string {
  throw new Error("not implemented");
}

export function parseJwkSet(_text: string): KnownDevice[] {
  throw new Error("not implemented");
}
