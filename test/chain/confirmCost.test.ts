import { expect } from "chai";
import { computeAddress, concat, dataLength, id, keccak256 } from "ethers";
import type { ContractTransactionReceipt, JsonRpcApiProvider, Result, Signer } from "ethers";
import { assignClaim, newClaimBook, packClaim, unpackClaim } from "../../src/chain/claims.ts";
import type { ClaimBook } from "../../src/chain/claims.ts";
import { confirmCost, encodeConfirm } from "../../src/chain/confirm.ts";
import { deviceDigest, signAsDevice } from "../../src/chain/deviceSignatures.ts";
import type { DeviceSignature } from "../../src/chain/deviceSignatures.ts";
import type { ReportSize } from "../../src/chain/confirm.ts";
import { BYTES_BESIDE_DATA } from "../../src/chain/preflight.ts";
import {
  OPTION_AMENDED,
  OPTION_DEVICES,
  OPTION_INSPECTION,
  OPTION_P256,
  ZERO_HASH,
  batchDigest,
  hashConditions,
  linesToBytes,
  orderId,
  packClauses,
  signCompact,
  unpackClauses,
} from "../../src/chain/terms.ts";
import type { DeliveryReport, OrderTerms } from "../../src/chain/terms.ts";
import { DAY, START, createEscrowScene, partyOf, reportOf } from "../base/escrow.ts";

const DEADLINE = START + 10 * DAY;
const AMENDMENT = {
  Amendment: "bytes32 order,uint32 seq,bytes32 terms,uint256 total,uint40 due,uint40 expiry,uint40 deadline"
    .split(",")
    .map((field) => ({ type: field.split(" ")[0] ?? "", name: field.split(" ")[1] ?? "" })),
};
const CONDITIONS = {
  arbiter: partyOf("arbiter"),
  defaultSplit: 0,
  inspection: DAY,
  answer: DAY,
  arbitration: DAY,
  statutoryTerm: 0,
  statutoryInterest: 0,
  sheet: ZERO_HASH,
  documents: ZERO_HASH,
};

/** An escrow with the dearest certificate, signed by all of 32 relayers, and a supplier that can act. */
async function createScene() {
  const scene = await createEscrowScene();
  const group = await scene.registerGroup({ members: 32, threshold: 32 });
  const supplier = scene.deployer;
  const supplierAddress = await supplier.getAddress();
  const provider = scene.submitter.provider as unknown as JsonRpcApiProvider;
  const buyer = (await provider.getSigner(scene.buyer)) as Signer;
  const domain = scene.domain;
  let number = 0;

  /** An order of two lines, each of 10,000 pieces; the second line is dearer to deliver than the first. */
  async function open(
    clauses: Parameters<typeof scene.termsOf>[0]["clauses"] = {},
    to = supplierAddress,
    devices = "0x",
  ) {
    const lines = [0, 1].map(() => ({ quantity: 10_000n, total: 45_000_000n }));
    const inspection = ((clauses.options ?? 0) & OPTION_INSPECTION) === 0 ? 0 : DAY;
    const conditions = { ...CONDITIONS, inspection, documents: id(String(++number)) };
    const first = scene.termsOf({ group, supplier: to, lines, number, clauses });
    const head = { lines: concat([devices, first.lines]), conditions: hashConditions(conditions) };
    const terms = { ...first, ...head };
    const funding = { source: 0, deadline: DEADLINE, approvals: [], token: [0, 0, 0, ZERO_HASH, ZERO_HASH] };
    await scene.call(scene.escrow, "openOrder", [terms, conditions, funding], buyer);
    return { terms, conditions, order: orderId({ domain, terms }) };
  }

  /** Sends exactly the gas that relayers send. */
  async function confirm(p: {
    reports: (DeliveryReport & { order: string })[];
    terms: Map<string, OrderTerms>;
    claims?: Map<string, bigint[]>;
    devices?: Map<string, DeviceSignature[]>;
  }): Promise<ContractTransactionReceipt> {
    const members = group.keys.map((key) => computeAddress(key));
    const batch = {
      group: group.id,
      members,
      proposer: members[0] ?? "",
      blockNumber: 1,
      blockHash: id("block B"),
      blockTime: (await provider.getBlock("latest"))?.timestamp ?? 0,
      reports: p.reports,
    };
    const digest = batchDigest({ domain, batch });
    const shares = group.keys
      .slice(-group.threshold)
      .map((key) => ({ member: computeAddress(key), signature: concat(Object.values(signCompact({ key, digest }))) }));
    const sizes: ReportSize[] = p.reports.map(({ order, from }) => ({
      order,
      payee: payeeOf(p.terms.get(order)),
      again: from > 0n,
      bytes: ((p.terms.get(order)?.lines.length ?? 2) - 2) / 2,
      claims: p.claims?.get(order)?.length ?? 0,
      proof: p.devices?.get(order)?.[0]?.proof.length ?? null,
    }));
    const data = encodeConfirm({ batch, shares, ...p });
    const to = String(scene.escrow.target);
    const { gas, bytes } = confirmCost(sizes);
    expect(bytes).to.equal(dataLength(data) + BYTES_BESIDE_DATA);
    const transaction = { to, data, gasLimit: gas };
    return scene.mine(() => scene.submitter.sendTransaction(transaction) as never);
  }

  /** Puts schedules of so many points in force, with the supplier's signature. */
  async function amend({ terms, order }: { terms: OrderTerms; order: string }, points: number): Promise<OrderTerms> {
    const clauses = unpackClauses(terms.clauses);
    const schedule = Array.from({ length: points }, (_, i) => {
      const quantity = 10_000n - BigInt(points - 1 - i);
      return { quantity, total: quantity * 4_500n };
    });
    const next = {
      ...terms,
      clauses: packClauses({ ...clauses, points, options: clauses.options | OPTION_AMENDED }),
      lines: concat([order, linesToBytes([...schedule, ...schedule])]),
    };
    const digest = orderId({ domain, terms: next });
    const value = { order, seq: 0, terms: digest, total: 90_000_000n, due: clauses.due, expiry: clauses.expiry };
    const signature = await supplier.signTypedData(domain, AMENDMENT, { ...value, deadline: DEADLINE });
    const approvals = [{ account: supplierAddress, signature }];
    await scene.call(scene.escrow, "amend", [terms, next, 0, [], DEADLINE, approvals], buyer);
    return next;
  }

  /** Gives so many parts of an order to accounts that never had any money, and returns the list. */
  async function assign({ terms, order, conditions }: Awaited<ReturnType<typeof open>>, parts: number) {
    let book: ClaimBook = newClaimBook({ supplier: supplierAddress });
    for (let i = 0; i < parts; i++) {
      const claim = book.claims.at(-1)?.id ?? 0;
      const assignment = [claim, 1_000_000, 90_000_000, partyOf(`${order} ${String(i)}`), 1, 0];
      const list = book.claims.map(packClaim);
      const args = [terms, conditions, assignment, 0, list, DEADLINE, []];
      const [event] = eventsOf(await scene.call(scene.escrow, "assign", args, supplier), "ClaimAssigned");
      const [given, rest] = [event?.given, event?.rest].map((word) => unpackClaim(word as bigint));
      if (given && rest) book = assignClaim(book, { claim, given, rest });
    }
    return book.claims.map(packClaim);
  }

  function eventsOf(receipt: ContractTransactionReceipt, name: string): Result[] {
    const parsed = receipt.logs.map((log) => scene.escrow.interface.parseLog(log));
    return parsed.flatMap((log) => (log?.name === name ? [log.args] : []));
  }

  /** That all reports counted, every owner was paid, in full. */
  function expectWhole(receipt: ContractTransactionReceipt, reports: number): void {
    expect(eventsOf(receipt, "DeliveryConfirmed")).to.have.length(reports);
    expect(eventsOf(receipt, "PaymentCredited")).to.have.length(0);
  }

  return { open, amend, assign, confirm, expectWhole, domain };
}

function payeeOf(terms: OrderTerms | undefined): string | undefined {
  if (terms === undefined || (unpackClauses(terms.clauses).options & OPTION_INSPECTION) !== 0) return undefined;
  return terms.supplier;
}

describe("what relayers allow for a batch: the gas that they send, and its exact size,", () => {
  const full = (order: string, line = 0) => ({ ...reportOf({ line, to: 10_000n }), order });

  it("suffices for sixteen owners an order, who never had any money", async () => {
    const { open, assign, confirm, expectWhole } = await createScene();
    const terms = new Map<string, OrderTerms>();
    const claims = new Map<string, bigint[]>();
    for (let i = 0; i < 3; i++) {
      const made = await open();
      terms.set(made.order, made.terms);
      claims.set(made.order, await assign(made, 15));
    }
    expectWhole(await confirm({ reports: [...terms.keys()].map((order) => full(order)), terms, claims }), 3);
  });

  it("suffices for first lots, and for payouts of orders with a penalty and a retention", async () => {
    const { open, confirm, expectWhole } = await createScene();
    const special = { penaltyRate: 100, capDays: 5, retention: 50_000, retentionUntil: START + 90 * DAY };
    for (const options of [OPTION_INSPECTION, 0]) {
      const terms = new Map<string, OrderTerms>();
      for (let i = 0; i < 30; i++) {
        const made = await open({ ...special, options }, partyOf(`supplier ${String(i)}`));
        terms.set(made.order, made.terms);
      }
      expectWhole(await confirm({ reports: [...terms.keys()].map((order) => full(order, 1)), terms }), 30);
    }
  });

  for (const special of [{}, { penaltyRate: 100, capDays: 5, retention: 50_000, retentionUntil: START + 90 * DAY }]) {
    const which = "retention" in special ? "with a penalty and a retention" : "without clauses";
    for (const payees of [30, 1]) {
      it(`suffices for first and later deliveries to ${payees} payees ${which}`, async () => {
        const { open, confirm, expectWhole } = await createScene();
        const terms = new Map<string, OrderTerms>();
        for (let i = 0; i < 30; i++) {
          const made = await open(special, partyOf(`supplier ${String(i % payees)}`));
          terms.set(made.order, made.terms);
        }
        for (const line of [1, 0]) {
          for (const [from, to] of [
            [0n, 100n],
            [100n, 10_000n],
          ] as const) {
            const reports = [...terms.keys()].map((order) => ({ ...reportOf({ line, from, to }), order }));
            expectWhole(await confirm({ reports, terms }), 30);
          }
        }
      });
    }
  }

  for (const [curve, p256] of [
    ["secp256k1", false],
    ["P-256", true],
  ] as const) {
    it(`suffices for signatures of devices on ${curve}, the longest proofs and first lots`, async () => {
      const { open, confirm, expectWhole, domain } = await createScene();
      const privateKey = id("device");
      const { x, y } = signAsDevice({ privateKey, p256, digest: id("") });
      const proof = Array.from({ length: 32 }, (_, i) => id(`hash ${String(i)}`));
      const pair = (one: string, two: string) => keccak256(concat(one < two ? [one, two] : [two, one]));
      const root = proof.reduce(pair, keccak256(keccak256(concat([x, y]))));
      const terms = new Map<string, OrderTerms>();
      const devices = new Map<string, DeviceSignature[]>();
      const options = OPTION_INSPECTION | OPTION_DEVICES | (p256 ? OPTION_P256 : 0);
      for (let i = 0; i < 20; i++) {
        const made = await open({ options }, partyOf(`supplier ${String(i)}`), root);
        terms.set(made.order, made.terms);
        const signatures = [0, 1].map((line) => {
          const digest = deviceDigest({ domain, delivery: { order: made.order, line, from: 0n, to: 10_000n } });
          return { ...signAsDevice({ privateKey, p256, digest }), proof };
        });
        devices.set(made.order, signatures);
      }
      const reports = [...terms.keys()].flatMap((order) => [full(order), full(order, 1)]);
      expectWhole(await confirm({ reports, terms, devices }), 40);
    });
  }

  it("suffices for schedules of 255 points", async () => {
    const { open, amend, confirm, expectWhole } = await createScene();
    const made = await open();
    const { order } = made;
    const terms = new Map([[order, await amend(made, 255)]]);
    expectWhole(await confirm({ reports: [full(order), full(order, 1)], terms }), 2);
  });
});
