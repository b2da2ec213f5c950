import type { StatutoryReport } from "../../../chain/statutory.ts";
import { partsOf } from "../../../sdk/ledger/accounts.ts";
import type { Ledger } from "../../../sdk/ledger/readLedger.ts";
import type { OrderDocument } from "../../../sdk/settlement/orderDocument.ts";
import { formatMoney, formatTable } from "../../table.ts";
import { CURRENCY, TOTAL } from "./agreement.ts";
import { ROLES } from "./cast.ts";
import type { Cast, Purses, Role } from "./cast.ts";

/** All that the scenario found out; amounts in won. */
export interface CascadeResult {
  cast: Cast;
  order: OrderDocument;
  /** What was passed on, in that order. */
  claims: { from: Role; to: Role; amount: bigint; price: bigint }[];
  before: Purses;
  after: Purses;
  ledger: Ledger;
  /** What the law says when the dispute is decided, and at the end. */
  dispute: StatutoryReport | null;
  end: { status: string; statutory: StatutoryReport | null };
  phases: readonly { name: string; seconds: number }[];
  seconds: number;
}

/** An amount for a person. */
export const won = (amount: bigint): string => formatMoney({ amount, currency: CURRENCY, minorUnit: 0 });

/** The document that `--json` prints; docs/operations/demo.md describes it. */
export function toDocument(result: CascadeResult): object {
  const { order, claims, before, after, ledger, dispute, end } = result;
  const { number, currency, minorUnit } = order.sheet;
  const purses = [...ROLES, "escrow" as const].map((who) => [who, { before: before[who], after: after[who] }]);
  return {
    scenario: "cascade",
    order: { number, id: order.id, currency, minorUnit, total: TOTAL, status: end.status },
    claims: claims.map((claim) => ({ ...claim, discount: discountOf(claim) })),
    payments: paymentsOf(result),
    statutory: { dispute: dispute && statutoryOf(dispute), end: end.statutory && statutoryOf(end.statutory) },
    ...Object.fromEntries(purses),
    ledger: { entries: ledger.entries.length, tokens: ledger.tokens, differences: ledger.differences },
    seconds: result.seconds,
  };
}

/** The same for a person. */
export function toText(result: CascadeResult): string {
  const { ledger, end, phases, seconds } = result;
  const agrees = ledger.differences.length === 0 ? "agree to the last minor unit" : "DISAGREE";
  const parts = phases.map((phase) => `${phase.name} ${phase.seconds.toFixed(1)} s`);
  return [
    claimsTable(result),
    paymentsTable(result),
    balancesTable(result),
    statutoryText(result),
    `Order ${result.order.sheet.number} is ${end.status}; its ledger of ${ledger.entries.length} entries and the chain ${agrees}.`,
    `Time: ${parts.join(", ")}; together ${seconds.toFixed(1)} s`,
  ].join("\n\n");
}

/** What a buyer of a claim pays less than its face; null for one that was given. */
function discountOf({ amount, price }: CascadeResult["claims"][number]): bigint | null {
  return price === 0n ? null : amount - price;
}

interface Paid {
  transaction: string;
  event: string;
  payee: Role;
  amount: bigint;
}

/** Who got what of the order in which transaction, by the ledger. */
function paymentsOf({ ledger, order, cast }: CascadeResult): Paid[] {
  const roles = new Map(ROLES.map((role) => [cast.parties[role].client.address, role]));
  return ledger.entries
    .filter((entry) => entry.order === order.id)
    .flatMap(({ transaction, event, postings }) =>
      postings.flatMap(({ account, amount }): Paid[] => {
        const payee = roles.get(partsOf(account).holder);
        return payee === undefined || amount <= 0n ? [] : [{ transaction, event, payee, amount }];
      }),
    );
}

function statutoryOf({ due, overdue, interest }: StatutoryReport): object {
  return { due: due === null ? null : iso(due), overdue, interest };
}

function claimsTable({ claims, cast }: CascadeResult): string {
  const rows = claims.map((claim) => {
    const discount = discountOf(claim);
    const sold = discount === null ? ["given", ""] : [won(claim.price), won(discount)];
    return [cast.parties[claim.from].name, cast.parties[claim.to].name, won(claim.amount), ...sold];
  });
  const head = ["claim of", "passed on to", "face", "price", "discount"];
  return `Claims\n${formatTable({ head, rows, right: [2, 3, 4] })}`;
}

const WHY: Record<string, string> = {
  ClaimAssigned: "price of a claim",
  OrderPaid: "payment",
  OrderClosed: "not earned, returned",
};

function paymentsTable(result: CascadeResult): string {
  let last = "";
  const rows = paymentsOf(result).map(({ transaction, event, payee, amount }) => {
    const shown = transaction === last ? "" : `${transaction.slice(0, 18)}..`;
    last = transaction;
    return [shown, WHY[event] ?? event, result.cast.parties[payee].name, won(amount)];
  });
  return `Who got what\n${formatTable({ head: ["transaction", "", "payee", "amount"], rows, right: [3] })}`;
}

function balancesTable({ cast, before, after }: CascadeResult): string {
  const rows = [...ROLES, "escrow" as const].map((who) => {
    const name = who === "escrow" ? "escrow" : cast.parties[who].name;
    return [name, won(before[who]), won(after[who])];
  });
  return `Balances\n${formatTable({ head: ["", "before", "after"], rows, right: [1, 2] })}`;
}

/** Reported, never enforced: the retention was agreed, and the law's clock runs all the same. */
function statutoryText({ dispute, end }: CascadeResult): string {
  const line = (when: string, report: StatutoryReport | null) => {
    if (report === null) return `  ${when}: not known`;
    const due = report.due === null ? "all is paid" : `the next amount is due ${iso(report.due).slice(0, 10)}`;
    return `  ${when}: ${due}, ${won(report.overdue)} overdue, ${won(report.interest)} of late interest`;
  };
  return `Statutory clock (60 days from receipt, 15.5% a year)\n${line("dispute decided", dispute)}\n${line("order closed", end.statutory)}`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
