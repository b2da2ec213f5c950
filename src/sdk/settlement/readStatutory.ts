import { unpackPayment } from "../../chain/claims.ts";
import { statutoryReport } from "../../chain/statutory.ts";
import type { DatedAmount, StatutoryReport } from "../../chain/statutory.ts";
import { CALL } from "../../chain/orderState.ts";
import { unpackBooking } from "../../chain/terms.ts";
import type { OrderConditions } from "../../chain/terms.ts";
import { readBlock, readHead } from "../../chain/wire.ts";
import type { Client } from "../client.ts";
import type { ReadEvent } from "../logs.ts";

/**
 * Statutory due date and late interest of an order, from its events. A receipt is the block that confirmed it; what a lot
 * earned later is due from its receipt too.
 */
export async function readStatutory(p: {
  client: Client;
  events: readonly ReadEvent[];
  conditions: OrderConditions;
}): Promise<StatutoryReport> {
  const times = await timesOf(p);
  const receipts: DatedAmount[] = [];
  const payments: DatedAmount[] = [];
  const received = new Map<number, number>();
  for (const { log, event } of p.events) {
    const time = times.get(log.blockNumber) ?? 0;
    const { name, args } = event;
    if (name === "DeliveryConfirmed") {
      const { lot, earned, paid } = unpackBooking(args["booking"] as bigint);
      if (lot > 0) received.set(lot - 1, time);
      receipts.push({ time, amount: earned });
      payments.push({ time, amount: paid });
    }
    if (name === "OrderPaid") {
      for (const word of args["payments"] as bigint[]) payments.push({ time, amount: unpackPayment(word).amount });
    }
    const lot = Number(args["lot"]);
    const earned =
      name === "LotInspected" ? args["earned"] : name === "LotDecided" && lot !== CALL ? args["amount"] : 0n;
    if (earned !== 0n) receipts.push({ time: received.get(lot) ?? time, amount: earned as bigint });
  }
  const { statutoryTerm: term, statutoryInterest: rate } = p.conditions;
  return statutoryReport({ receipts, payments, term, rate, now: (await readHead(p.client.provider)).time });
}

/** When the blocks of events were, by number. */
async function timesOf(p: { client: Client; events: readonly ReadEvent[] }): Promise<Map<number, number>> {
  const numbers = new Set(p.events.map(({ log }) => log.blockNumber));
  const times = [...numbers].map(async (number): Promise<[number, number]> => {
    return [number, (await readBlock(p.client.provider, number))?.time ?? 0];
  });
  return new Map(await Promise.all(times));
}
