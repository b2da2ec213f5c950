import { expect } from "chai";
import { memo } from "../../src/lib/memo.ts";

describe("a function that keeps its answers", () => {
  it("makes each once, until it is full", () => {
    const made: bigint[] = [];
    const double = memo(2, (key: bigint) => {
      made.push(key);
      return 2n * key;
    });
    expect([1n, 2n, 1n, 2n].map(double)).to.deep.equal([2n, 4n, 2n, 4n]);
    expect(made).to.deep.equal([1n, 2n]);
    expect([3n, 3n, 1n].map(double)).to.deep.equal([6n, 6n, 2n]);
    expect(made).to.deep.equal([1n, 2n, 3n, 1n]);
  });

  it("tells arguments apart by their names", () => {
    let made = 0;
    const first = memo(
      2,
      ({ text }: { text: string }) => `${text}${String(++made)}`,
      ({ text }) => text,
    );
    expect(["a", "b", "a"].map((text) => first({ text }))).to.deep.equal(["a1", "b2", "a1"]);
  });

  it("keeps no failure", () => {
    let fails = true;
    const once = memo(2, (key: string) => {
      if (fails) throw new Error(key);
      return key;
    });
    expect(() => once("a")).to.throw("a");
    fails = false;
    expect(once("a")).to.equal("a");
  });
});
