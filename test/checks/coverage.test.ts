import { expect } from "chai";
import { instrument } from "../../scripts/coverage/branches.ts";
import { linesIn, missedSides } from "../../scripts/coverage/report.ts";

const FILE = "contracts/settlement/Pay.sol";
const SOURCE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

function pay(uint256 a, uint256 b, bool c) pure returns (uint256) {
    if (a == 1) return 1;
    if (!(a < b && c) ||
        (c ? a > 2 : b > 2)) return 2;
    return c ? a : b; // öäü: three bytes more than letters
}
`;

/** What was wrapped, without the tags. */
const wrapped = (source: string) =>
  instrument({ file: FILE, source })
    .source.replace(/, \d+\)/g, ")")
    .split("\n");

describe("branches for coverage", () => {
  it("wraps each condition, and of compound ones the parts, on its line", () => {
    expect(wrapped(SOURCE).slice(4, 8)).deep.equals([
      "    if (__branch(a == 1)) return 1;",
      "    if (!(__branch(a < b) && __branch(c)) ||",
      "        (__branch(c) ? __branch(a > 2) : __branch(b > 2))) return 2;",
      "    return __branch(c) ? a : b; // öäü: three bytes more than letters",
    ]);
    const { branches } = instrument({ file: FILE, source: SOURCE });
    expect(branches.map(({ line, text }) => `${line} ${text}`)).deep.equals([
      ...["5 a == 1", "6 a < b", "6 c", "7 c", "7 a > 2", "7 b > 2", "8 c"],
    ]);
    expect(new Set(branches.flatMap(({ tag }) => [tag, tag + 1n])).size).equals(14);
  });

  it("names each side that nobody took, and tells two alike apart", () => {
    const { branches } = instrument({ file: FILE, source: SOURCE });
    const hex = (tag: bigint) => tag.toString(16).padStart(64, "0");
    const all = branches.flatMap(({ tag }) => [hex(tag), hex(tag + 1n)]);
    const missed = (gone: string[]) =>
      missedSides({ branches, tags: new Set(all.filter((tag) => !gone.includes(tag))) }).map(({ key }) => key);
    expect(missed([])).deep.equals([]);
    expect(missed([all[0] ?? "", all[5] ?? "", all[13] ?? ""])).deep.equals([
      `${FILE} pay: a == 1 is never true`,
      `${FILE} pay: c is never false`,
      `${FILE} pay: c #3 is never false`,
    ]);
  });

  it("reads lines that ran and lines that did not", () => {
    const report = "TN:\nSF:a.sol\nDA:4,1\nDA:5,0\nLH:1\nLF:2\nend_of_record\nSF:b.sol\nDA:1,1\nend_of_record\n";
    expect([...linesIn(report)].map(([file, lines]) => [file, [...lines]])).deep.equals([
      [
        "a.sol",
        [
          [4, 1],
          [5, 0],
        ],
      ],
      ["b.sol", [[1, 1]]],
    ]);
  });
});
