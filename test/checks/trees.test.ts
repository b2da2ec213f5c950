import { expect } from "chai";
import { errors } from "../../scripts/checks/errors.ts";
import { trees } from "../../scripts/checks/trees.ts";
import { findingsOf } from "./memoryTree.ts";

const TREE = `pay
├── when the amount is zero
│   └── it should revert
├── given the order is not open
│   └── it should revert
└── given the order is open, whoever calls
    ├── it should pay
    └── when the payee is a wallet: ERC-1271
        └── it should ask the wallet
`;
const NAMES = [
  "test_RevertWhen_TheAmountIsZero",
  "test_RevertGiven_TheOrderIsNotOpen",
  "testFuzz_GivenTheOrderIsOpen",
  "test_GivenTheOrderIsOpen_WhenThePayeeIsAWallet",
];

const source = (names: string[]) => names.map((name) => `    function ${name}() external {}\n`).join("");
const compared = (names: string[], tree = TREE) =>
  findingsOf(trees, { "test/a/pay.tree": tree, "test/a/pay.t.sol": source(names) }).map(
    ({ file, what }) => `${file} ${what}`,
  );

describe("trees of tests", () => {
  it("is content when each case has a test and each test a case", () => {
    expect(compared(NAMES)).deep.equals([]);
    expect(compared([...NAMES.slice(0, 3), "test_WhenAWallet"])).deep.equals([]); // words may be left out
    expect(compared([...NAMES, "test_GivenTheOrderIsOpen_Twice"])).deep.equals([]); // a second test of a case
  });

  it("finds a case without a test, and all of them when there are no tests", () => {
    expect(compared(NAMES.slice(1))).deep.equals(["test/a/pay.tree:2 no test for: when the amount is zero"]);
    expect(findingsOf(trees, { "test/a/pay.tree": TREE })).length(4);
  });

  it("finds a test without a case", () => {
    expect(compared([...NAMES, "test_WhenThePayeeIsZero"])).deep.equals([
      "test/a/pay.t.sol test_WhenThePayeeIsZero has no case",
    ]);
    expect(compared([...NAMES, "test_IsOpen"])[0]).contains("has no case"); // no condition, and none is otherwise
  });

  it("lets no test leave out a not", () => {
    const [first = "", , third = "", fourth = ""] = NAMES;
    expect(compared([first, "test_RevertGiven_TheOrderIsOpen", third, fourth])).deep.equals([
      "test/a/pay.tree:4 no test for: given the order is not open",
      "test/a/pay.t.sol test_RevertGiven_TheOrderIsOpen says Revert, its case does not (given the order is open, whoever calls)",
    ]);
  });

  it("finds a test that keeps to itself that its case reverts", () => {
    expect(compared([...NAMES, "test_WhenTheAmountIsZero"])[0]).contains("does not say Revert, its case does");
  });

  it("reads arrows, and tests of a function's other cases", () => {
    const tree = "pay.t.sol\n└── pay\n    ├── when the amount is zero → AmountZero\n    └── otherwise → paid\n";
    expect(compared(["test_pay_whenAmountIsZero", "test_pay"], tree)).deep.equals([]);
    expect(compared(["test_pay_whenAmountIsZero"], tree)).deep.equals(["test/a/pay.tree:4 no test for: otherwise"]);
  });

  it("asks for a tree of each function that changes state", () => {
    const declared =
      "interface IOrders {\n    function pay(\n        uint256 amount\n    ) external returns (uint256);\n    function paid() external view returns (uint256);\n    function refund() external;\n}\n";
    const found = findingsOf(trees, {
      "contracts/settlement/IOrders.sol": declared,
      "contracts/settlement/Orders.sol": declared.replace("refund", "close"),
      "test/a/pay.tree": TREE,
      "test/a/pay.t.sol": source(NAMES),
    });
    expect(found.map(({ what }) => what)).deep.equals(["refund has no tree"]);
  });
});

describe("errors in tests", () => {
  const found = (test: string, error = "error Refused(address payee);") =>
    findingsOf(errors, {
      "contracts/settlement/IOrders.sol": `interface IOrders {\n    ${error}\n}\n`,
      "contracts/identity/IOther.sol": "interface IOther {\n    error Elsewhere();\n}\n",
      "test/a/pay.t.sol": test,
    }).map(({ what }) => what);
  const missing = ["no test expects Refused with its arguments"];

  it("wants an error's arguments where it has some", () => {
    expect(found("vm.expectRevert(abi.encodeWithSelector(IOrders.Refused.selector, payee));")).deep.equals([]);
    expect(
      found("bytes4 refused = IOrders.Refused.selector;\nabi.encodeWithSelector(\n    refused,\n    payee);"),
    ).deep.equals([]);
    expect(found("vm.expectRevert(IOrders.Refused.selector);")).deep.equals(missing);
    expect(found("// abi.encodeWithSelector(IOrders.Refused.selector, payee)")).deep.equals(missing);
    expect(found("abi.encodeWithSelector(IOrders.NotRefused.selector, payee)")).deep.equals(missing);
  });

  it("wants the name of one that has none", () => {
    expect(found("vm.expectRevert(IOrders.Refused.selector);", "error Refused();")).deep.equals([]);
    expect(found("abi.encodeWithSelector(IOrders.Refused.selector)", "error Refused();")).deep.equals([]);
    expect(found("", "error Refused();")).deep.equals(missing);
  });
});
