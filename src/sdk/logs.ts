import type { Interface, LogDescription } from "ethers";
import { readHead, readLogs } from "../chain/wire.ts";
import type { ChainLog } from "../chain/transactions.ts";
import type { Client } from "./client.ts";

/** Besu answers 5,000 blocks at once. */
export const RANGE = 5_000;

/** An event of a contract, with the log it came in. */
export interface ReadEvent {
  log: ChainLog;
  event: LogDescription;
}

/** All events of some names that a contract emitted since the deployment, in the chain's order. */
export async function readEvents(p: {
  client: Client;
  address: string;
  abi: Interface;
  names: readonly string[];
  /** Only events whose first indexed argument is this, 0x-hex of 32 bytes. */
  about?: string;
  /** Only events with this first topic, 0x-hex of 32 bytes. */
  topic?: string;
  /** First block to look at; default: the deployment's. */
  from?: number;
}): Promise<ReadEvent[]> {
  const { provider, deployment } = p.client;
  const head = (await readHead(provider)).number;
  const events: ReadEvent[] = [];
  const about = p.about === undefined ? [] : [p.about.toLowerCase()];
  for (let from = p.from ?? deployment.block; from <= head; from += RANGE) {
    const to = Math.min(from + RANGE - 1, head);
    const topics = [...(p.topic === undefined && p.about === undefined ? [] : [p.topic ?? null]), ...about];
    const logs = await readLogs(provider, { addresses: [p.address], from, to, topics });
    events.push(...logs.flatMap((log) => eventIn({ log, abi: p.abi, names: p.names })));
  }
  return events;
}

/** The event in a log, if it has one of these names. */
export function eventIn(p: { log: ChainLog; abi: Interface; names: readonly string[] }): ReadEvent[] {
  const event = p.abi.parseLog(p.log);
  return event !== null && p.names.includes(event.name) ? [{ log: p.log, event }] : [];
}

/**
 * The one event that a transaction of ours must have emitted.
 *
 * @throws Error when it is not there: the contract is another version
 */
export function requireEvent(p: {
  logs: readonly ChainLog[];
  address: string;
  abi: Interface;
  name: string;
}): ReadEvent {
  const own = p.logs.filter(({ address }) => address === p.address);
  const found = own.flatMap((log) => eventIn({ log, abi: p.abi, names: [p.name] }))[0];
  if (found === undefined)
    throw new Error(`The transaction succeeded without ${p.name}: the contract is another version.`);
  return found;
}
