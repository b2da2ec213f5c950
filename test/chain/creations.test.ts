import { expect } from "chai";
import { id, toBeHex } from "ethers";
import { creationsIn, packOrders, unpackOrders } from "../../src/chain/creations.ts";
import { interfaces } from "../../src/chain/contracts.ts";
import {
  OPTION_INSPECTION,
  ZERO_HASH,
  escrowDomain,
  linesToBytes,
  orderId,
  packClauses,
} from "../../src/chain/terms.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import type { ChainLog } from "../../src/chain/transactions.ts";

const CHAIN = 31_337;
const escrow = toBeHex(7, 20);
const domain = escrowDomain({ chainId: CHAIN, escrow });
const CLAUSES = {
  due: 1_900_000_000,
  expiry: 1_900_000_001,
  retentionUntil: 0,
  grace: 3,
  penaltyRate: 0,
  capDays: 4,
  retention: 0,
  group: 5,
  points: 1,
  options: 0,
};

function termsOf(number: number, lines: number): OrderTerms {
  return {
    buyer: toBeHex(0xb0, 20),
    supplier: toBeHex(0xabc000 + number, 20),
    clauses: packClauses({ ...CLAUSES, group: number }),
    conditions: id(`conditions ${String(number)}`),
    lines: linesToBytes(Array.from({ length: lines }, (_, i) => ({ quantity: BigInt(i + 1), total: 10n }))),
  };
}

function logOf(event: string, args: unknown[]): ChainLog {
  const place = { blockNumber: 1, blockHash: ZERO_HASH, transactionHash: ZERO_HASH, index: 0 };
  return { ...interfaces.supplierEscrow.encodeEventLog(event, args), address: escrow, ...place };
}

const withoutBuyer = ({ supplier, clauses, conditions, lines }: OrderTerms) => ({
  supplier,
  clauses,
  conditions,
  lines,
});

describe("creations of orders", () => {
  const orders = [termsOf(1, 1), termsOf(2, 4_096), termsOf(3, 2)];

  it("pack as OrderBatch.sol lays them out, an order of one line in three words", () => {
    const [one] = orders;
    const word = one!.clauses - (1n << 10n) + 1n;
    const { supplier, conditions, lines } = one!;
    const parts = [supplier, toBeHex(word, 32), conditions, lines].map((part) => part.slice(2));
    expect(packOrders([one!])).to.equal(`0x${parts.join("")}`);
    expect(packOrders([one!])).to.have.length(2 + 2 * 96);
    expect(packOrders([])).to.equal("0x");
  });

  it("are unpacked as they were packed", () => {
    expect(unpackOrders(packOrders(orders))).to.deep.equal(orders.map(withoutBuyer));
    expect(unpackOrders("0x")).to.deep.equal([]);
  });

  it("refuse bytes that are not whole orders", () => {
    const packed = packOrders([termsOf(1, 1)]);
    for (let end = 4; end < packed.length; end += 2) {
      expect(() => unpackOrders(packed.slice(0, end)), String(end))
        .to.throw()
        .with.property("code", "terms-batch");
    }
    for (const bytes of [`${packed}00`, packed.slice(0, -1), "", "orders"]) {
      expect(() => unpackOrders(bytes), bytes)
        .to.throw()
        .with.property("code", "terms-batch");
    }
  });

  it("refuse to pack what a batch cannot say, and lines that are not whole", () => {
    const [one] = orders;
    for (const special of [{ options: OPTION_INSPECTION }, { points: 2 }, { points: 0 }]) {
      const clauses = packClauses({ ...CLAUSES, ...special });
      expect(() => packOrders([{ ...one!, clauses }]))
        .to.throw()
        .with.property("code", "order-not-plain");
    }
    expect(() => packOrders([{ ...one!, lines: "0x1234" }]))
      .to.throw()
      .with.property("code", "terms-lines");
  });

  it("read the same from either event", () => {
    const alone = orders.map((terms) => {
      const order = orderId({ domain, terms });
      const { buyer, supplier, clauses, conditions, lines } = terms;
      const log = logOf("OrderCreated", [order, buyer, supplier, clauses, conditions, lines]);
      const [creation, ...more] = creationsIn({ log, chainId: CHAIN });
      expect(more).to.deep.equal([]);
      expect(creation).to.deep.equal({ order, terms, fromBalance: false });
      return creation!;
    });
    const log = logOf("OrdersCreated", [orders[0]!.buyer, packOrders(orders)]);
    const batched = creationsIn({ log, chainId: CHAIN });
    expect(batched).to.deep.equal(alone.map((creation) => ({ ...creation, fromBalance: true })));
    expect(creationsIn({ log, chainId: CHAIN + 1 })[0]!.order).not.to.equal(batched[0]!.order);
    expect(creationsIn({ log: { ...log, address: toBeHex(8, 20) }, chainId: CHAIN })[0]!.order).not.to.equal(
      batched[0]!.order,
    );
  });

  it("are in no other event, nor in another contract's", () => {
    expect(creationsIn({ log: logOf("OrderClosed", [ZERO_HASH, 1n]), chainId: CHAIN })).to.deep.equal([]);
    const log = logOf("OrderClosed", [ZERO_HASH, 1n]);
    expect(creationsIn({ log: { ...log, topics: [id("Other()")] }, chainId: CHAIN })).to.deep.equal([]);
  });
});
