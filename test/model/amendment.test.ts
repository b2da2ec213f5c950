import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import {
  MILLION,
  amendmentFault,
  amendmentHurts,
  earnedOf,
  fitsState,
  heldBack,
  orderedBy,
  valueAt,
  worthOf,
} from "./settlement.ts";
import type { Amended, Point } from "./settlement.ts";

const RUNS = { numRuns: 1_000 };
const upTo = (max: bigint) => fc.bigInt({ min: 0n, max });

const schedules: fc.Arbitrary<Point[]> = fc
  .array(fc.record({ width: fc.bigInt({ min: 1n, max: 30n }), rise: upTo(50n) }), { minLength: 1, maxLength: 4 })
  .map((pieces) => {
    let [quantity, money] = [0n, 0n];
    return pieces.map(({ width, rise }) => ({ quantity: (quantity += width), money: (money += rise) }));
  });

/** A line that was delivered in part, and any other schedule, or its own one longer, shorter, or dearer. */
const lines: fc.Arbitrary<Amended> = fc
  .tuple(schedules, schedules, fc.nat(3), upTo(MILLION), upTo(5n), upTo(5n))
  .map(([points, other, kind, part, rejected, pending]) => {
    const good = (orderedBy(points) * part) / MILLION;
    const decided = good + rejected;
    const next = [other, [...points, ...after(points, other)], shorter(points), dearer(points)][kind]!;
    return { points, next, good: good * MILLION, delivered: decided + pending, rejected, decided };
  });

const clauses = fc
  .record({
    capDays: fc.bigInt({ min: 0n, max: 20n }),
    part: upTo(MILLION),
    retention: upTo(MILLION - 1n),
    forfeited: upTo(20n),
    top: upTo(150n),
  })
  .map(({ part, ...rest }) => ({ ...rest, rate: rest.capDays === 0n ? 0n : part / rest.capDays }));

function after(points: Point[], more: Point[]): Point[] {
  const last = points.at(-1)!;
  return more.map(({ quantity, money }) => ({ quantity: quantity + last.quantity, money: money + last.money }));
}

function shorter(points: Point[]): Point[] {
  return points.length > 1 ? points.slice(0, -1) : points;
}

function dearer(points: Point[]): Point[] {
  return points.map(({ quantity, money }) => ({ quantity, money: money + quantity }));
}

describe("an amendment", () => {
  it("leaves what was earned as it was, and room for what was delivered", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(lines, { minLength: 1, maxLength: 3 }), (all) => {
        const fault = amendmentFault({ lines: all, capDays: 1n });
        const repriced = all.some(
          ({ points, next, good }) => valueAt({ points: next, good }) !== valueAt({ points, good }),
        );
        const short = all.some(({ next, delivered, rejected }) => orderedBy(next) < delivered - rejected);
        const unfit = !fitsState({ schedules: all.map(({ next }) => next), capDays: 1n });
        expect(fault !== null).to.equal(repriced || short || unfit);
        if (fault === null) accepted++;
      }),
      RUNS,
    );
    expect(accepted).to.be.greaterThan(100);
  });

  it("needs no owner's signature only when whatever is still delivered pays its interval no less", () => {
    let harmless = 0;
    const deliveries = fc.array(fc.tuple(upTo(MILLION), upTo(MILLION)), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(lines, { minLength: 1, maxLength: 3 }), clauses, deliveries, (all, terms, parts) => {
        fc.pre(amendmentFault({ lines: all, capDays: terms.capDays }) === null);
        if (amendmentHurts({ lines: all, ...terms })) return;
        harmless++;
        const top = (key: "points" | "next", quantities: bigint[]) => {
          const earned = earnedOf({ lines: all.map((line, i) => ({ points: line[key], good: quantities[i]! })) });
          return smaller(earned - heldBack({ earned, ...terms, called: 0n }), terms.top);
        };
        const fewer = all.some(({ points, next }) => orderedBy(next) < orderedBy(points));
        // Of what may still come: a part is delivered, and lateness takes a part of that.
        const goods = all.map(({ next, good, decided, rejected }, i) => {
          const open = orderedBy(next) + rejected - decided;
          const delivered = fewer ? open : (open * parts[i]![0]) / MILLION;
          return good + delivered * (MILLION - (terms.rate * terms.capDays * parts[i]![1]) / MILLION);
        });
        expect(top("next", goods) >= top("points", goods)).to.equal(true);
        if (fewer) expect(top("next", goods)).to.equal(terms.top);
      }),
      { numRuns: 4_000 },
    );
    expect(harmless).to.be.greaterThan(100);
  });

  it("to fewer goods needs the owners when the worst delivery of the rest does not cover their intervals", () => {
    const seen = { hurts: 0, harmless: 0 };
    const fewer = lines.map((line) => ({ ...line, next: shorter(line.points) }));
    fc.assert(
      fc.property(fc.array(fewer, { minLength: 1, maxLength: 3 }), clauses, (all, { top, ...terms }) => {
        const { capDays, rate } = terms;
        fc.pre(amendmentFault({ lines: all, capDays }) === null);
        fc.pre(all.some(({ points, next }) => orderedBy(next) < orderedBy(points)));
        const earned = earnedOf({
          lines: all.map(({ next, good, delivered, decided, rejected }) => {
            const quantity = delivered - decided + (orderedBy(next) + rejected - delivered); // pending and to come
            return { points: next, good: good + worthOf({ quantity, late: quantity * capDays, rate, share: MILLION }) };
          }),
        });
        const net = earned - heldBack({ earned, ...terms, called: 0n });
        const hurts = (above: bigint) => amendmentHurts({ lines: all, ...terms, top: above });
        expect(hurts(top)).to.equal(net < top);
        expect([hurts(net), hurts(net + 1n)]).to.deep.equal([false, true]);
        seen[net < top ? "hurts" : "harmless"]++;
      }),
      RUNS,
    );

    expect(Math.min(seen.hurts, seen.harmless)).to.be.greaterThan(50);
  });

  it("needs the owners for a lower price at a corner of either schedule, be it the last", () => {
    const hurts = (points: string, next: string) => {
      const line = { points: scheduleOf(points), next: scheduleOf(next), good: 0n };
      const untouched = { delivered: 0n, rejected: 0n, decided: 0n };
      const terms = { rate: 0n, capDays: 0n, retention: 0n, forfeited: 0n, top: 0n };
      return amendmentHurts({ lines: [{ ...line, ...untouched }], ...terms });
    };
    expect(hurts("10:100", "5:49 10:100")).to.equal(true);
    expect(hurts("10:100", "5:50 10:100")).to.equal(false);
    expect(hurts("5:51 10:100", "10:100")).to.equal(true);
    expect(hurts("5:50 10:100", "10:100")).to.equal(false);
    expect(hurts("10:100", "5:49")).to.equal(true);
    expect(hurts("10:100", "5:50")).to.equal(false);
    expect(hurts("10:100", "20:199")).to.equal(true);
    expect(hurts("10:100", "20:200")).to.equal(false);
    expect(hurts("10:100", "10:100 20:100")).to.equal(false);
  });

  it("is refused where a schedule falls, stands still or is too large", () => {
    const line = { points: [{ quantity: 4n, money: 8n }], good: 0n, delivered: 0n, rejected: 0n, decided: 0n };
    const faultOf = (...next: [bigint, bigint][]) =>
      amendmentFault({
        lines: [{ ...line, next: next.map(([quantity, money]) => ({ quantity, money })) }],
        capDays: 16n,
      });
    expect(faultOf([2n, 5n], [4n, 5n])).to.equal(null);
    expect(faultOf()).to.equal("schedule");
    expect(faultOf([0n, 5n])).to.equal("schedule");
    expect(faultOf([4n, 5n], [4n, 6n])).to.equal("schedule");
    expect(faultOf([2n, 5n], [4n, 4n])).to.equal("schedule");
    expect(faultOf([4n, 0n])).to.equal("bounds");
    expect(faultOf([4n, (1n << 56n) - 1n])).to.equal("bounds");
    expect(faultOf([1n << 40n, 8n])).to.equal("bounds");
    expect(faultOf([(1n << 40n) - 1n, (1n << 56n) - 2n])).to.equal(null);
    const fits = (quantity: bigint, capDays: bigint) => fitsState({ schedules: [[{ quantity, money: 8n }]], capDays });
    expect([fits(1n << 39n, 32n), fits(1n << 39n, 33n)]).to.deep.equal([true, false]);
  });
});

/** "5:49 10:100" is 49 for 5, 100 for 10. */
function scheduleOf(text: string): Point[] {
  return text.split(" ").map((point) => {
    const [quantity = 0n, money = 0n] = point.split(":").map(BigInt);
    return { quantity, money };
  });
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
