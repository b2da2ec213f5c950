import { interfaces } from "../src/chain/contracts.ts";
import { currencyContracts } from "../src/chain/deployment.ts";
import { unpackBooking } from "../src/chain/terms.ts";
import { readHead, readLogs } from "../src/chain/wire.ts";
import { describeError } from "../src/lib/errors.ts";
import type { Client } from "../src/sdk/client.ts";
import { CURRENCY } from "./network.ts";

/** Milliseconds between looks at the chain's head. */
const POLL = 50;

/** A delivery that the chain counts. */
export interface Confirmation {
  order: string;
  line: number;
  /** Cumulative. */
  delivered: bigint;
}

/** Follows the chain by itself, independently of the relayers: what is not there was not paid. */
export interface Watch {
  /** Blocks seen since the start, and their transactions' reports. */
  blocks(): { number: number; seen: number }[];
  stop(): Promise<void>;
}

/**
 * Looks for confirmations in every new block.
 *
 * @param confirmed told of each, and when its block was seen, in milliseconds since 1970
 * @param failed told when the node does not answer; it goes on
 */
export async function watchDeliveries(p: {
  client: Client;
  confirmed: (confirmation: Confirmation, at: number) => void;
  failed: (text: string) => void;
}): Promise<Watch> {
  const { provider, deployment } = p.client;
  const { escrow } = currencyContracts({ deployment, currency: CURRENCY });
  const topic = interfaces.supplierEscrow.getEvent("DeliveryConfirmed")?.topicHash;
  const blocks: { number: number; seen: number }[] = [];
  let last = (await readHead(provider)).number;
  let stopped = false;

  async function look(): Promise<void> {
    const head = Number(await provider.send("eth_blockNumber", []));
    if (head <= last) return;
    const seen = Date.now();
    const logs = await readLogs(provider, { addresses: [escrow], from: last + 1, to: head });
    for (let number = last + 1; number <= head; number++) blocks.push({ number, seen });
    last = head;
    for (const log of logs) {
      if (log.topics[0] !== topic) continue;
      const { line, delivered } = unpackBooking(BigInt(log.data.slice(0, 66)));
      p.confirmed({ order: (log.topics[1] ?? "").toLowerCase(), line, delivered }, seen);
    }
  }

  const loop = (async () => {
    while (!stopped) {
      await look().catch((error: unknown) => p.failed(describeError(error)));
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  })();
  return {
    blocks: () => blocks,
    async stop() {
      stopped = true;
      await loop;
    },
  };
}
