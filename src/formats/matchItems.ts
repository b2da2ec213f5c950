import type { DeliveryEvent } from "./deliveryEvent.ts";
import type { OrderSheet } from "./orderSheet.ts";

export interface MatchedItem {
  /** Index of the line in the sheet, and on the chain. */
  line: number;
  /** In the line's scale. */
  quantity: bigint;
}

export function matchItems(_p: { event: DeliveryEvent; sheet: OrderSheet }): MatchedItem[] {
  throw new Error("not implemented");
}
