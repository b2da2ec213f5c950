import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StackMessage } from "../../config/stack.ts";
import { withoutCredentials } from "../../lib/errors.ts";
import { aborted, catchSignals } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { startStack } from "../stackProcess.ts";
import { formatMoney } from "../table.ts";
import { readDocuments } from "./documents.ts";
import type { DocumentOptions, Documents } from "./documents.ts";
import { toDocument, toText } from "./report.ts";
import type { DemoResult } from "./report.ts";
import { deliver, found, fund } from "./run.ts";
import { formatStep } from "./timeline.ts";
import type { Step } from "./timeline.ts";

export interface DemoOptions extends DocumentOptions {
  /** A chain that is there already. */
  rpc?: string;
}

/** From the purchase order to the supplier's money, on a stack that exists only for this. */
export async function runDemo(p: { options: DemoOptions; output: Output }): Promise<void> {
  const { options, output } = p;
  const documents = readDocuments({ options, now: Math.floor(Date.now() / 1000) });
  const data = mkdtempSync(join(tmpdir(), "factorychain-demo-"));
  const signals = catchSignals();
  const teller = createTeller({ output });
  const place = options.rpc === undefined ? ["--keep-nothing"] : ["--rpc", options.rpc];
  output.say(introduction({ documents, options }));
  const stack = startStack({
    args: [
      "--data",
      data,
      "--free-ports",
      "--currency",
      documents.order.currency,
      "--crash-once",
      "prepared",
      ...place,
    ],
    heard: teller.heard,
  });
  try {
    const story = tell({ documents, stack, teller, signal: signals.signal });
    const result = await Promise.race([story, stack.failure, aborted(signals.signal)]);
    output.result(toDocument(result), `\n${toText(result)}`);
  } finally {
    await stack.stop();
    rmSync(data, { recursive: true, force: true });
    signals.release();
  }
}

async function tell(p: {
  documents: Documents;
  stack: ReturnType<typeof startStack>;
  teller: ReturnType<typeof createTeller>;
  signal: AbortSignal;
}): Promise<DemoResult> {
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

/** Says what happens, and keeps how long it took. */
function createTeller({ output }: { output: Output }) {
  const phases: { name: string; seconds: number }[] = [];
  const step = (one: Step): void => output.say(formatStep({ step: one, now: new Date() }));
  return {
    phases,
    step,
    async phase<T>(name: string, work: Promise<T>): Promise<T> {
      const started = Date.now();
      const result = await work;
      phases.push({ name, seconds: (Date.now() - started) / 1000 });
      return result;
    },
    heard(message: StackMessage): void {
      if (message.type === "phase") {
        phases.push({ name: message.name, seconds: message.seconds });
        step({ what: `${STARTED[message.name] ?? message.name} (${message.seconds.toFixed(1)} s)` });
      }
      if (message.type === "killed") {
        step({
          what: `KILLED: relayer ${message.relayer.slice(0, 10)}.. after it signed a payment and before it sent it; the other two with it`,
        });
      }
      if (message.type === "restarted") {
        step({
          what: `all three relayers are up again (${message.seconds.toFixed(1)} s); what was signed is sent, once`,
        });
      }
      if (message.type === "note") step({ what: message.text });
    },
  };
}

const STARTED: Record<string, string> = {
  chain: "chain is up",
  broker: "MQTT broker is up",
  contracts: "contracts are deployed",
  relayers: "three relayers of three organisations are up; two of them must agree",
};

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
