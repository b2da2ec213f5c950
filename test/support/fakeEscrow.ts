import { interfaces } from "../../src/chain/contracts.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import { digestOf } from "../../src/relayer/batch.ts";
import { ZERO_HASH, linesFromBytes, orderId, escrowDomain } from "../../src/chain/terms.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import type { BlockRef, ChainLog, Intent, SentTransaction } from "../../src/chain/transactions.ts";
import { Wallet, id, recoverAddress, toBeHex } from "ethers";

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

/** As ethers decodes it: every number is a bigint. */
interface Delivery {
  terms: OrderTerms;
  report: { line: bigint; from: bigint; to: bigint; late: bigint; latest: bigint; root: string };
}

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
  const waiting: { intent: Intent; done: (sent: SentTransaction) => void }[] = [];
  const confirmed: { order: string; line: number; from: bigint; to: bigint; root: string }[] = [];
  let logs: ChainLog[] = [];

  function emit(contract: Contract, event: string, args: unknown[]): void {
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

  function createOrder(terms: OrderTerms): string {
    const order = orderId({ domain: escrowDomain({ chainId: deployment.chainId, escrow }), terms });
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

  function confirm(data: string): void {
    const [certificate, deliveries] = interfaces.supplierEscrow.decodeFunctionData("confirm", data);
    const domain = escrowDomain({ chainId: deployment.chainId, escrow });
    const reports = (deliveries as Delivery[]).map(({ terms, report: { line, from, to, late, latest, root } }) => {
      const { buyer, supplier, clauses, conditions, origin, lines } = terms;
      const order = orderId({ domain, terms: { buyer, supplier, clauses, conditions, origin, lines } });
      return { order, line: Number(line), from, to, late, latest: Number(latest), root, events: [] };
    });
    const members = [...certificate.members].map((member: string) => member.toLowerCase());
    const digest = digestOf({
      chainId: deployment.chainId,
      batch: {
        escrow,
        group: Number(certificate.group),
        members,
        proposer: certificate.proposer,
        block: {
          number: Number(certificate.blockNumber),
          hash: certificate.blockHash,
          time: Number(certificate.blockTime),
        },
        reports,
      },
    });
    const signers = [...certificate.signatures].map(({ r, vs }: { r: string; vs: string }) =>
      recoverAddress(digest, r + vs.slice(2)).toLowerCase(),
    );
    const live = new Set(signers.filter((signer) => members.includes(signer)));
    if (live.size < threshold) throw new Error(`below quorum: ${String(live.size)}`);
    for (const { order, line, from, to, late, root } of reports) {
      const state = lines.get(`${order}:${String(line)}`);
      if (!state || state.delivered !== from || to <= from || state.delivered === state.ordered) continue;
      state.delivered = to < state.ordered ? to : state.ordered;
      state.late = late;
      confirmed.push({ order, line, from, to, root });
      emit("supplierEscrow", "DeliveryConfirmed", [order, line, state.delivered, late, 1n, root]);
    }
  }

  function mine(): BlockRef {
    const number = blocks.length;
    for (const { intent } of waiting) confirm(intent.data);
    const block = { number, hash: id(`block ${String(number)}`), time: start + number, logs };
    blocks.push(block);
    logs = [];
    for (const { intent, done } of waiting.splice(0)) {
      done({ hash: id(intent.id), block, gasUsed: 1n, status: "succeeded", logs: block.logs });
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
      new Promise<SentTransaction>((done) => {
        waiting.push({ intent, done });
      }),
  };
}

export function createWallets(count: number): Wallet[] {
  return Array.from({ length: count }, (_, i) => new Wallet(id(`relayer ${String(i)}`)));
}
