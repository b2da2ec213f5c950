import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import {
  MILLION,
  NO_END,
  assign,
  countReport,
  earnedOf,
  forfeitedBy,
  heldBack,
  orderedBy,
  ownersAbove,
  payOut,
  refundOf,
  splitLot,
  sum,
  totalOf,
  valueAt,
  worthOf,
} from "./settlement.ts";
import type { Claim, Point } from "./settlement.ts";

const RUNS = { numRuns: 500 };
const SLOTS = 16;

const upTo = (max: bigint) => fc.bigInt({ min: 0n, max });

/** A schedule of a few pieces, small enough that roundings matter. */
const schedules: fc.Arbitrary<Point[]> = fc
  .array(fc.record({ width: fc.bigInt({ min: 1n, max: 300n }), rise: fc.oneof(upTo(500n), upTo(1n << 50n)) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pieces) => {
    let [quantity, money] = [0n, 0n];
    return pieces.map(({ width, rise }) => ({ quantity: (quantity += width), money: (money += rise) }));
  });

/** A penalty that takes all of a unit's price at most. */
const penalties = fc
  .record({ capDays: fc.bigInt({ min: 1n, max: 30n }), part: upTo(MILLION) })
  .map(({ capDays, part }) => ({ capDays, rate: part / capDays }));

/** Units by the days that each is late, and after which of them a report ends. */
const deliveries = fc.record({
  days: fc.array(upTo(40n), { minLength: 1, maxLength: 60 }),
  cuts: fc.array(fc.nat(59), { maxLength: 12 }),
});

/** Intervals that cover the axis from 0 on, each with one slot; what is left lies on top. */
const claimLists: fc.Arbitrary<Claim[]> = fc
  .array(fc.bigInt({ min: 1n, max: 400n }), { maxLength: 6 })
  .map((widths) => {
    let end = 0n;
    const claims = widths.map((width, i) => ({
      start: end,
      end: (end += width),
      owner: `tier${i}`,
      slots: 1,
      id: i + 1,
    }));
    return [...claims, { start: end, end: NO_END, owner: "supplier", slots: SLOTS - widths.length, id: 99 }];
  });

/** Delivers units of given lateness in one report for each part; answers what is worth money, and what was counted. */
function deliver(p: { parts: bigint[][]; ordered: bigint; capDays: bigint; rate: bigint }) {
  const line = { delivered: 0n, late: 0n, rejected: 0n };
  let good = 0n;
  for (const days of p.parts) {
    const reportedLate = line.late + sum(days.map((late) => (late < p.capDays ? late : p.capDays)));
    const to = line.delivered + BigInt(days.length);
    const counted = countReport({ ...line, ...p, from: line.delivered, to, reportedLate });
    if (!counted) continue;
    line.delivered += counted.quantity;
    line.late += counted.late;
    good += worthOf({ ...counted, rate: p.rate, share: MILLION });
  }
  return { good, ...line };
}

function cut<T>(all: T[], cuts: number[]): T[][] {
  const places = [0, ...new Set(cuts.filter((place) => place < all.length)), all.length].sort((a, b) => a - b);
  return places.slice(1).map((end, i) => all.slice(places[i], end));
}

describe("a line's value", () => {
  it("is the schedule's money at its corners, and never falls between them", () => {
    fc.assert(
      fc.property(schedules, upTo(1_500n * MILLION), upTo(MILLION), (points, good, more) => {
        for (const { quantity, money } of points) {
          expect(valueAt({ points, good: quantity * MILLION })).to.equal(money);
        }
        expect(valueAt({ points, good: 0n })).to.equal(0n);
        expect(valueAt({ points, good: good + more }) >= valueAt({ points, good })).to.equal(true);
        expect(valueAt({ points, good }) <= totalOf(points)).to.equal(true);
      }),
      RUNS,
    );
  });

  it("leaves what does not come out even to the buyer, less than one unit of money a line", () => {
    fc.assert(
      fc.property(upTo(1n << 56n), fc.bigInt({ min: 1n, max: 1n << 40n }), upTo(MILLION), (money, quantity, part) => {
        const good = quantity * part; // part millionths of the line
        const value = valueAt({ points: [{ quantity, money }], good });
        expect(value * MILLION <= money * part).to.equal(true);
        expect((value + 1n) * MILLION > money * part).to.equal(true);
      }),
      RUNS,
    );
  });

  it("is the same however a schedule is written down", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n, max: 99n }), upTo(99n), upTo(99n), (pieces, price, at) => {
        const one = [{ quantity: pieces * 7n, money: pieces * price }];
        const many = Array.from({ length: Number(pieces) }, (_, i) => BigInt(i + 1)).map((n) => ({
          quantity: n * 7n,
          money: n * price,
        }));
        const good = (at * one[0]!.quantity * MILLION) / 99n;
        expect(valueAt({ points: many, good })).to.equal(valueAt({ points: one, good }));
      }),
      RUNS,
    );
  });
});

describe("a delivery", () => {
  it("earns the same however it is split into reports, so dust dodges neither penalty nor rounding", () => {
    fc.assert(
      fc.property(deliveries, schedules, penalties, ({ days, cuts }, points, penalty) => {
        fc.pre(BigInt(days.length) <= orderedBy(points));
        const order = { ...penalty, ordered: orderedBy(points) };
        const whole = deliver({ parts: [days], ...order });
        expect(deliver({ parts: cut(days, cuts), ...order })).to.deep.equal(whole);
        expect(deliver({ parts: days.map((late) => [late]), ...order })).to.deep.equal(whole);
      }),
      RUNS,
    );
  });

  it("counts to the room and not beyond, with no less than its part of the lateness", () => {
    fc.assert(
      fc.property(
        upTo(99n),
        upTo(99n),
        upTo(99n),
        upTo(99n),
        upTo(3_000n),
        penalties,
        (a, b, c, more, late, { capDays }) => {
          const line = { ordered: a + 1n, rejected: b, delivered: c, late: 7n };
          fc.pre(c <= a + 1n + b);
          const room = line.ordered + line.rejected - line.delivered;
          const counted = countReport({ ...line, from: c, to: c + more, reportedLate: 7n + late, capDays });
          expect(counted === null).to.equal(more === 0n || room === 0n);
          if (!counted) return;
          expect(counted.quantity).to.equal(more < room ? more : room);
          const full = counted.quantity * capDays;
          expect(counted.late <= full).to.equal(true);
          expect(counted.late === full || counted.late * more >= late * counted.quantity).to.equal(true);
          expect(counted.late === 0n || (counted.late - 1n) * more < late * counted.quantity).to.equal(true);
        },
      ),
      RUNS,
    );
  });

  it("is skipped unless it goes on from what was delivered", () => {
    const line = { ordered: 10n, delivered: 4n, late: 0n, rejected: 0n, reportedLate: 0n, capDays: 0n };
    expect(countReport({ ...line, from: 3n, to: 6n })).to.equal(null);
    expect(countReport({ ...line, from: 5n, to: 6n })).to.equal(null);
    expect(countReport({ ...line, from: 4n, to: 4n })).to.equal(null);
    expect(countReport({ ...line, from: 4n, to: 6n })).to.deep.equal({ quantity: 2n, late: 0n });
  });

  it("takes lateness that a report states below what was counted for none", () => {
    const line = { ordered: 10n, delivered: 4n, late: 9n, rejected: 0n, capDays: 5n };
    expect(countReport({ ...line, from: 4n, to: 6n, reportedLate: 0n })).to.deep.equal({ quantity: 2n, late: 0n });
  });
});

describe("a decision on a lot", () => {
  it("in parts loses neither goods nor lateness, and rounds the accepted part's up by less than a unit-day", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 500n }), upTo(MILLION), upTo(MILLION), penalties, (quantity, a, b, p) => {
        const [late, reject] = [(quantity * p.capDays * a) / MILLION, (quantity * b) / MILLION];
        const { accepted, rejected } = splitLot({ quantity, late, reject });
        const worth = (lot: { quantity: bigint; late: bigint }) => worthOf({ ...lot, rate: p.rate, share: MILLION });
        expect(accepted.quantity + rejected.quantity).to.equal(quantity);
        expect(accepted.late + rejected.late).to.equal(late);
        for (const lot of [accepted, rejected]) expect(lot.late <= lot.quantity * p.capDays).to.equal(true);
        expect(accepted.late * quantity >= late * accepted.quantity).to.equal(true);
        expect(accepted.late * quantity < late * accepted.quantity + quantity).to.equal(true);
        expect(worth(accepted) + worth(rejected)).to.equal(worth({ quantity, late }));
      }),
      RUNS,
    );
  });

  it("grants a share of what is worth money, rounded down by less than a millionth of a unit", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 500n }),
        upTo(MILLION),
        upTo(MILLION),
        penalties,
        (quantity, a, share, p) => {
          const lot = { quantity, late: (quantity * p.capDays * a) / MILLION, rate: p.rate };
          const [whole, granted] = [worthOf({ ...lot, share: MILLION }), worthOf({ ...lot, share })];
          expect(whole >= 0n && whole <= quantity * MILLION).to.equal(true);
          expect(granted * MILLION <= whole * share && (granted + 1n) * MILLION > whole * share).to.equal(true);
        },
      ),
      RUNS,
    );
  });
});

describe("what is held back", () => {
  it("lets what is payable only rise while more is earned, and holds all that was called", () => {
    fc.assert(
      fc.property(
        upTo(1n << 56n),
        upTo(1_000n),
        upTo(MILLION - 1n),
        upTo(MILLION),
        upTo(MILLION),
        (earned, more, ...p) => {
          const [retention, part, share] = p;
          const kept = heldBack({ earned, retention, called: 0n, forfeited: 0n });
          const called = (kept * part) / MILLION;
          const forfeited = forfeitedBy({ called, share });
          expect(forfeited * MILLION <= called * (MILLION - share)).to.equal(true);
          expect((called - forfeited - 1n) * MILLION < called * share).to.equal(true);
          const payable = earned - kept;
          expect(payable * MILLION <= earned * (MILLION - retention)).to.equal(true);
          for (const claim of [
            { called, forfeited: 0n },
            { called: 0n, forfeited },
          ]) {
            const later = earned + more - heldBack({ earned: earned + more, retention, ...claim });
            expect(later >= payable).to.equal(true);
            const released = heldBack({ earned, retention: 0n, ...claim });
            expect(released).to.equal(claim.called + claim.forfeited);
          }
        },
      ),
      RUNS,
    );
  });
});

describe("a payment", () => {
  it("is the sum of what the intervals get, whole, and the same in one step or in many", () => {
    fc.assert(
      fc.property(claimLists, fc.array(upTo(3_000n), { maxLength: 8 }), (claims, stops) => {
        const goal = stops.reduce((a, b) => (a > b ? a : b), 0n);
        const once = payOut({ claims, paid: 0n, payable: goal });
        let state = { claims, paid: 0n };
        const got = new Map<string, bigint>();
        for (const payable of stops) {
          const payout = payOut({ ...state, payable });
          expect(sum(payout.parts.map(({ amount }) => amount))).to.equal(payout.paid - state.paid);
          for (const { owner, amount } of payout.parts) got.set(owner, (got.get(owner) ?? 0n) + amount);
          state = payout;
        }
        expect(state).to.deep.include({ paid: goal, claims: once.claims });
        expect([...got].sort()).to.deep.equal(once.parts.map(({ owner, amount }) => [owner, amount]).sort());
        expect(once.claims.reduce((all, { slots }) => all + slots, 0)).to.equal(SLOTS);
      }),
      RUNS,
    );
  });

  it("goes bottom-up: nobody gets anything while somebody below is owed", () => {
    fc.assert(
      fc.property(claimLists, upTo(3_000n), (claims, payable) => {
        const { parts } = payOut({ claims, paid: 0n, payable });
        const full = claims.slice(0, Math.max(0, parts.length - 1));
        expect(parts.slice(0, -1)).to.deep.equal(full.map(({ owner, start, end }) => ({ owner, amount: end - start })));
      }),
      RUNS,
    );
  });
});

describe("a refund", () => {
  it("returns all that can no longer be earned, so payments and refund never exceed what was funded", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(schedules, upTo(MILLION), upTo(MILLION)), { minLength: 1, maxLength: 5 }),
        (rows) => {
          const lines = rows.map(([points, a, b]) => {
            const decided = (orderedBy(points) * a) / MILLION;
            const pending = ((orderedBy(points) - decided) * b) / MILLION;
            return { points, good: decided * MILLION, pending };
          });
          const funded = sum(lines.map(({ points }) => totalOf(points)));
          const refund = refundOf({ lines });
          const best = lines.map(({ points, good, pending }) => ({ points, good: good + pending * MILLION }));
          expect(refund + earnedOf({ lines: best })).to.equal(funded);
          expect(refund >= 0n && refund + earnedOf({ lines }) <= funded).to.equal(true);
        },
      ),
      RUNS,
    );
  });
});

describe("an assignment", () => {
  const asks = fc.record({
    which: fc.nat(6),
    part: upTo(1_100_000n),
    slots: fc.nat(5),
    lower: upTo(3n),
    most: upTo(2_000n),
  });

  it("moves nothing but the part that it names, and keeps the axis covered, ids apart and slots together", () => {
    fc.assert(
      fc.property(claimLists, upTo(900n), asks, (list, payable, ask) => {
        const { claims, paid } = payOut({ claims: list, paid: 0n, payable });
        const claim = claims[ask.which % claims.length]!;
        const start = claim.start > paid ? claim.start : paid;
        const end = claim.end < ask.most ? claim.end : ask.most;
        const amount = ((end > start ? end - start : 1n) * ask.part) / MILLION;
        const order = { claims, paid, most: ask.most, nextId: 100, maxStart: start + 1n - ask.lower };
        const whole = start + amount === claim.end;
        const after = assign({ ...order, id: claim.id, amount, to: "bank", slots: ask.slots });
        const allowed =
          amount > 0n &&
          start <= order.maxStart &&
          start + amount <= end &&
          (whole ? ask.slots === claim.slots : ask.slots > 0 && ask.slots < claim.slots);
        expect(after !== null).to.equal(allowed);
        if (!after) return;
        expect(after.slice(1).map((c) => c.start)).to.deep.equal(after.slice(0, -1).map((c) => c.end));
        expect(after.reduce((all, { slots }) => all + slots, 0)).to.equal(SLOTS);
        expect(new Set(after.map(({ id }) => id)).size).to.equal(after.length);
        const total = (all: Claim[], who: string) =>
          sum(
            payOut({ claims: all, paid, payable: 5_000n })
              .parts.filter((p) => p.owner === who)
              .map((p) => p.amount),
          );
        expect(total(after, "bank")).to.equal(amount);
        for (const { owner } of claims) {
          expect(total(after, owner)).to.equal(total(claims, owner) - (owner === claim.owner ? amount : 0n));
        }
      }),
      RUNS,
    );
  });

  it("names the owners that a cancellation would cut, never the supplier's remainder", () => {
    const claims = [
      { start: 0n, end: 10n, owner: "tier", slots: 1, id: 1 },
      { start: 10n, end: 20n, owner: "bank", slots: 1, id: 3 },
      { start: 20n, end: NO_END, owner: "supplier", slots: 14, id: 4 },
    ];
    expect(ownersAbove({ claims, amount: 9n })).to.deep.equal(["tier", "bank"]);
    expect(ownersAbove({ claims, amount: 10n })).to.deep.equal(["bank"]);
    expect(ownersAbove({ claims, amount: 20n })).to.deep.equal([]);
  });
});
