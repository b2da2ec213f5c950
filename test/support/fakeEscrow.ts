import { recover } from "../../src/relayer/recover.ts";
import { BYTES_BESIDE_DATA, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_GAS } from "../../src/chain/preflight.ts";
import { interfaces } from "../../src/chain/contracts.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import {
  OPTION_AMENDED,
  OPTION_DEVICES,
  OPTION_INSPECTION,
  OPTION_P256,
  ZERO_HASH,
  escrowDomain,
  linesFromBytes,
  orderId,
  packBooking,
  unpackClauses,
  unpackProgress,
} from "../../src/chain/terms.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import type { BlockRef, ChainLog, Intent, SentTransaction } from "../../src/chain/transactions.ts";
import { p256 } from "@noble/curves/p256";
import {
  AbiCoder,
  dataLength,
  TypedDataEncoder,
  Wallet,
  computeAddress,
  concat,
  getBytes,
  id,
  keccak256,
  recoverAddress,
  toBeHex,
} from "ethers";

const address = (n: number): string => toBeHex(n, 20);

export const deployment: Deployment = {
  chainId: 31337,
  genesis: ZERO_HASH,
  block: 0,
  accessManager: address(1),
  organisationRegistry: address(2),
  deviceRegistry: address(3),
  currencies: { KRW: { minorUnit: 0, token: address(4), escrow: address(5) } },
};
export const escrow = address(5);

const domain = escrowDomain({ chainId: deployment.chainId, escrow });

/** The EIP-712 digest of a struct from its type and its words, as the contract computes it from what it is given. */
function digest(type: string, types: string[], words: unknown[]): string {
  const struct = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", ...types], [id(type), ...words]));
  return keccak256(concat(["0x1901", TypedDataEncoder.hashDomain(domain), struct]));
}

/** What a transaction's data costs at least (EIP-7623). */
function leastGas(data: string): bigint {
  const tokens = getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 1 : 4), 0);
  return BigInt(21_000 + 10 * tokens);
}

const TERMS =
  "OrderTerms(address supplier,uint256 clauses,bytes lines,Agreement agreement)" +
  "Agreement(address buyer,bytes32 conditions)";
const REPORT = "DeliveryReport(bytes32 order,uint240 progress,bytes32 root)";
const BATCH =
  "DeliveryBatch(uint40 group,bytes32 members,uint40 blockTime,Judgement judgement,DeliveryReport[] reports)" +
  `${REPORT}Judgement(address proposer,uint64 blockNumber,bytes32 blockHash)`;

type Contract = keyof typeof interfaces;
const at: Record<Contract, string> = {
  organisationRegistry: address(2),
  deviceRegistry: address(3),
  supplierEscrow: escrow,
  quorum: escrow,
};

interface GivenSignature {
  x: string;
  y: string;
  r: string;
  s: string;
  proof: string[];
}

/** Whether a device of that root signed that a line went so far, as DeviceKeys.sol sees it. */
function isDeviceSignature(p: {
  root: string;
  isP256: boolean;
  statement: [order: string, line: number, from: bigint, to: bigint];
  given: GivenSignature;
}): boolean {
  const { x, y, r, s, proof } = p.given;
  const leaf = keccak256(keccak256(concat([x, y])));
  const above = [...proof].reduce((one, two) => keccak256(concat(one < two ? [one, two] : [two, one])), leaf);
  const type = "DeviceDelivery(bytes32 order,uint16 line,uint48 from,uint48 to)";
  const signed = digest(type, ["bytes32", "uint16", "uint48", "uint48"], p.statement);
  if (above !== p.root) return false;
  const bytes = (...parts: string[]) => getBytes(concat(parts));
  if (p.isP256) return p256.verify(bytes(r, s), bytes(signed), bytes("0x04", x, y), { lowS: true, prehash: false });
  return recoverAddress(signed, r + s.slice(2)) === computeAddress(concat(["0x04", x, y]));
}

/** Seconds after block B from which on a certificate counts nothing. */
const CERTIFICATE_LIFE = 300;

const AXIS_END = 2n ** 56n - 1n;

/**
 * What the contracts do with a batch, in a few lines: quorum, terms in force, compare-and-set on `from`, cap at what was
 * ordered, and payments to the owners of claims.
 */
export function createFakeEscrow({ threshold, start }: { threshold: number; start: number }) {
  const blocks: (BlockRef & { logs: ChainLog[] })[] = [];
  const lines = new Map<string, { delivered: bigint; ordered: bigint; late: bigint }>();
  const waiting: { intent: Intent; done: (sent: SentTransaction) => void; refuse: (error: Error) => void }[] = [];
  const confirmed: { order: string; line: number; from: bigint; to: bigint; late: bigint; root: string }[] = [];
  /** What was sent and could not count, because of its order's terms. */
  const skipped: { order: string; line: number }[] = [];
  /** Ids of all that was sent, by whomever. */
  const sent: string[] = [];
  /** Ids of what was sent and reverted. */
  const reverted: string[] = [];
  const paid: { order: string; to: string; amount: bigint }[] = [];
  /** Digest of the terms in force, the line of each lot, and the claims as words. */
  const orders = new Map<string, { inForce: string; lots: number[]; claims: bigint[]; paid: bigint }>();
  /** Groups by their ids, as their events say. */
  const groups = new Map<number, { members: string[]; retired: Set<string> }>();
  let logs: ChainLog[] = [];

  function emit(contract: Contract, event: string, args: unknown[]): void {
    if (contract === "quorum") changeGroup(event, args);
    const { data, topics } = interfaces[contract].encodeEventLog(event, args);
    logs.push({
      address: at[contract],
      topics,
      data,
      blockNumber: blocks.length,
      blockHash: id(`block ${String(blocks.length)}`),
      transactionHash: id(`transaction ${String(blocks.length)}`),
      index: logs.length,
    });
  }

  function changeGroup(event: string, [group, second, third]: unknown[]): void {
    const known = groups.get(Number(group)) ?? { members: [], retired: new Set() };
    groups.set(Number(group), known);
    if (event === "GroupRegistered") known.members.push(...(third as string[]).map((member) => member.toLowerCase()));
    if (event === "MemberAdded") known.members.push(String(second).toLowerCase());
    if (event === "MemberRetired") known.retired.add(String(second).toLowerCase());
  }

  function createOrder(terms: OrderTerms): string {
    const order = orderId({ domain, terms });
    emit("supplierEscrow", "OrderCreated", [
      order,
      terms.buyer,
      terms.supplier,
      terms.clauses,
      terms.conditions,
      terms.lines,
    ]);
    orders.set(order, { inForce: order, lots: [], claims: [], paid: 0n });
    putLines(order, terms, (unpackClauses(terms.clauses).options & OPTION_DEVICES) === 0 ? 0 : 1);
    return order;
  }

  function putLines(order: string, { clauses, lines: bytes }: OrderTerms, heads: number): void {
    const { points } = unpackClauses(clauses);
    linesFromBytes(`0x${bytes.slice(2 + 64 * heads)}`)
      .filter((_, point) => point % points === points - 1)
      .forEach(({ quantity }, line) => {
        const name = `${order}:${String(line)}`;
        lines.set(name, { ...(lines.get(name) ?? { delivered: 0n, late: 0n }), ordered: quantity });
      });
  }

  /** Puts other terms in force; their lines begin with the order's id. */
  function amend(order: string, terms: OrderTerms): void {
    const state = orders.get(order);
    if (!state) throw new Error(`no order ${order}`);
    state.inForce = orderId({ domain, terms });
    putLines(order, terms, (unpackClauses(terms.clauses).options & OPTION_DEVICES) === 0 ? 1 : 2);
    const { supplier, clauses, conditions, lines: bytes } = terms;
    emit("supplierEscrow", "OrderAmended", [order, state.inForce, supplier, clauses, conditions, bytes]);
  }

  /** The buyer rejects part of a lot. */
  function reject(order: string, lot: number, quantity: bigint): void {
    emit("supplierEscrow", "LotInspected", [order, lot, quantity, 0n, ZERO_HASH]);
  }

  /** A lot is decided; where its rejection was not disputed (2 says so) that quantity may be replaced. */
  function decide({
    order,
    lot,
    before,
    quantity,
  }: {
    order: string;
    lot: number;
    before: number;
    quantity: bigint;
  }): void {
    emit("supplierEscrow", "LotDecided", [order, lot, before, 0n, 0n]);
    const line = lines.get(`${order}:${String(orders.get(order)?.lots[lot])}`);
    if (line && before === 2) line.ordered += quantity;
  }

  /** The lowest unpaid part of the supplier's remainder has a new owner. */
  function assign(p: { order: string; from: string; to: string; amount: bigint }): void {
    const state = orders.get(p.order);
    if (!state) throw new Error(`no order ${p.order}`);
    const below = state.claims.at(-2);
    const start = below === undefined || below >> 200n < state.paid ? state.paid : below >> 200n;
    const id = (claim: bigint | undefined): bigint => BigInt.asUintN(32, claim ?? 0n);
    const word = (end: bigint, owner: string, slots: bigint, number: bigint): bigint =>
      (end << 200n) | (BigInt(owner) << 40n) | (slots << 32n) | number;
    const last = state.claims.pop();
    const next = id(last) + 1n;
    const given = word(start + p.amount, p.to, 1n, next);
    const rest = word(AXIS_END, p.from, (last === undefined ? 16n : BigInt.asUintN(8, last >> 32n)) - 1n, next + 1n);
    state.claims.push(given, rest);
    emit("supplierEscrow", "ClaimAssigned", [p.order, p.from, p.to, start, given, rest, id(last), 0n]);
  }

  /** A line's confirmed quantity is worth 1,000 a piece. With the present list the owners are paid. */
  function pay(order: string, given: readonly bigint[]): void {
    const state = orders.get(order);
    if (!state || given.join() !== state.claims.join()) return;
    const delivered = [...lines].filter(([name]) => name.startsWith(order)).map(([, line]) => line.delivered);
    const target = delivered.reduce((sum, quantity) => sum + quantity, 0n) * 1_000n;
    if (target <= state.paid) return;
    const payments = [];
    let slots = 0n;
    let from = state.paid;
    for (const claim of [...state.claims]) {
      const end = claim >> 200n;
      const until = end < target ? end : target;
      payments.push((BigInt.asUintN(160, claim >> 40n) << 96n) | (until - from));
      paid.push({ order, to: toBeHex(BigInt.asUintN(160, claim >> 40n), 20), amount: until - from });
      from = until;
      if (end > target) break;
      slots += BigInt.asUintN(8, claim >> 32n);
      state.claims.shift();
    }
    state.claims.push((state.claims.pop() ?? 0n) + (slots << 32n));
    state.paid = target;
    emit("supplierEscrow", "OrderPaid", [order, payments]);
  }

  /** Whether it counted; a certificate over a list that is not the group's reverts. */
  function confirm(data: string): boolean {
    const call = interfaces.supplierEscrow.parseTransaction({ data });
    if (!call) throw new Error("no call of the escrow");
    const [certificate, given, progress, evidence] = call.args;
    const named = [...given].map(({ supplier, clauses, agreement, lines }: Record<string, string>) => {
      const words = [supplier, clauses, keccak256(String(lines)), agreement];
      const terms = digest(TERMS, ["address", "uint256", "bytes32", "bytes32"], words);
      const { options, group, expiry } = unpackClauses(BigInt(clauses ?? 0));
      const order = (options & OPTION_AMENDED) === 0 ? terms : String(lines).slice(0, 66);
      const start = (options & OPTION_AMENDED) === 0 ? 2 : 66;
      return { order, terms, group, expiry, options, keys: `0x${String(lines).slice(start, start + 64)}` };
    });
    const reports = [...progress].map(({ progress, root }: { progress: bigint; root: string }) => {
      const { order: index, ...report } = unpackProgress(progress);
      const item = named[index] ?? { order: "", terms: "", group: 0, expiry: 0, options: 0, keys: "" };
      const words = [id(REPORT), item.order, BigInt.asUintN(240, progress), root];
      const types = ["bytes32", "bytes32", "uint240", "bytes32"];
      return { ...report, ...item, index, root, hash: keccak256(AbiCoder.defaultAbiCoder().encode(types, words)) };
    });
    const { members, retired } = groups.get(Number(certificate.group)) ?? { members: [], retired: new Set() };
    if (String(certificate.members) !== concat(members)) return false;
    const signed = digest(
      BATCH,
      ["uint40", "bytes32", "uint40", "bytes32", "bytes32"],
      [
        certificate.group,
        keccak256(certificate.members),
        certificate.blockTime,
        certificate.judgement,
        keccak256(concat(reports.map(({ hash }) => hash))),
      ],
    );
    const signers = [...certificate.signatures].map(({ r, vs }: { r: string; vs: string }) =>
      recover(signed, r + vs.slice(2)),
    );
    const live = new Set(
      signers.filter((signer) => signer !== null && members.includes(signer) && !retired.has(signer)),
    );
    if (live.size < threshold) throw new Error(`below quorum: ${String(live.size)}`);
    // As in the contract: one that is missing or wrong takes the whole call back, one of terms not in force is not read.
    const used = new Map<number, number>();
    const unsigned = reports.some(({ order, terms, index, line, from, to, options, keys }) => {
      if (!evidence || (options & OPTION_DEVICES) === 0 || terms !== orders.get(order)?.inForce) return false;
      const next = used.get(index) ?? 0;
      used.set(index, next + 1);
      const given = (evidence as { devices: GivenSignature[] }[])[index]?.devices[next];
      const isP256 = (options & OPTION_P256) !== 0;
      return !given || !isDeviceSignature({ root: keys, isP256, statement: [order, line, from, to], given });
    });
    if (unsigned) return false;
    const expired = start + blocks.length > Number(certificate.blockTime) + CERTIFICATE_LIFE;
    for (const report of expired ? [] : reports) {
      const { order, line, from, to, late, root } = report;
      const [state, sums] = [orders.get(order), lines.get(`${order}:${String(line)}`)];
      const other = report.terms !== state?.inForce || BigInt(report.group) !== certificate.group;
      if (other || report.latest > report.expiry || (!evidence && (report.options & OPTION_DEVICES) !== 0)) {
        skipped.push({ order, line });
        continue;
      }
      if (!state || !sums || sums.delivered !== from || to <= from || sums.delivered >= sums.ordered) continue;
      sums.delivered = to < sums.ordered ? to : sums.ordered;
      sums.late = late;
      confirmed.push({ order, line, from, to, late, root });
      const lot = (report.options & OPTION_INSPECTION) === 0 ? 0 : state.lots.push(line);
      emit("supplierEscrow", "DeliveryConfirmed", [
        order,
        packBooking({ earned: 1n, lot, line, delivered: sums.delivered, late, paid: 1n }),
        root,
      ]);
    }
    const lists = [...(evidence ?? [])] as { claims: bigint[] }[];
    for (const [i, { order }] of named.entries()) if (lists[i]) pay(order, [...lists[i].claims]);
    return true;
  }

  function mine(): BlockRef {
    const number = blocks.length;
    const mined = waiting.splice(0).map((sent) => ({ ...sent, counted: confirm(sent.intent.data) }));
    const block = { number, hash: id(`block ${String(number)}`), time: start + number, logs };
    blocks.push(block);
    logs = [];
    for (const { intent, done, refuse, counted } of mined) {
      if (!counted) reverted.push(intent.id);
      if (!counted) refuse(new Error("reverted"));
      else done({ hash: id(intent.id), block, gasUsed: 1n, status: "succeeded", logs: block.logs });
    }
    return { number, hash: block.hash, time: block.time };
  }

  return {
    blocks,
    /** A block's hash, before it is made. */
    hashOf: (number: number) => id(`block ${String(number)}`),
    confirmed,
    skipped,
    sent,
    reverted,
    paid,
    emit,
    createOrder,
    amend,
    reject,
    decide,
    assign,
    mine,
    delivered: (order: string, line = 0) => lines.get(`${order}:${String(line)}`)?.delivered,
    send: (intent: Intent) =>
      new Promise<SentTransaction>((done, refuse) => {
        sent.push(intent.id);
        if (intent.gas < leastGas(intent.data) || intent.gas > MAX_TRANSACTION_GAS) refuse(new Error("gas"));
        else if (dataLength(intent.data) + BYTES_BESIDE_DATA > MAX_TRANSACTION_BYTES) refuse(new Error("size"));
        else waiting.push({ intent, done, refuse });
      }),
  };
}

export function createWallets(count: number): Wallet[] {
  return Array.from({ length: count }, (_, i) => new Wallet(id(`relayer ${String(i)}`)));
}
