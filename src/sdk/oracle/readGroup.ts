import { dataLength, dataSlice } from "ethers";
import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { Client } from "../client.ts";
import { readEvents } from "../logs.ts";
import type { ReadEvent } from "../logs.ts";

export interface ReadGroupParameters {
  client: Client;
  /** ISO 4217: each escrow has its own groups. */
  currency: string;
  /** Id of the group. */
  group: number;
}

export interface RelayerGroup {
  group: number;
  /** How many members must sign. */
  threshold: number;
  /** In the order of the list; a retired one keeps its place. */
  members: { account: string; retired: boolean }[];
  /** Announced accounts, and from when they may join, seconds since 1970. */
  proposals: { account: string; from: number }[];
  /** Takes no new orders. */
  closed: boolean;
  /** Has fewer live members than the threshold: refunds wait. */
  below: boolean;
}

const NAMES = ["GroupRegistered", "MemberAdded", "MemberProposed", "MemberProposalCancelled"];
const ADDRESS_BYTES = 20;
const BELOW = 1;
const CLOSED = 2;

/**
 * Reads a relayer group; null when there is none with that id.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const live = (await readGroup({ client, currency: "KRW", group: 1 }))?.members.filter(({ retired }) => !retired);
 */
export async function readGroup({ client, currency, group }: ReadGroupParameters): Promise<RelayerGroup | null> {
  const state = await client.contracts.currency(currency).quorum.groupOf(group);
  if (state.threshold === 0n) return null;
  const { escrow: address } = currencyContracts({ deployment: client.deployment, currency });
  const about = `0x${group.toString(16).padStart(64, "0")}`;
  const events = await readEvents({ client, address, abi: interfaces.quorum, names: NAMES, about });
  const retired = Number(state.retired);
  const flags = Number(state.flags);
  const members = membersIn(events).map((account, index) => ({ account, retired: ((retired >>> index) & 1) === 1 }));
  return {
    group,
    threshold: Number(state.threshold),
    members,
    proposals: proposalsIn(events),
    closed: (flags & CLOSED) !== 0,
    below: (flags & BELOW) !== 0,
  };
}

function membersIn(events: readonly ReadEvent[]): string[] {
  const last = events.findLast(({ event: { name } }) => name === "MemberAdded" || name === "GroupRegistered")?.event;
  if (last === undefined) return [];
  if (last.name === "GroupRegistered")
    return (last.args["members"] as string[]).map((account) => account.toLowerCase());
  const packed = last.args["members"] as string;
  return Array.from({ length: dataLength(packed) / ADDRESS_BYTES }, (_, index) =>
    dataSlice(packed, index * ADDRESS_BYTES, (index + 1) * ADDRESS_BYTES),
  );
}

function proposalsIn(events: readonly ReadEvent[]): RelayerGroup["proposals"] {
  const open = new Map<string, number>();
  for (const { event } of events) {
    if (event.name === "GroupRegistered") continue;
    const account = (event.args["member"] as string).toLowerCase();
    if (event.name === "MemberProposed") open.set(account, Number(event.args["from"]));
    else open.delete(account);
  }
  return [...open].map(([account, from]) => ({ account, from }));
}
