import { formatDecimal, fromScaled } from "../../lib/decimal.ts";
import type { OrderSheet } from "../../formats/orderSheet.ts";
import type { RelayerMessage } from "../../sdk/relayers/readMessages.ts";
import { totalOf } from "../../sdk/settlement/orderDocument.ts";
import type { Delivery } from "../../sdk/settlement/readDeliveries.ts";
import { formatMoney, formatQuantity, formatTable, shorten } from "../table.ts";
import type { Verdicts } from "./watch.ts";

/** Balances in minor units. */
export interface Balances {
  supplier: bigint;
  buyer: bigint;
  escrow: bigint;
}

/** All that the demo found out. */
export interface DemoResult {
  sheet: OrderSheet;
  /** The order's id. */
  id: string;
  deliveries: readonly Delivery[];
  verdicts: Verdicts;
  before: Balances;
  after: Balances;
  /** Seconds by phase, in the order in which they came. */
  phases: readonly { name: string; seconds: number }[];
  seconds: number;
}

/** The document that `--json` prints; docs/operations/demo.md describes it. */
export function toDocument(result: DemoResult): object {
  const { sheet, id, deliveries, verdicts, before, after } = result;
  const own = (status: RelayerMessage["status"]) =>
    verdicts.messages
      .filter((message) => message.status === status)
      .map(({ eventId, reason, detail }) => ({ eventId, reason, detail }));
  const balance = (who: keyof Balances) => ({ before: before[who], after: after[who] });
  return {
    order: { number: sheet.number, id, currency: sheet.currency, minorUnit: sheet.minorUnit, total: totalOf(sheet) },
    payments: deliveries.map(({ transaction, line, delivered, amount, gas }) => ({
      transaction,
      line: sheet.lines[line]?.id ?? String(line),
      delivered: formatDecimal(fromScaled(delivered, sheet.lines[line]?.decimals ?? 0)),
      amount,
      gas: Number(gas),
    })),
    events: verdicts.events,
    refused: own("refused"),
    waiting: own("waiting"),
    supplier: balance("supplier"),
    buyer: balance("buyer"),
    escrow: balance("escrow"),
    seconds: result.seconds,
  };
}

/** The same for a person. */
export function toText(result: DemoResult): string {
  return [
    messagesTable(result),
    linesTable(result),
    balancesTable(result),
    summary(result),
    phasesLine(result),
    NEXT,
  ].join("\n\n");
}

const NEXT = `How to go on
  npm run demo -- --order FILE.xml                 your own UBL order; simulated devices deliver it
  npm run demo -- --help                           your own events, another chain, JSON
  npm start                                        the same stack, and it stays up
  npm run factorychain -- --help                   organisations, devices, orders, deliveries`;

function messagesTable({ verdicts }: DemoResult): string {
  const rows = verdicts.messages.map(({ eventId, status, reason, detail }, index) => [
    String(index + 1),
    eventId === null ? "-" : shorten(eventId.replace(/^urn:uuid:/, "")),
    status,
    reason ?? "",
    cut(detail ?? ""),
  ]);
  const { received, counted, duplicate, refused, waiting } = verdicts.events;
  const sum = `${received} received: ${counted} counted, ${duplicate} duplicate, ${refused} refused, ${waiting} waiting`;
  return `Messages (${sum})\n${formatTable({ head: ["", "event", "status", "reason", ""], rows, right: [0] })}`;
}

function linesTable({ sheet, deliveries }: DemoResult): string {
  const rows = sheet.lines.map((line, index) => {
    const own = deliveries.filter((delivery) => delivery.line === index);
    const { decimals, unit } = line;
    const delivered = own.at(-1)?.delivered ?? 0n;
    const paid = own.reduce((sum, { amount }) => sum + amount, 0n);
    const money = (amount: bigint) => formatMoney({ amount, ...sheet });
    return [
      line.id,
      formatQuantity({ quantity: BigInt(line.quantity), decimals, unit }),
      formatQuantity({ quantity: delivered, decimals, unit }),
      money(BigInt(line.total)),
      money(paid),
    ];
  });
  return `Order lines\n${formatTable({ head: ["line", "ordered", "delivered", "worth", "paid"], rows, right: [1, 2, 3, 4] })}`;
}

function balancesTable({ sheet, before, after }: DemoResult): string {
  const money = (amount: bigint) => formatMoney({ amount, ...sheet });
  const rows = (["buyer", "supplier", "escrow"] as const).map((who) => [who, money(before[who]), money(after[who])]);
  return `Balances\n${formatTable({ head: ["", "before", "after"], rows, right: [1, 2] })}`;
}

function summary({ sheet, deliveries, after, before }: DemoResult): string {
  const total = totalOf(sheet);
  const paid = deliveries.reduce((sum, { amount }) => sum + amount, 0n);
  const money = (amount: bigint) => formatMoney({ amount, ...sheet });
  const how = paid === total ? "in full" : `${money(total - paid)} stay in escrow`;
  const moved = after.supplier - before.supplier;
  const exact = moved === paid ? "the supplier has exactly that" : `the supplier's balance moved by ${money(moved)}`;
  return `Order ${sheet.number}: ${money(paid)} of ${money(total)} paid (${how}); ${exact}.`;
}

function phasesLine({ phases, seconds }: DemoResult): string {
  const parts = phases.map((phase) => `${phase.name} ${phase.seconds.toFixed(1)} s`);
  return `Time: ${parts.join(", ")}; together ${seconds.toFixed(1)} s`;
}

function cut(text: string): string {
  return text.length <= 90 ? text : `${text.slice(0, 87)}...`;
}
