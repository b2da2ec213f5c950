import { expect } from "chai";
import { judge } from "../../scripts/analyze/reasons.ts";
import { mutantsOf } from "../../scripts/mutate/mutants.ts";
import { slots } from "../../scripts/mutate/sample.ts";
import { switched, switchOn } from "../../scripts/mutate/switched.ts";
import { stagesFor } from "../../scripts/mutate/tests.ts";
import { compile } from "../../scripts/solidity/compile.ts";

const finding = { detector: "reentrancy", place: "Escrow.confirm", impact: "Medium", lines: "", text: "" };

describe("tools that judge the contracts", () => {
  it("lets a reason excuse its detector at its place only, and finds those that excuse nothing", () => {
    const reason = { detector: "reentrancy", place: "Escrow.confirm", reason: "guarded" };
    const other = { ...reason, place: "Escrow.refund" };
    expect(judge({ findings: [finding], reasons: [reason] })).deep.equals({ open: [], excused: [finding], stale: [] });
    expect(judge({ findings: [finding], reasons: [other] })).deep.equals({
      open: [finding],
      excused: [],
      stale: [other],
    });
  });

  it("asks the tests first that most likely notice a mutant, and all of them in the end", () => {
    const [cancel, amended, rule, random] = [
      "test/settlement/cancel.t.sol",
      "test/settlement/amended.t.sol",
      "test/settlement/rule.t.sol",
      "test/invariant/Escrow.t.sol",
    ];
    const tests = [cancel, amended, rule, random];
    const stages = (file: string) => stagesFor({ file, tests });
    expect(stages("contracts/settlement/OrderAgreements.sol")).deep.equals([[cancel, amended], [rule], [random]]);
    expect(stages("contracts/settlement/OrderBook.sol")).deep.equals([[cancel, amended, rule], [random]]);
  });

  it("puts mutants behind switches that leave the contract as it is", () => {
    const file = "contracts/settlement/Pay.sol";
    const sources = {
      [file]: `pragma solidity 0.8.37;
uint256 constant MOST = 2 + 3;
function pay(uint256 a, uint8 b) pure returns (uint256 c) {
    if (a < MOST) c = a + b; else c = 1 << a;
    for (; b > 0; ) { --b; c += 1; }
    return uint256(bytes32(0)) + c;
}
`,
    };
    const ast = compile({ sources, settings: { outputSelection: { "*": { "": ["ast"] } } } }).sources[file]?.ast;
    const mutants = mutantsOf({ file, content: Buffer.from(sources[file] ?? ""), ast: ast! });
    const { sources: behind, numbers } = switched({ sources, mutants });
    const told = [...numbers.keys()].map(({ before, after, kind }) => `${kind}: ${before} -> ${after}`);
    expect(told).includes("comparison flipped: < -> <=");
    expect(told).includes("statement dropped: c = a + b -> true");
    expect(told).includes("operator changed: --b -> ++b");
    expect(told.filter((one) => one.startsWith("constant changed: ") && !one.includes("1 ->"))).deep.equals([
      "constant changed: 0 -> (0 + 1)",
    ]);
    const text = behind[file]?.replace(/__mutant\(\d+\)/g, "M") ?? "";
    expect(text).includes("uint256 constant MOST = 2 + 3;");
    expect(text).includes("else { if (!M) c = (M ? (a << 1) : M ? (1 >> a) : (1 << a)); }");
    const on = "4d7574616e74207468617420697320737769746368656420206f6e2068657265";
    expect(switchOn({ code: `0x60${on}7f${on}00`, number: 255 })).equals(
      `0x60${"ff".padStart(64, "0")}7f${"ff".padStart(64, "0")}00`,
    );
  });

  it("spreads mutants evenly, the same for the same seed", () => {
    const all = Array.from({ length: 100 }, (_, i) => i);
    const chosen = slots({ all, count: 10, seed: 3 });
    expect(chosen).deep.equals(slots({ all, count: 10, seed: 3 }));
    expect(chosen).not.deep.equals(slots({ all, count: 10, seed: 4 }));
    expect(chosen.map((slot) => Math.floor(slot[0]! / 10))).deep.equals([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
