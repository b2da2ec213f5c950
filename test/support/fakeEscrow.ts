import { MAX_TRANSACTION_GAS } from "../../src/chain/preflight.ts";
import { interfaces } from "../../src/chain/contracts.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import {
  ZERO_HASH,
  escrowDomain,
  linesFromBytes,
  orderId,
  packBooking,
  unpackProgress,
} from "../../src/chain/terms.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import type { BlockRef, ChainLog, Intent, SentTransaction } from "../../src/chain/transactions.ts";
import { AbiCoder, TypedDataEncoder, Wallet, concat, getBytes, id, keccak256, recoverAddress, toBeHex } from "ethers";

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

/** What the contracts do with a batch, in a few lines: quorum, compare-and-set on `from`, cap at what was ordered. */
export function createFakeEscrow({ threshold, start }: { threshold: number; start: number }) {
  const blocks: (BlockRef & { logs: ChainLog[] })[] = [];
  const lines = new Map<string, { delivered: bigint; ordered: bigint; late: bigint }>();
  const waiting: { intent: Intent; done: (sent: SentTransaction) => void; refuse: (error: Error) => void }[] = [];
  const confirmed: { order: string; line: number; from: bigint; to: bigint; root: string }[] = [];
  /** The one group, as its events say. */
  const members: string[] = [];
  const retired = new Set<string>();
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

  function changeGroup(event: string, [, second, third]: unknown[]): void {
    if (event === "GroupRegistered") members.push(...(third as string[]).map((member) => member.toLowerCase()));
    if (event === "MemberAdded") members.push(String(second).toLowerCase());
    if (event === "MemberRetired") retired.add(String(second).toLowerCase());
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
    linesFromBytes(terms.lines).forEach(({ quantity }, line) => {
      lines.set(`${order}:${String(line)}`, { delivered: 0n, ordered: quantity, late: 0n });
    });
    return order;
  }

  /** Whether it counted; a certificate over a list that is not the group's reverts. */
  function confirm(data: string): boolean {
    const [certificate, orders, given] = interfaces.supplierEscrow.decodeFunctionData("confirm", data);
    const ids = [...orders].map(({ supplier, clauses, agreement, lines }: Record<string, string>) => {
      const words = [supplier, clauses, keccak256(String(lines)), agreement];
      return digest(TERMS, ["address", "uint256", "bytes32", "bytes32"], words);
    });
    const reports = [...given].map(({ progress, root }: { progress: bigint; root: string }) => {
      const { order: index, ...report } = unpackProgress(progress);
      const order = ids[index] ?? "";
      const words = [id(REPORT), order, BigInt.asUintN(240, progress), root];
      const types = ["bytes32", "bytes32", "uint240", "bytes32"];
      return { ...report, order, root, hash: keccak256(AbiCoder.defaultAbiCoder().encode(types, words)) };
    });
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
      recoverAddress(signed, r + vs.slice(2)).toLowerCase(),
    );
    const live = new Set(signers.filter((signer) => members.includes(signer) && !retired.has(signer)));
    if (live.size < threshold) throw new Error(`below quorum: ${String(live.size)}`);
    for (const { order, line, from, to, late, root } of reports) {
      const state = lines.get(`${order}:${String(line)}`);
      if (!state || state.delivered !== from || to <= from || state.delivered === state.ordered) continue;
      state.delivered = to < state.ordered ? to : state.ordered;
      state.late = late;
      confirmed.push({ order, line, from, to, root });
      emit("supplierEscrow", "DeliveryConfirmed", [
        order,
        packBooking({ earned: 1n, lot: 0, line, delivered: state.delivered, late, paid: 1n }),
        root,
      ]);
    }
    return true;
  }

  function mine(): BlockRef {
    const number = blocks.length;
    const mined = waiting.splice(0).map((sent) => ({ ...sent, counted: confirm(sent.intent.data) }));
    const block = { number, hash: id(`block ${String(number)}`), time: start + number, logs };
    blocks.push(block);
    logs = [];
    for (const { intent, done, refuse, counted } of mined) {
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
    emit,
    createOrder,
    mine,
    delivered: (order: string, line = 0) => lines.get(`${order}:${String(line)}`)?.delivered,
    send: (intent: Intent) =>
      new Promise<SentTransaction>((done, refuse) => {
        if (intent.gas < leastGas(intent.data) || intent.gas > MAX_TRANSACTION_GAS) refuse(new Error("gas"));
        else waiting.push({ intent, done, refuse });
      }),
  };
}

export function createWallets(count: number): Wallet[] {
  return Array.from({ length: count }, (_, i) => new Wallet(id(`relayer ${String(i)}`)));
}
