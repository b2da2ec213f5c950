import { deviceDigest, isGoodSignature } from "../chain/deviceSignatures.ts";
import type { DeviceSignature } from "../chain/deviceSignatures.ts";
import { escrowDomain } from "../chain/terms.ts";
import type { EventDeviceSignature } from "../formats/deviceSignatures.ts";
import { formatDecimal, fromScaled } from "../lib/decimal.ts";
import type { Report } from "./batch.ts";
import { lineName } from "./judge.ts";
import { waiting } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { OrderView } from "./view.ts";

/** What a report says of its line, as far as a device signs it. */
type Progress = Pick<Report, "line" | "from" | "to">;

/** Signatures whose goodness is known: a waiting event is looked at with each block, and its signature is the same. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 10_000;

/**
 * The signature among those of an event that the contract takes for its report, or why the event waits. It may become
 * good: another delivery moves the line, or the device sends the event again with a new one.
 */
export function findSignature(p: {
  chainId: number;
  order: OrderView;
  progress: Progress;
  signatures: readonly EventDeviceSignature[];
}): { signature: DeviceSignature } | { missing: Verdict } {
  const { chainId, order, progress, signatures } = p;
  const { line, from, to } = progress;
  const name = lineName(order, line);
  const about = signatures.filter((one) => one.line === line);
  if (about.length === 0) {
    const text = `Each report of ${name} needs a device's signature, and the event carries none for it.`;
    return { missing: waiting("device-signature-missing", text) };
  }
  const here = about.filter((one) => BigInt(one.from) === from && BigInt(one.to) === to);
  if (here.length === 0) {
    const decimals = order.sheet.lines[line]?.decimals ?? 0;
    const show = (scaled: bigint): string => formatDecimal(fromScaled(scaled, decimals));
    const signed = about.map((one) => `from ${show(BigInt(one.from))} to ${show(BigInt(one.to))}`).slice(0, 3);
    const text = `The event takes ${name} from ${show(from)} to ${show(to)}; signed is ${signed.join(", or ")}.`;
    return { missing: waiting("device-signature-other", text) };
  }
  const good = here.find((signature) => isSigned({ chainId, order, report: { ...progress, device: signature } }));
  if (good) {
    const { x, y, r, s, proof } = good;
    return { signature: { x, y, r, s, proof } };
  }
  const text = `The signature for ${name} is not good, or not by one of the order's keys.`;
  return { missing: waiting("device-signature-invalid", text) };
}

/** Whether the contract will find the signature that an order demands under each of its reports. */
export function isSigned(p: {
  chainId: number;
  order: Pick<OrderView, "id" | "escrow" | "devices">;
  report: Progress & Pick<Report, "device">;
}): boolean {
  const { chainId, order, report } = p;
  const { device, line, from, to } = report;
  if (order.devices === null) return true;
  if (device === undefined) return false;
  const { x, y, r, s, proof } = device;
  const { root, p256 } = order.devices;
  const name = [chainId, order.escrow, order.id, line, from, to, root, p256, x, y, r, s, ...proof].join();
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const domain = escrowDomain({ chainId, escrow: order.escrow });
  const digest = deviceDigest({ domain, delivery: { order: order.id, line, from, to } });
  const good = isGoodSignature({ device, digest, keys: order.devices });
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, good);
  return good;
}
