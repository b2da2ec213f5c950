import { interfaces } from "../../chain/contracts.ts";
import { encodeCall } from "../../chain/encode.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";

export interface RevokeDeviceParameters {
  /** An account of the organisation that owns the device. */
  client: AccountClient;
  /** The device's id, 0x-hex. */
  device: string;
}

/**
 * Revokes a device at once and for good: what it signs from now on is refused.
 *
 * @throws ChainError what the registry says: no such device, or not the caller's
 * @example
 * await revokeDevice({ client: buyer, device });
 */
export async function revokeDevice({ client, device }: RevokeDeviceParameters): Promise<SentTransaction> {
  const data = encodeCall({ abi: interfaces.deviceRegistry, name: "revoke", args: [device] });
  return await client.write({ to: client.deployment.deviceRegistry, data });
}
