import { Transaction } from "ethers";
import { domainOf, readCertificate, recovered } from "./audit/certificate.ts";
import type { Certified } from "./audit/certificate.ts";
import { explain } from "./audit/evidence.ts";
import type { AuditedOrder, ChainFacts, Confirmation, History, SentEvent, Violation } from "./audit/history.ts";
import { escrowInterface } from "./audit/readChain.ts";

export interface Audit {
  /** Events that must count, or may. */
  events: number;
  /** Of them, those found behind a confirmed root. */
  settled: number;
  violations: Violation[];
}

/**
 * Judges a history by what was sent and what the chain says: every valid event settled exactly once, no other one ever,
 * each by k members, each paid for what it is worth; nobody signed two digests for one batch or two transactions for
 * one nonce.
 */
export function audit(p: { history: History; facts: ChainFacts }): Audit {
  const violations: Violation[] = [];
  const note = (verdict: Violation["verdict"], what: string): void => void violations.push({ verdict, what });
  const settled = new Map<SentEvent, Confirmation>();
  checkGroup({ ...p, note });
  for (const order of p.history.orders) {
    for (const line of order.lines.keys()) checkLine({ ...p, order, line, settled, note });
  }
  for (const { order } of p.facts.confirmations) {
    if (!p.history.orders.some(({ id }) => id === order)) note("false", `order ${order} was never opened here`);
  }
  checkRivals({ settled, note });
  checkPayments({ ...p, note });
  checkSignatures({ ...p, note });
  checkNonces({ ...p, note });
  checkStores({ ...p, settled, note });
  return { events: p.history.events.length, settled: settled.size, violations };
}

/** What a line's cumulative quantity must be, as far as that is certain: the valid events, capped by the order. */
export function expectedOf(p: { history: History; order: AuditedOrder; line: number }): {
  least: bigint;
  most: bigint;
} {
  const { order, line } = p;
  const ordered = order.lines[line]?.quantity ?? 0n;
  const own = p.history.events.filter((event) => event.order === order.id && event.line === line);
  const sure = own.filter(({ kind, acknowledged }) => kind === "valid" && acknowledged).reduce(sum, 0n);
  const all = own.reduce(sum, 0n);
  return { least: sure < ordered ? sure : ordered, most: all < ordered ? all : ordered };
}

type Note = (verdict: Violation["verdict"], what: string) => void;
const sum = (total: bigint, { quantity }: { quantity: bigint }): bigint => total + quantity;
const nameOf = ({ eventId, order, line }: SentEvent): string => `${eventId} (order ${order}, line ${line})`;

function checkGroup(p: { history: History; facts: ChainFacts; note: Note }): void {
  const { history, facts, note } = p;
  if (facts.members.join() !== history.members.join() || facts.threshold !== history.threshold)
    note("false", `group ${history.group} is not the one that was registered`);
}

function checkLine(p: {
  history: History;
  facts: ChainFacts;
  order: AuditedOrder;
  line: number;
  settled: Map<SentEvent, Confirmation>;
  note: Note;
}): void {
  const { history, facts, order, line, settled, note } = p;
  const where = `order ${order.id}, line ${line}`;
  const own = history.events.filter((event) => event.order === order.id && event.line === line);
  const ordered = order.lines[line]?.quantity ?? 0n;
  let delivered = 0n;
  for (const one of facts.confirmations.filter((each) => each.order === order.id && each.line === line)) {
    checkSigners({ ...p, one });
    const left = own.filter((event) => !settled.has(event));
    const found = explain({ root: one.root, sum: one.to - one.from, events: left });
    for (const event of found ?? []) settled.set(event, one);
    if (found === null) {
      const again = explain({ root: one.root, sum: one.to - one.from, events: own });
      for (const event of again ?? []) if (settled.has(event)) note("doubled", nameOf(event));
      if (again === null) note("false", `${where}: no events that were sent give the root in ${one.transaction}`);
    }
    if (one.from !== delivered) note("doubled", `${where}: ${one.transaction} begins at ${one.from}, not ${delivered}`);
    delivered = one.to < ordered ? one.to : ordered;
    if (one.delivered !== delivered) note("false", `${where}: ${one.delivered} were booked, not ${delivered}`);
  }
  const stands = facts.delivered.get(order.id)?.[line] ?? 0n;
  if (stands !== delivered) note("false", `${where}: it stands at ${stands}, its confirmations come to ${delivered}`);
  const { least, most } = expectedOf({ history, order, line });
  if (stands > most)
    note(own.some((event) => event.quantity === stands - most) ? "doubled" : "false", `${where}: ${stands} of ${most}`);
  if (stands >= ordered) return;
  const missing = own.filter((event) => event.kind === "valid" && event.acknowledged && !settled.has(event));
  for (const event of missing) note("lost", nameOf(event));
  if (missing.length === 0 && stands < least) note("lost", `${where}: ${stands} of ${least}`);
}

function checkSigners(p: { history: History; facts: ChainFacts; one: Confirmation; note: Note }): void {
  const { history, facts, one, note } = p;
  const members = new Set(facts.members);
  const good = new Set(one.signers.filter((signer) => signer !== null && members.has(signer)));
  if (one.group !== history.group) note("false", `${one.transaction} is of group ${one.group}`);
  if (good.size < facts.threshold || good.size !== one.signers.length)
    note(
      "false",
      `${one.transaction} has ${good.size} good of ${one.signers.length} signatures, ${facts.threshold} are needed`,
    );
}

/** Of two contents under one id at most one may count. */
function checkRivals(p: { settled: Map<SentEvent, Confirmation>; note: Note }): void {
  const seen = new Set<string>();
  for (const event of p.settled.keys()) {
    const key = `${event.device} ${event.eventId}`;
    if (seen.has(key)) p.note("doubled", `two contents of ${nameOf(event)}`);
    seen.add(key);
  }
}

function checkPayments(p: { history: History; facts: ChainFacts; note: Note }): void {
  const { history, facts, note } = p;
  const due = new Map<string, bigint>();
  let all = 0n;
  for (const { id, terms, lines } of history.orders) {
    for (const [index, { quantity, total }] of lines.entries()) {
      const value = (total * (facts.delivered.get(id)?.[index] ?? 0n)) / quantity;
      const own = facts.confirmations.filter((each) => each.order === id && each.line === index);
      const earned = own.reduce((sum, one) => sum + one.earned, 0n);
      if (earned !== value) note("payment", `order ${id}, line ${index}: ${earned} was earned, ${value} is its worth`);
      due.set(terms.supplier, (due.get(terms.supplier) ?? 0n) + value);
      all += value;
    }
  }
  const paid = facts.confirmations.reduce((sum, one) => sum + one.paid, 0n);
  if (paid !== all) note("payment", `${paid} was paid, ${all} is due`);
  for (const [supplier, value] of due) {
    const holds = facts.holdings.get(supplier) ?? 0n;
    if (holds !== value) note("payment", `supplier ${supplier} has ${holds}, ${value} is due`);
  }
  if (facts.escrowBalance < facts.funded - all)
    note("payment", `the escrow holds ${facts.escrowBalance} of ${facts.funded - all}`);
}

/**
 * Nobody but who attacks signs two digests for one batch: in what peers were shown, and in every certificate that was sent,
 * where proposer and block stand as one hash.
 */
function checkSignatures(p: { history: History; note: Note }): void {
  const { history, note } = p;
  const signed = new Map<string, string>();
  function see(signer: string | null, id: string, digest: string): void {
    if (signer === null || !history.members.includes(signer) || history.hostile.includes(signer)) return;
    const key = `${signer} ${id}`;
    const before = signed.get(key) ?? digest;
    if (before !== digest) note("equivocation", `${signer} signed ${before} and ${digest} for batch ${id}`);
    signed.set(key, digest);
  }
  for (const { digest, id, signature } of history.shares) see(recovered(digest, signature), id, digest);
  for (const { raw } of history.transactions) {
    const { group, judgement, digest, signers } = certificateOf(history, Transaction.from(raw)) ?? NOTHING;
    for (const signer of signers) see(signer, `${group} ${judgement}`, digest);
  }
}

const NOTHING = { group: 0, judgement: "", digest: "", signers: [] };

/** Null: it is no confirmation. */
function certificateOf(history: History, { data }: Transaction): Certified | null {
  const call = escrowInterface.parseTransaction({ data });
  if (call === null || !call.name.startsWith("confirm")) return null;
  return readCertificate({ domain: domainOf(history), args: call.args });
}

/**
 * One account signs one transaction for one nonce. A relayer that lost its store may not know what it signed before: that
 * is judged for each life of its store, and what it costs is judged above.
 */
function checkNonces(p: { history: History; note: Note }): void {
  const { history, note } = p;
  const seen = new Map<string, string>();
  for (const { raw, relayer, life } of history.transactions) {
    const transaction = Transaction.from(raw);
    const from = transaction.from?.toLowerCase() ?? "nobody";
    if (from !== relayer) note("nonce", `${relayer} sent a transaction of ${from}`);
    const key = `${from} ${life} ${transaction.nonce}`;
    const before = seen.get(key) ?? raw;
    if (before !== raw) note("nonce", `${from} signed two transactions for nonce ${transaction.nonce}`);
    seen.set(key, raw);
    const certificate = certificateOf(history, transaction);
    if (certificate === null) note("nonce", `${from} sent something else than a confirmation`);
    else checkSent({ ...p, signers: certificate.signers, from });
  }
}

/** A relayer does not send what its contract would refuse. */
function checkSent(p: { history: History; signers: (string | null)[]; from: string; note: Note }): void {
  const good = new Set(p.signers.filter((signer) => signer !== null && p.history.members.includes(signer)));
  if (good.size < p.history.threshold)
    p.note("false", `${p.from} sent a certificate with ${good.size} good signatures`);
}

/** What was acknowledged is held by every honest relayer, and nothing valid was refused. */
function checkStores(p: { history: History; settled: Map<SentEvent, Confirmation>; note: Note }): void {
  const { history, settled, note } = p;
  for (const { relayer, events } of history.stores) {
    const held = new Map(events.map((one) => [`${one.device} ${one.eventId} ${one.content}`, one]));
    for (const event of history.events) {
      if (event.kind !== "valid" || !event.acknowledged) continue;
      const found = held.get(`${event.device} ${event.eventId} ${event.content}`);
      if (found === undefined) note("store", `${relayer} does not hold ${nameOf(event)}`);
      else if (found.status === "refused" && settled.has(event))
        note("store", `${relayer} refused ${nameOf(event)}: ${found.reason ?? ""}`);
    }
  }
}
