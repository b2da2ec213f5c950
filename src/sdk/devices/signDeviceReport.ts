import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { deviceDigest, signAsDevice } from "../../chain/deviceSignatures.ts";
import type { DeviceDelivery } from "../../chain/deviceSignatures.ts";
import { escrowDomain } from "../../chain/terms.ts";
import type { EventDeviceSignature } from "../../formats/deviceSignatures.ts";
import type { DeviceKey } from "../../formats/envelope.ts";
import { publicKeyOf } from "../../formats/signEvent.ts";
import type { PrivateJwk } from "../../formats/signEvent.ts";
import { secretOf } from "../../formats/signingKey.ts";
import { writeDeviceKeys } from "./writeDeviceKeys.ts";

/** What a device says of an order's line; quantities are cumulative and in the line's scale. */
export interface DeviceReportParameters extends DeviceDelivery {
  deployment: Deployment;
  /** ISO 4217. */
  currency: string;
}

export interface SignDeviceReportParameters extends DeviceReportParameters {
  /** The device's private key. A device that keeps its key to itself signs `deviceReportDigest`. */
  key: PrivateJwk;
  /** The public keys that the order's terms name, this device's among them. */
  keys: readonly DeviceKey[];
}

/**
 * The 32 bytes that a device signs under a report: EIP-712 `DeviceDelivery` in the escrow's domain. They are signed as
 * they are, not hashed once more.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const digest = deviceReportDigest({ deployment, currency: "KRW", order: id, line: 0, from: 0n, to: 400n });
 */
export function deviceReportDigest(p: DeviceReportParameters): string {
  const { deployment, currency, order, line, from, to } = p;
  const { escrow } = currencyContracts({ deployment, currency });
  const domain = escrowDomain({ chainId: deployment.chainId, escrow });
  return deviceDigest({ domain, delivery: { order, line, from, to } });
}

/**
 * Signs a report as a device, with the proof of its key: an element of the event's `factorychain:deviceSignatures`.
 *
 * @throws FactoryChainError `device-key-unknown`, `device-keys-mixed`; ChainError `currency-not-deployed`
 * @example
 * const report = { deployment, currency: "KRW", order: id, line: 0, from: 0n, to: 400n };
 * const event = { ...epcisEvent, "factorychain:deviceSignatures": [signDeviceReport({ ...report, key, keys })] };
 */
export function signDeviceReport(p: SignDeviceReportParameters): EventDeviceSignature {
  const { line, from, to, key, keys } = p;
  const { proofOf, p256 } = writeDeviceKeys({ keys });
  const proof = proofOf(publicKeyOf(key));
  const signature = signAsDevice({ privateKey: secretOf(key), p256, digest: deviceReportDigest(p) });
  return { line, from: String(from), to: String(to), ...signature, proof };
}
