import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import {
  AXIS_END,
  assignClaim,
  newClaimBook,
  packClaim,
  payClaims,
  unpackClaim,
  unpackPayment,
} from "../../src/chain/claims.ts";
import type { Claim } from "../../src/chain/claims.ts";

const account = (digit: string) => `0x${digit.repeat(40)}`;
const [A, B, C] = [account("a"), account("b"), account("c")] as [string, string, string];
const claim = (end: bigint, owner: string, slots: number, id: number): Claim => ({ end, owner, slots, id });

describe("claims", () => {
  it("come back from their word as they went in", () => {
    const uint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
    fc.assert(
      fc.property(uint(56), uint(160), fc.nat(255), fc.nat(2 ** 31 - 1), (end, owner, slots, id) => {
        const one = claim(end, `0x${owner.toString(16).padStart(40, "0")}`, slots, id);
        expect(unpackClaim(packClaim(one))).to.deep.equal(one);
      }),
    );
    expect(packClaim(claim(1n, A, 2, 3))).to.equal((1n << 200n) | (BigInt(A) << 40n) | (2n << 32n) | 3n);
    expect(unpackPayment((BigInt(B) << 96n) | 5n)).to.deep.equal({ payee: B, amount: 5n });
  });

  it("are split from below; what is paid leaves, and its slots return to the remainder", () => {
    const first = { claim: 0, given: claim(50n, B, 4, 1), rest: claim(AXIS_END, A, 12, 2) };
    const second = { claim: 1, given: claim(20n, C, 1, 3), rest: claim(50n, B, 3, 4) };
    const book = assignClaim(assignClaim(newClaimBook({ supplier: A }), first), second);
    expect(book.claims).to.deep.equal([second.given, second.rest, first.rest]);
    expect(payClaims(book, 19n).claims).to.deep.equal(book.claims);
    expect(payClaims(book, 20n).claims).to.deep.equal([second.rest, claim(AXIS_END, A, 13, 2)]);
    expect(payClaims(payClaims(book, 30n), 40n).claims).to.deep.equal([claim(AXIS_END, A, 16, 2)]);
    expect(payClaims(newClaimBook({ supplier: A }), 7n)).to.deep.equal({ supplier: A, paid: 7n, claims: [] });
  });

  it("refuse an assignment of what is not there: an event is missing", () => {
    const gone = { claim: 9, given: claim(50n, B, 4, 1), rest: null };
    expect(() => assignClaim(newClaimBook({ supplier: A }), gone))
      .to.throw()
      .that.includes({ code: "claims-events" });
  });
});
