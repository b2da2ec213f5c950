import { interfaces } from "../../chain/contracts.ts";
import { encodeCall } from "../../chain/encode.ts";
import { ZERO_HASH } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { DeviceKey } from "../../formats/envelope.ts";
import type { AccountClient } from "../client.ts";
import { requireEvent } from "../logs.ts";
import { CURVE_IDS } from "./curves.ts";

export interface EnrolDeviceParameters {
  /** An account of the organisation that owns the device. */
  client: AccountClient;
  key: DeviceKey;
  /** Seconds since 1970. */
  validFrom: number;
  /** Seconds since 1970, the first second at which it is not valid any more. */
  validUntil: number;
  /** Salted hash of where it stands; default: not said. */
  site?: string;
}

export interface EnrolDeviceReturnType {
  /** The device's id: the thumbprint of its key, 0x-hex. */
  device: string;
  transaction: SentTransaction;
}

/**
 * Enrols a device for the caller's organisation. A key is enrolled once and for ever.
 *
 * @throws ChainError what the registry says: the key is enrolled already, or no point on its curve
 * @example
 * const { device } = await enrolDevice({ client: buyer, key, validFrom: 1_790_000_000, validUntil: 1_950_000_000 });
 */
export async function enrolDevice(p: EnrolDeviceParameters): Promise<EnrolDeviceReturnType> {
  const to = p.client.deployment.deviceRegistry;
  const abi = interfaces.deviceRegistry;
  const { curve, x, y } = p.key;
  const site = p.site ?? ZERO_HASH;
  const args = [CURVE_IDS[curve], x, y, p.validFrom, p.validUntil, site];
  const data = encodeCall({ abi, name: "enrol", args });
  const transaction = await p.client.write({ to, data });
  const { event } = requireEvent({ logs: transaction.logs, address: to, abi, name: "DeviceEnrolled" });
  return { device: event.args["device"] as string, transaction };
}
