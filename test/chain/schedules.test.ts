import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { id } from "ethers";
import {
  MILLION,
  amendTerms,
  changeLine,
  fundedBy,
  readLines,
  valueAt,
  writeLines,
} from "../../src/chain/schedules.ts";
import { OPTION_AMENDED, OPTION_DEVICES, linesToBytes, packClauses, unpackClauses } from "../../src/chain/terms.ts";

const CLAUSES = {
  due: 1,
  expiry: 2,
  retentionUntil: 0,
  grace: 0,
  penaltyRate: 0,
  capDays: 0,
  retention: 0,
  group: 1,
  points: 1,
  options: 0,
};
const points = fc
  .array(fc.tuple(fc.bigInt({ min: 1n, max: 1_000n }), fc.bigInt({ min: 0n, max: 10n ** 6n })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((steps) =>
    steps.reduce<{ quantity: bigint; total: bigint }[]>((list, [quantity, total]) => {
      const last = list.at(-1) ?? { quantity: 0n, total: 0n };
      return [...list, { quantity: last.quantity + quantity, total: last.total + total }];
    }, []),
  );

describe("price schedules", () => {
  it("come back from the lines of terms as they went in, behind the heads that the options ask for", () => {
    const head = fc.option(fc.constant(id("head")));
    fc.assert(
      fc.property(fc.array(points, { minLength: 1, maxLength: 4 }), head, head, (schedules, order, devices) => {
        const { lines, points } = writeLines({ order, devices, schedules });
        const options = (order === null ? 0 : OPTION_AMENDED) | (devices === null ? 0 : OPTION_DEVICES);
        const terms = { clauses: packClauses({ ...CLAUSES, points, options }), lines };
        expect(readLines(terms)).to.deep.equal({ order, devices, schedules });
        expect(fundedBy(terms)).to.equal(schedules.reduce((sum, one) => sum + (one.at(-1)?.total ?? 0n), 0n));
      }),
    );
  });

  it("refuse lines that are not whole", () => {
    const whole = linesToBytes([{ quantity: 1n, total: 1n }]);
    for (const [lines, points, options] of [
      ["0x", 1, 0],
      ["0x00", 1, 0],
      [whole, 2, 0],
      [whole, 0, 0],
      [whole, 1, OPTION_AMENDED],
      ["zz", 1, 0],
    ] as const) {
      expect(() => readLines({ clauses: packClauses({ ...CLAUSES, points, options }), lines }))
        .to.throw()
        .that.includes({ code: "terms-lines" });
    }
  });

  it("rise in straight lines, rounded down, and end at the total", () => {
    const schedule = [
      { quantity: 3n, total: 10n },
      { quantity: 5n, total: 10n },
      { quantity: 6n, total: 20n },
    ];
    const values = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((quantity) => valueAt(schedule, quantity * MILLION));
    expect(values).to.deep.equal([0n, 3n, 6n, 10n, 10n, 10n, 20n, 20n]);
    expect(valueAt(schedule, 5_500_000n)).to.equal(15n);
  });

  it("keep the value of what was delivered when a line is changed", () => {
    fc.assert(
      fc.property(points, fc.nat(1_000), fc.bigInt({ min: 1n, max: 9n }), (schedule, share, more) => {
        const ordered = schedule.at(-1)?.quantity ?? 0n;
        const kept = (ordered * BigInt(share)) / 1_000n;
        const changed = changeLine({ schedule, kept, quantity: kept + more, total: 10n ** 9n });
        for (let at = 0n; at < kept; at += 1n + kept / 7n) {
          // Cut inside a slope, the value at the cut is rounded down, and with it the slope before.
          const [was, is] = [valueAt(schedule, at * MILLION), valueAt(changed, at * MILLION)];
          expect(was - is <= 1n && was >= is).to.equal(true);
        }
        expect(valueAt(changed, kept * MILLION)).to.equal(valueAt(schedule, kept * MILLION));
        expect(changed.at(-1)).to.deep.equal({ quantity: kept + more, total: 10n ** 9n });
      }),
    );
  });

  it("keep the value of what is worth money, when that is less than what was delivered", () => {
    const schedule = [{ quantity: 3n, total: 5n }];
    // 2 of 3 are delivered, worth 3.33; 1.8 of them are worth money: 3.0. Rounding down the cut would make that 2.7.
    const change = { schedule, kept: 2n, quantity: 9n, total: 90n };
    expect(valueAt(changeLine({ ...change, good: 1_800_000n }), 1_800_000n)).to.equal(3n);
    expect(valueAt(changeLine(change), 1_800_000n)).to.equal(2n);
  });

  const termsOf = (points: { quantity: bigint; total: bigint }[]) => {
    const parties = { buyer: "0x01", supplier: "0x02" };
    return { ...parties, clauses: packClauses(CLAUSES), conditions: id("conditions"), lines: linesToBytes(points) };
  };

  it("are amended with the dates, and everything else stays", () => {
    const terms = termsOf([{ quantity: 10n, total: 100n }]);
    const next = amendTerms({ order: id("order"), terms, changes: { expiry: 9 } });
    expect(unpackClauses(next.clauses)).to.deep.equal({ ...CLAUSES, expiry: 9, options: OPTION_AMENDED });
    expect(readLines(next)).to.deep.equal({ ...readLines(terms), order: id("order") });
    const again = amendTerms({ order: id("order"), terms: next, changes: { due: 5 } });
    expect(readLines(again)).to.deep.equal(readLines(next));
  });

  it("are refused when they leave no room in a transaction that confirms a delivery", () => {
    const order = id("order");
    const terms = termsOf(Array.from({ length: 4_096 }, () => ({ quantity: 10n, total: 1_000n })));
    const cut = (at: bigint) => readLines(terms).schedules.map((one) => [{ quantity: at, total: at * 90n }, ...one]);
    const twoPoints = amendTerms({ order, terms, changes: { schedules: cut(5n) } });
    const three = readLines(twoPoints).schedules.map((one) => [{ quantity: 1n, total: 10n }, ...one]);
    expect(() => amendTerms({ order, terms: twoPoints, changes: { schedules: three } }))
      .to.throw("Lines of 147488 bytes leave no room to confirm a delivery.")
      .with.property("code", "terms-size");
  });
});
