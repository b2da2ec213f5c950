import type { DeviceKey } from "../../formats/envelope.ts";
import type { Client } from "../client.ts";
import { curveOf } from "./curves.ts";

export interface ReadDeviceParameters {
  client: Client;
  /** The device's id, 0x-hex. */
  device: string;
}

export interface Device {
  device: string;
  /** Organisation that owns it. */
  owner: number;
  curve: DeviceKey["curve"] | null;
  /** Seconds since 1970. */
  validFrom: number;
  validUntil: number;
  /** Seconds since 1970; null: not revoked. */
  revokedAt: number | null;
}

/**
 * Reads a device; null when it was never enrolled.
 *
 * @example
 * const state = await readDevice({ client, device });
 */
export async function readDevice({ client, device }: ReadDeviceParameters): Promise<Device | null> {
  const state = await client.contracts.deviceRegistry.deviceOf(device);
  if (state.owner === 0n) return null;
  return {
    device,
    owner: Number(state.owner),
    curve: curveOf(state.curve),
    validFrom: Number(state.validFrom),
    validUntil: Number(state.validUntil),
    revokedAt: state.revokedAt === 0n ? null : Number(state.revokedAt),
  };
}
