import type { DeviceKey } from "../../formats/envelope.ts";

/** The curves as IDeviceRegistry.Curve numbers them. */
export const CURVE_IDS: Record<DeviceKey["curve"], number> = { "P-256": 1, secp256k1: 2 };

/** The curve of a number; null for one that is not known. */
export function curveOf(id: bigint): DeviceKey["curve"] | null {
  return id === 1n ? "P-256" : id === 2n ? "secp256k1" : null;
}
