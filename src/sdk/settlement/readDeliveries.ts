import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import { unpackBooking } from "../../chain/terms.ts";
import { readReceipt } from "../../chain/wire.ts";
import type { Client } from "../client.ts";
import { readEvents } from "../logs.ts";

export interface ReadDeliveriesParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** The order's id, 0x-hex. */
  order: string;
}

/** A confirmed delivery, and what was paid for it. */
export interface Delivery {
  /** Index of the order's line, from 0. */
  line: number;
  /** Delivered by then, cumulative, in the line's scale. */
  delivered: bigint;
  /** Paid for it or credited, in minor units. */
  amount: bigint;
  block: number;
  /** Hash of the transaction. */
  transaction: string;
  /** Of the whole transaction. */
  gas: bigint;
}

/**
 * Reads the confirmed deliveries of an order, in the chain's order.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const paid = (await readDeliveries({ client, currency: "KRW", order })).map(({ amount }) => amount);
 */
export async function readDeliveries({ client, currency, order }: ReadDeliveriesParameters): Promise<Delivery[]> {
  const { escrow: address } = currencyContracts({ deployment: client.deployment, currency });
  const events = await readEvents({ client, address, abi: interfaces.supplierEscrow, names: ["DeliveryConfirmed"] });
  const own = events.filter(({ event }) => event.args["order"] === order.toLowerCase());
  return await Promise.all(
    own.map(async ({ log, event: { args } }) => {
      const { line, delivered, paid } = unpackBooking(args["booking"] as bigint);
      const gas = (await readReceipt(client.provider, log.transactionHash))?.gasUsed ?? 0n;
      return { line, delivered, amount: paid, block: log.blockNumber, transaction: log.transactionHash, gas };
    }),
  );
}
