import type { ReportSize } from "../chain/confirm.ts";
import type { Report } from "./batch.ts";
import type { OrderView } from "./view.ts";

/**
 * What a report adds to the gas of its batch.
 *
 * @param claims of its order; 0 where the list is left out
 */
export function sizeOf(p: {
  report: Pick<Report, "order" | "from" | "device">;
  order: Pick<OrderView, "size" | "inspected" | "supplier">;
  claims: number;
}): ReportSize {
  const { report, order, claims } = p;
  return {
    order: report.order,
    bytes: order.size,
    claims,
    proof: report.device?.proof.length ?? null,
    payee: order.inspected ? undefined : order.supplier,
    again: report.from > 0n,
  };
}
