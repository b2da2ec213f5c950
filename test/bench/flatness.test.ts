import { expect } from "chai";
import { flatnessOf } from "../../bench/flatness.ts";

const samples = (value: (at: number) => number) =>
  Array.from({ length: 121 }, (_, index) => ({ at: index * 5, value: value(index * 5) }));

describe("the flatness of memory", () => {
  it("lets a warm-up pass, noise, and what goes down", () => {
    const warm = flatnessOf(samples((at) => (at < 100 ? at * 10 : 1_000) + (at % 10)));
    expect([warm.flat, warm.second, warm.last]).to.deep.equal([true, 1_000, 1_000]);
    expect(flatnessOf(samples((at) => 2_000 - at)).flat).to.equal(true);
  });

  it("finds what rises by more than a tenth from one third to the next", () => {
    const leak = flatnessOf(samples((at) => 1_000 + at));
    expect(leak.flat).to.equal(false);
    expect(leak.slopePerHour).to.equal(3_600);
    expect(leak.max).to.equal(1_600);
    expect(flatnessOf(samples((at) => 1_000 + at / 4)).flat).to.equal(true);
  });
});
