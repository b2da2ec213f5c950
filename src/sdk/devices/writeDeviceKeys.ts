import { deviceTree } from "../../chain/deviceKeys.ts";
import type { DeviceKeys } from "../../chain/deviceKeys.ts";
import type { DeviceKey } from "../../formats/envelope.ts";
import { FactoryChainError } from "../../lib/errors.ts";

export interface WriteDeviceKeysParameters {
  /** Public keys, all on one curve; their order does not matter. */
  keys: readonly DeviceKey[];
}

/** What an order's terms name, and what proves each key. */
export type WriteDeviceKeysReturnType = DeviceKeys & { p256: boolean };

/**
 * The Merkle root of the keys of devices of which one must sign each report of an order.
 *
 * @throws FactoryChainError `device-keys-none`, `device-keys-mixed`
 * @example
 * const devices = writeDeviceKeys({ keys });
 * const order = writeOrderDocument({ deployment, sheet, buyer, supplier, due, expiry, grace, group, special: { devices } });
 */
export function writeDeviceKeys({ keys }: WriteDeviceKeysParameters): WriteDeviceKeysReturnType {
  const [curve, another] = new Set(keys.map((key) => key.curve));
  if (another !== undefined) {
    throw new FactoryChainError("device-keys-mixed", "The devices' keys are on two curves.", {
      expected: "all keys of an order on P-256, or all on secp256k1",
    });
  }
  return { ...deviceTree(keys), p256: curve === "P-256" };
}
