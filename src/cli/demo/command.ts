import { withoutCredentials } from "../../lib/errors.ts";
import type { Output } from "../output.ts";
import { formatMoney } from "../table.ts";
import { playCascade } from "./cascade/play.ts";
import { readDocuments } from "./documents.ts";
import type { DocumentOptions, Documents } from "./documents.ts";
import { toDocument, toText } from "./report.ts";
import type { DemoResult } from "./report.ts";
import { deliver, found, fund } from "./run.ts";
import { play } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** What the demo can show. */
export const SCENARIOS = ["order-to-cash", "cascade"] as const;

export interface DemoOptions extends DocumentOptions {
  scenario: (typeof SCENARIOS)[number];
  /** A chain that is there already. */
  rpc?: string;
}

/** Plays a scenario on a stack that exists only for it. */
export async function runDemo(p: { options: DemoOptions; output: Output }): Promise<void> {
  if (p.options.scenario === "cascade") await playCascade(p);
  else await playOrderToCash(p);
}

/** From the purchase order to the supplier's money. */
async function playOrderToCash(p: { options: DemoOptions; output: Output }): Promise<void> {
  const { options, output } = p;
  const documents = readDocuments({ options, now: Math.floor(Date.now() / 1000) });
  const place = options.rpc === undefined ? ["--keep-nothing"] : ["--rpc", options.rpc];
  output.say(introduction({ documents, options }));
  const args = ["--currency", documents.order.currency, "--crash-once", "prepared", ...place];
  const result = await play({ args, output, story: (stage) => tell({ documents, ...stage }) });
  output.result(toDocument(result), `\n${toText(result)}`);
}

async function tell(p: Stage & { documents: Documents }): Promise<DemoResult> {
  const { documents, stack, teller, signal } = p;
  const { step } = teller;
  const started = Date.now();
  const { endpoints } = await stack.once("deployed");
  const founded = await teller.phase("registering", found({ endpoints, documents, step }));
  await stack.once("ready");
  const { order, before } = await teller.phase("funding", fund({ founded, documents, endpoints, step }));
  const delivered = await teller.phase("delivering", deliver({ founded, order, documents, endpoints, step, signal }));
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  return { sheet: order.sheet, id: order.id, before, phases: teller.phases, seconds, ...delivered };
}

function introduction({ documents, options }: { documents: Documents; options: DemoOptions }): string {
  const { order, due, expiry, recorded } = documents;
  const total = formatMoney({ amount: BigInt(order.payable), ...order });
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const source = due.source === "order" ? "the order says so" : `the order names no date: ${options.termDays} days`;
  const lines = [
    `Order ${order.number}: ${order.lines.length} line${order.lines.length === 1 ? "" : "s"}, ${total} to pay`,
    `  due ${day(due.due)} (${source}), deliveries count until ${day(expiry)}, refund ${options.graceDays} days later`,
    ...(options.rebaseDates ? ["  its dates were shifted: it counts as issued today"] : []),
    recorded === null
      ? "  nobody recorded deliveries: SIMULATED devices deliver it in parts"
      : `  ${recorded.messages.length} recorded messages of ${recorded.devices.length} devices`,
    options.rpc === undefined
      ? "  on an embedded chain that is gone afterwards"
      : `  on the chain at ${withoutCredentials(options.rpc)}`,
  ];
  return `${lines.join("\n")}\n`;
}
