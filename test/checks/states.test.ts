import { expect } from "chai";
import { readFileSync, readdirSync } from "node:fs";
import { functionsOf } from "../../scripts/checks/solidity.ts";
import { arrivals, arrowsOf, listed } from "./stateArrows.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const sourcesIn = (folder: string) =>
  readdirSync(new URL(`../../${folder}/`, import.meta.url))
    .filter((name) => name.endsWith(".sol"))
    .map((name) => read(`${folder}/${name}`));

describe("state diagrams", () => {
  const arrows = arrowsOf({ document: read("docs/operations/states.md") });
  const tests = read("test/settlement/states.t.sol");

  it("show every state that a contract function can bring about, and no other", () => {
    const sources = [...sourcesIn("contracts/settlement"), ...sourcesIn("contracts/oracle")];
    expect(listed(arrows)).to.deep.equal(listed(arrivals({ sources })));
  });

  it("name functions of the escrow that change something", () => {
    const { abi } = JSON.parse(read("artifacts/contracts/settlement/ISupplierEscrow.sol/ISupplierEscrow.json")) as {
      abi: { type: string; name?: string; stateMutability?: string }[];
    };
    const changing = abi.filter(({ type, stateMutability }) => type === "function" && stateMutability === "nonpayable");
    expect(changing.map(({ name }) => name)).to.include.members(arrows.map((arrow) => arrow.function));
  });

  it("show the states that the contracts have", () => {
    for (const [machine, name] of [
      ["Order", "Status"],
      ["Lot", "LotStatus"],
    ] as const) {
      const [, members = ""] =
        new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(read("contracts/settlement/OrderState.sol")) ?? [];
      const declared = [...members.matchAll(/^\s*(\w+)/gm)].map(([, member]) => member);
      const shown = arrows.filter((arrow) => arrow.machine === machine).flatMap(({ from, to }) => [from, to]);
      expect([...new Set(shown)]).to.have.members(declared);
    }
  });

  it("have a Solidity test for each arrow, and no arrow is missing for one", () => {
    const named = arrows.map((arrow) => `test_${arrow.machine}_${arrow.from}_${arrow.function}_${arrow.to}`);
    const written = functionsOf(tests).map(({ name }) => name);
    expect(written.filter((name) => name.startsWith("test"))).to.deep.equal(named);
  });

  it("have tests that see the state before, call the function, and see the state after", () => {
    const lines = tests.split("\n");
    for (const { name, line, lines: length } of functionsOf(tests)) {
      const [kind, machine, from, called, to] = name.split("_");
      if (kind !== "test") continue;
      const body = lines.slice(line, line - 1 + length).join("\n");
      const states = [...body.matchAll(/_is(Order|Lot)\([^;]*?Status\.(\w+)\)/g)].map((match) => [match[1], match[2]]);
      expect(states, name).to.deep.equal([
        [machine, from],
        [machine, to],
      ]);
      const between = body.slice(body.indexOf("_is"), body.lastIndexOf("_is"));
      expect(between, name).to.match(new RegExp(`(escrow\\.|_)${called}\\(`));
    }
  });
});

describe("states in sources", () => {
  const contract = (body: string) => ({
    sources: [
      `contract C {
  function close(bytes32 id) external { _finish(id); }
  function _finish(bytes32 id) private { ${body} }
  function idle() external { idle(); }
}`,
    ],
  });

  it("are found behind calls", () => {
    expect(listed(arrivals(contract("_orders[id].status = Status.Closed;")))).to.deep.equal(["Order: close -> Closed"]);
    const word = "storeWord(_orders[id], word.withStatus(Status.Open)); order.status = Status.Ended;";
    expect(listed(arrivals(contract(word)))).to.deep.equal(["Order: close -> Open"]);
    const lots = "_turn(id, lot, goods, LotStatus.Rejected); delete _lots[id][lot];";
    expect(listed(arrivals(contract(lots)))).to.deep.equal(["Lot: close -> None", "Lot: close -> Rejected"]);
  });

  for (const write of [
    "_orders[id].status = next;",
    "_orders[id] = order;",
    "storeWord(_orders[id], word.withStatus(next));",
    "Order storage order = _orders[id]; order.status = Status.Closed;",
    "delete _orders[id];",
    "_lots[id][lot].status = LotStatus.Rejected;",
    "_lots[id][lot] = goods;",
    "_turn(id, lot, goods, status);",
  ]) {
    it(`are refused where nobody can read them: ${write}`, () => {
      expect(() => arrivals(contract(write))).to.throw("_finish writes a state in a way that the check cannot read");
    });
  }
});
