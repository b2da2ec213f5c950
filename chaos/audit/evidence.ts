import { createHash } from "node:crypto";
import { AbiCoder, getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";
import type { SentEvent } from "./history.ts";

/** So many events of a line at most are put together in all ways. */
const MOST = 24;

/**
 * Finds the events behind a root: those whose quantities add up to the sum and whose Merkle root (RFC 9162, SHA-256) is this
 * one. Written anew from docs/relayers.md, so that the relayers' own code is not its own witness.
 *
 * @returns null when no choice of them gives the root
 */
export function explain(p: { root: string; sum: bigint; events: readonly SentEvent[] }): SentEvent[] | null {
  const events = [...p.events].sort((a, b) => (a.quantity < b.quantity ? 1 : -1));
  if (events.length > MOST) throw new Error(`${events.length} events of one line are too many to try: ${MOST}`);
  const rest = events.map((_, index) => events.slice(index).reduce((sum, { quantity }) => sum + quantity, 0n));
  const search = (index: number, left: bigint, chosen: SentEvent[]): SentEvent[] | null => {
    if (left === 0n) return chosen.length > 0 && rootOf(chosen) === p.root ? chosen : null;
    const event = events[index];
    if (event === undefined || left < 0n || left > (rest[index] ?? 0n)) return null;
    return search(index + 1, left - event.quantity, [...chosen, event]) ?? search(index + 1, left, chosen);
  };
  return search(0, p.sum, []);
}

export function rootOf(events: readonly SentEvent[]): string {
  const leaves = [...events].sort(byKey).map(({ device, eventId, content, quantity }) => {
    const types = ["bytes32", "bytes32", "bytes32", "uint48"];
    const id = keccak256(toUtf8Bytes(eventId));
    return sha256([0], getBytes(AbiCoder.defaultAbiCoder().encode(types, [device, id, content, quantity])));
  });
  return hexlify(tree(leaves));
}

/** RFC 9162, section 2.1.1, as it is written there: split at the largest power of two below the number of leaves. */
function tree(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length <= 1) return leaves[0] ?? sha256([]);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256([1], tree(leaves.slice(0, split)), tree(leaves.slice(split)));
}

/** The hash of an event's content: keccak-256 of its JSON with sorted names (RFC 8785 for texts and small integers). */
export function contentOf(event: unknown): string {
  return keccak256(toUtf8Bytes(canonical(event)));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

function byKey(a: SentEvent, b: SentEvent): number {
  if (a.device !== b.device) return a.device < b.device ? -1 : 1;
  return a.eventId < b.eventId ? -1 : 1;
}

function sha256(...parts: (Uint8Array | number[])[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(Uint8Array.from(part));
  return hash.digest();
}
