import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { SigningKey, computeAddress, id, recoverAddress } from "ethers";
import {
  batchDigest,
  compactSignature,
  confirmArguments,
  hashConditions,
  hashMembers,
  linesFromBytes,
  linesToBytes,
  orderId,
  packBooking,
  packClauses,
  packProgress,
  signCompact,
  unpackBooking,
  unpackClauses,
  unpackProgress,
} from "../../src/chain/terms.ts";
import type { Clauses, OrderConditions } from "../../src/chain/terms.ts";
import { DAY, START, createEscrowScene, partyOf, reportOf } from "../base/escrow.ts";

const CLAUSES: Clauses = {
  due: START,
  expiry: START + DAY,
  retentionUntil: START + 2 * DAY,
  grace: DAY,
  penaltyRate: 1_000,
  capDays: 30,
  retention: 50_000,
  group: 7,
  points: 1,
  options: 3,
};

const CONDITIONS: OrderConditions = {
  arbiter: `0x${"11".repeat(20)}`,
  defaultSplit: 1,
  inspection: 2,
  answer: 3,
  arbitration: 4,
  statutoryTerm: 5,
  statutoryInterest: 6,
  sheet: `0x${"12".repeat(32)}`,
  documents: `0x${"13".repeat(32)}`,
};

const uint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const small = (bits: number) => fc.integer({ min: 0, max: Math.min(2 ** bits - 1, 2 ** 31 - 1) });

describe("terms", () => {
  describe("packed words", () => {
    it("hold clauses where OrderTerms.sol reads them", () => {
      const word = packClauses(CLAUSES);
      expect(word >> 216n).to.equal(BigInt(START));
      expect((word >> 18n) & 0xffffffffffn).to.equal(7n);
      expect(word & 0x3ffn).to.equal(3n);
      expect(unpackClauses(word)).to.deep.equal(CLAUSES);
    });

    it("come back as they went in", () => {
      const report = fc.record({
        line: small(16),
        from: uint(48),
        to: uint(48),
        late: uint(48),
        latest: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      });
      fc.assert(
        fc.property(report, small(16), (values, order) => {
          const word = packProgress({ report: { ...values, root: "" }, order });
          expect(unpackProgress(word)).to.deep.equal({ ...values, order });
        }),
      );
      const booking = fc.record({
        earned: uint(56),
        lot: small(32),
        line: small(16),
        delivered: uint(48),
        late: uint(48),
        paid: uint(56),
      });
      fc.assert(
        fc.property(booking, (values) => {
          expect(unpackBooking(packBooking(values))).to.deep.equal(values);
        }),
      );
      fc.assert(
        fc.property(fc.array(fc.record({ quantity: uint(40), total: uint(56) })), (lines) => {
          expect(linesFromBytes(linesToBytes(lines))).to.deep.equal(lines);
        }),
      );
    });

    it("refuse what does not fit", () => {
      const range = { code: "terms-range" };
      expect(() => packClauses({ ...CLAUSES, capDays: 1 << 14 }))
        .to.throw()
        .that.includes(range);
      expect(() => packClauses({ ...CLAUSES, due: -1 }))
        .to.throw()
        .that.includes(range);
      expect(() => linesToBytes([{ quantity: 1n << 40n, total: 1n }]))
        .to.throw()
        .that.includes(range);
      expect(() => linesToBytes([{ quantity: 1n, total: 1n << 56n }]))
        .to.throw()
        .that.includes(range);
      expect(() => packProgress({ report: { ...reportOf({ to: 1n }), line: 65_536 }, order: 0 }))
        .to.throw()
        .that.includes(range);
    });

    it("refuse lines that are not whole", () => {
      for (const bytes of ["0x00", `0x${"00".repeat(13)}`, "0xzz", ""]) {
        expect(() => linesFromBytes(bytes))
          .to.throw()
          .that.includes({ code: "terms-lines" });
      }
    });
  });

  describe("hashes and the contract", () => {
    it("agree on the order's id, and on the batch that relayers sign", async () => {
      const scene = await createEscrowScene();
      const group = await scene.registerGroup({ members: 4, threshold: 3 });
      const lines = [
        { quantity: 7n, total: 1_000_003n },
        { quantity: (1n << 40n) - 1n, total: 12n },
      ];
      const terms = scene.termsOf({ group, supplier: partyOf("supplier"), lines, clauses: { capDays: 2 } });
      const { domain, escrow } = scene;
      expect(await escrow.getFunction("orderId")(terms)).to.equal(orderId({ domain, terms }));

      await scene.createOrder(terms);
      const other = scene.termsOf({ group, supplier: partyOf("other"), number: 2 });
      await scene.createOrder(other);
      const report = { ...reportOf({ to: 3n }), late: 4n };
      const deliveries = [
        { terms, report },
        { terms, report: reportOf({ line: 1, to: 1n << 39n }) },
        { terms: other, report: reportOf({ to: 9n }) },
      ];
      const receipt = await scene.confirm({ group, deliveries });
      const confirmed = receipt.logs
        .map((log) => escrow.interface.parseLog(log))
        .filter((log) => log?.name === "DeliveryConfirmed")
        .map((log) => [log?.args.order, unpackBooking(log?.args.booking as bigint), log?.args.root]);
      const first = orderId({ domain, terms });
      expect(confirmed).to.deep.equal([
        [first, { earned: 428_572n, lot: 0, line: 0, delivered: 3n, late: 4n, paid: 428_572n }, report.root],
        [
          first,
          { earned: 6n, lot: 0, line: 1, delivered: 1n << 39n, late: 0n, paid: 6n },
          reportOf({ to: 1n << 39n }).root,
        ],
        [
          orderId({ domain, terms: other }),
          { earned: 40_500n, lot: 0, line: 0, delivered: 9n, late: 0n, paid: 40_500n },
          reportOf({ to: 9n }).root,
        ],
      ]);
      const [, orders, reports] = confirmArguments({ certificate: scene.certify({ group, deliveries }), deliveries });
      expect(orders).to.have.length(2);
      expect(reports.map(({ progress }) => unpackProgress(progress).order)).to.deep.equal([0, 0, 1]);
    });

    it("agree on the group's members", async () => {
      const scene = await createEscrowScene();
      const group = await scene.registerGroup({ members: 3, threshold: 2 });
      const members = group.keys.map((key) => computeAddress(key));
      const kept = (await scene.escrow.getFunction("groupOf")(group.id)) as { members: bigint };
      expect(BigInt.asUintN(168, BigInt(hashMembers(members)))).to.equal(kept.members);
    });

    it("change with every field", () => {
      const domain = { name: "x", version: "1", chainId: 1, verifyingContract: partyOf("escrow") };
      const report = { ...reportOf({ to: 9n }), order: id("order") };
      const batch = {
        group: 1,
        members: [partyOf("a"), partyOf("b")],
        proposer: partyOf("a"),
        blockNumber: 5,
        blockHash: id("B"),
        blockTime: START,
        reports: [report],
      };
      const digests = new Set([
        batchDigest({ domain, batch }),
        ...[
          { group: 2 },
          { members: [partyOf("b"), partyOf("a")] },
          { proposer: partyOf("b") },
          { blockNumber: 6 },
          { blockHash: id("C") },
          { blockTime: START + 1 },
          { reports: [] },
          ...[
            { order: id("x") },
            { line: 1 },
            { from: 1n },
            { to: 8n },
            { late: 1n },
            { latest: 1 },
            { root: id("x") },
          ].map((change) => ({ reports: [{ ...report, ...change }] })),
        ].map((change) => batchDigest({ domain, batch: { ...batch, ...change } })),
      ]);
      expect(digests.size).to.equal(15);
    });

    it("agree on conditions", () => {
      // The same conditions, and the same hash, stand in test/settlement/orderTerms.t.sol.
      expect(hashConditions(CONDITIONS)).to.equal("0x4c55a37db76967e5ee1a1d0715f54eb4140bfb42b1fd3aea6c95086c110d233b");
      const changes = Object.entries(CONDITIONS).map(([name, value]) => ({
        [name]: typeof value === "number" ? value + 1 : value.replace("1", "2"),
      }));
      const hashes = [{}, ...changes].map((change) => hashConditions({ ...CONDITIONS, ...change }));
      expect(new Set(hashes).size).to.equal(10);
    });
  });

  it("writes signatures in the compact form, s low", () => {
    const key = new SigningKey(id("key"));
    for (let i = 0; i < 20; i++) {
      const digest = id(`message ${String(i)}`);
      const { r, vs } = signCompact({ key, digest });
      expect(recoverAddress(digest, r + vs.slice(2))).to.equal(computeAddress(key));
      expect(compactSignature(key.sign(digest).serialized)).to.deep.equal({ r, vs });
    }
  });
});
