// Which way each condition of a contract went. Hardhat tells which statements ran; this tells of every `if`, conditional,
// and operand of && and || whether it was ever true and ever false.
import { createHash } from "node:crypto";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { tryCompile } from "../solidity/compile.ts";
import { childrenOf, type Node, rangeOf } from "../solidity/syntax.ts";

/** A condition in a contract. Its tag is sent when it was true, the next one when it was false. */
export interface Branch {
  file: string;
  line: number;
  within: string;
  text: string;
  tag: bigint;
}

/** What instrumented sources import: Hardhat's runner notes calls to its address, and they change nothing. */
export const LIBRARY = {
  name: "__FactoryChainBranches.sol",
  content: `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

function __send(bool condition, uint256 tag) view returns (bool) {
    assembly ("memory-safe") {
        let data := mload(0x40)
        mstore(data, add(tag, iszero(condition)))
        pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, data, 32, 0, 0))
    }
    return condition;
}

function __pure(function(bool, uint256) view returns (bool) given)
    pure
    returns (function(bool, uint256) pure returns (bool) result)
{
    assembly {
        result := given
    }
}

function __branch(bool condition, uint256 tag) pure returns (bool) {
    return __pure(__send)(condition, tag);
}
`,
};

const LOGICAL = new Set(["&&", "||"]);

/** A source in which every condition says which way it went. Lines stay where they are. */
export function instrument({ file, source }: { file: string; source: string }): { source: string; branches: Branch[] } {
  const content = Buffer.from(source);
  const text = (from: number, to: number): string => content.subarray(from, to).toString();
  const found = conditionsIn(astOf({ file, source })).sort((left, right) => left.from - right.from);
  const branches = found.map(({ from, to, within }, index) => ({
    file,
    line: text(0, from).split("\n").length,
    within,
    text: text(from, to).replace(/\s+/g, " "),
    tag: tagOf(file, index),
  }));
  // Conditions may lie within one another: what begins later ends first.
  const insertions = found.flatMap(({ from, to }, index) => [
    { at: from, order: index, added: "__branch(" },
    { at: to, order: -index - 1, added: `, ${branches[index]?.tag})` },
  ]);
  insertions.sort((left, right) => left.at - right.at || left.order - right.order);
  const parts = insertions.map(({ at, added }, i) => text(insertions[i - 1]?.at ?? 0, at) + added);
  const rest = text(insertions.at(-1)?.at ?? 0, content.length);
  return { source: `${parts.join("")}${rest}\nimport {__branch} from "${LIBRARY.name}";\n`, branches };
}

interface Found {
  from: number;
  to: number;
  within: string;
}

function conditionsIn(node: Node, within = ""): Found[] {
  const name = node.nodeType === "FunctionDefinition" ? (node["name"] as string) || (node["kind"] as string) : within;
  const own = decidersOf(node).map((one) => ({ ...rangeOf(one), within: name }));
  return [...own, ...childrenOf(node).flatMap((child) => conditionsIn(child, name))];
}

/** What a node decides by. */
function decidersOf(node: Node): Node[] {
  if (node.nodeType === "IfStatement" || node.nodeType === "Conditional") return simpleOnes(node["condition"] as Node);
  if (!isLogical(node)) return [];
  return [...simpleOnes(node["leftExpression"] as Node), ...simpleOnes(node["rightExpression"] as Node)];
}

/** The conditions that make up one; operands of && and || are found when the walk comes to them. */
function simpleOnes(node: Node): Node[] {
  const [only, second] = (node["components"] as Node[] | undefined) ?? [];
  if (node.nodeType === "TupleExpression" && only && !second) return simpleOnes(only);
  if (node.nodeType === "UnaryOperation") return simpleOnes(node["subExpression"] as Node);
  if (node.nodeType === "Conditional") {
    return [...simpleOnes(node["trueExpression"] as Node), ...simpleOnes(node["falseExpression"] as Node)];
  }
  return isLogical(node) ? [] : [node];
}

function isLogical(node: Node): boolean {
  return node.nodeType === "BinaryOperation" && LOGICAL.has(node["operator"] as string);
}

function astOf({ file, source }: { file: string; source: string }): Node {
  const settings = { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } };
  const ast = tryCompile({ sources: { [file]: source }, settings }).sources[file]?.ast;
  if (ast === undefined) throw new FactoryChainError("COVERAGE_SOURCE", `${file} cannot be parsed.`);
  return ast;
}

/** Even, so that the next one is free. */
function tagOf(file: string, index: number): bigint {
  const digest = createHash("sha256").update(`${file} ${index}`).digest("hex");
  return BigInt(`0x${digest}`) & ~1n;
}
