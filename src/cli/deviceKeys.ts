import { OPTION_DEVICES } from "../chain/terms.ts";
import type { EventDeviceSignature } from "../formats/deviceSignatures.ts";
import type { DeviceKey } from "../formats/envelope.ts";
import { deviceId, parseJwkSet } from "../formats/jwk.ts";
import type { OrderSheet } from "../formats/orderSheet.ts";
import { publicKeyOf } from "../formats/signEvent.ts";
import type { PrivateJwk } from "../formats/signEvent.ts";
import { parsePrivateJwk } from "../formats/signingKey.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { signDeviceReport } from "../sdk/devices/signDeviceReport.ts";
import { readInput } from "./files.ts";
import { requireSheet } from "./orders.ts";
import type { KnownOrder } from "./orders.ts";
import type { Session } from "./session.ts";
import type { SimulatedDelivery } from "./simulate.ts";

/**
 * Public keys from a JWK Set.
 *
 * @throws FactoryChainError `file-unreadable`, `devices-invalid`
 */
export function readDeviceKeys({ file }: { file: string }): DeviceKey[] {
  return parseJwkSet(readInput({ file, what: "the devices' keys" }).toString()).map(({ key }) => key);
}

/**
 * A private key from a JWK.
 *
 * @throws FactoryChainError `file-unreadable`, `device-key-invalid`
 */
export function readSigningKey({ file }: { file: string }): PrivateJwk {
  return parsePrivateJwk(readInput({ file, what: "the device's key" }).toString());
}

/**
 * The public keys that an order's terms name: those of a file, or as the order was created with them from here.
 *
 * @throws FactoryChainError `device-keys-unknown`, `file-unreadable`, `devices-invalid`
 */
export function findDeviceKeys(p: { known: KnownOrder; file?: string | undefined }): readonly DeviceKey[] {
  if (p.file !== undefined) return readDeviceKeys({ file: p.file });
  const { deviceKeys, order } = p.known;
  if (deviceKeys !== null) return deviceKeys;
  throw new FactoryChainError("device-keys-unknown", `The keys of the devices of order ${order.order} are not here.`, {
    expected: "an order that was created from this data folder, with --device-keys: the chain has only their root",
    advice: "Name the file that it was created with: --device-keys JWKS.json",
  });
}

/** Index of the line that a person means by its id. @throws FactoryChainError `line-unknown` */
export function lineIndex({ sheet, meant }: { sheet: OrderSheet; meant: string }): number {
  const index = sheet.lines.findIndex(({ id }) => id === meant);
  if (index >= 0) return index;
  throw new FactoryChainError("line-unknown", `The order has no line "${meant}".`, {
    expected: `one of: ${sheet.lines.map(({ id }) => id).join(", ")}`,
  });
}

/**
 * Signs what a simulated device delivers, from what is confirmed by now; null where the order does not demand it.
 *
 * @throws FactoryChainError `device-key-missing`, `device-key-unknown`, `device-key-needless`
 */
export function createReportSigner(p: {
  session: Session;
  known: KnownOrder;
  /** The device that signs the message; its own key serves where it is among the order's. */
  device: PrivateJwk;
  deviceKey?: string;
  /** File of the order's public keys; default: as this book has them. */
  deviceKeys?: string;
}): ((delivery: SimulatedDelivery) => EventDeviceSignature) | null {
  const { session, known, device, deviceKey: keyFile } = p;
  const { order, currency, lines, clauses } = known.order;
  if ((clauses.options & OPTION_DEVICES) === 0) {
    if (keyFile === undefined) return null;
    throw new FactoryChainError("device-key-needless", "The order demands no device signatures.", {
      advice: "Leave --device-key away.",
    });
  }
  const keys = findDeviceKeys({ known, file: p.deviceKeys });
  const own = keys.some((key) => deviceId(key) === deviceId(publicKeyOf(device)));
  if (keyFile === undefined && !own) {
    throw new FactoryChainError(
      "device-key-missing",
      "The order demands that a device signs each report for the chain.",
      {
        expected: "the private key of one of the devices that its terms name",
        advice: "Name it: --device-key FILE.jwk",
      },
    );
  }
  const key = keyFile === undefined ? device : readSigningKey({ file: keyFile });
  const { deployment } = session.client;
  return ({ line: { id }, quantity }) => {
    const line = lineIndex({ sheet: requireSheet(known), meant: id });
    const from = lines[line]?.delivered ?? 0n;
    return signDeviceReport({ deployment, currency, order, line, from, to: from + quantity, key, keys });
  };
}
