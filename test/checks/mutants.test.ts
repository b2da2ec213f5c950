import { expect } from "chai";
import { judge } from "../../scripts/analyze/reasons.ts";
import { slots } from "../../scripts/mutate/sample.ts";
import { withDeployments } from "../../scripts/mutate/workspace.ts";

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

  it("deploys mutants in place of contracts, whatever brackets the arguments have", () => {
    const deployed = (source: string) => withDeployments({ source, names: ["Escrow"], file: "x.t.sol" });
    expect(deployed("e = new Escrow(f(1), (2)); new Token();")).equals(
      'e = Escrow(deployMutant("Escrow", abi.encode(f(1), (2)))); new Token();',
    );
    expect(() => deployed("new Escrow({token: t})")).throws("cannot be followed");
  });

  it("spreads mutants evenly, the same for the same seed", () => {
    const all = Array.from({ length: 100 }, (_, i) => i);
    const chosen = slots({ all, count: 10, seed: 3 });
    expect(chosen).deep.equals(slots({ all, count: 10, seed: 3 }));
    expect(chosen).not.deep.equals(slots({ all, count: 10, seed: 4 }));
    expect(chosen.map((slot) => Math.floor(slot[0]! / 10))).deep.equals([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
