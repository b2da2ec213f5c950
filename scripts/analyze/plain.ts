// Slither does not see what assembly calls, reads or writes. So that it sees the reentrancy that this allows, it also gets
// the sources with plain Solidity in place of every assembly block, for analysis only: same lines, same meaning.
import { FactoryChainError } from "../../src/lib/errors.ts";
import type { Sources } from "../solidity/compile.ts";
import { nodesOf, type Node, rangeOf } from "../solidity/syntax.ts";

/** A function with assembly, and what the assembly does in plain Solidity. */
interface PlainForm {
  file: string;
  name: string; // of the function; "" is the fallback
  code: string; // it names all that the assembly reads, so that none of it seems unused
}

const SAFE_ERC20 = "node_modules/@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
const SETTLEMENT = "contracts/settlement";

const PLAIN_FORMS: PlainForm[] = [
  { file: SAFE_ERC20, name: "_safeTransfer", code: "selector; bubble; success = token.transfer(to, value);" },
  {
    file: SAFE_ERC20,
    name: "_safeTransferFrom",
    code: "selector; bubble; success = token.transferFrom(from, to, value);",
  },
  { file: SAFE_ERC20, name: "_safeApprove", code: "selector; bubble; success = token.approve(spender, value);" },
  {
    file: `${SETTLEMENT}/TokenPush.sol`,
    name: "tryTransfer",
    code: "selector; moved = token.transfer{gas: gasLimit}(to, amount);",
  },
  {
    file: `${SETTLEMENT}/Continued.sol`,
    name: "",
    code: "(bool success, ) = code.delegatecall(msg.data); if (!success) revert();", // what it answers goes to nobody here
  },
  {
    file: `${SETTLEMENT}/OrderWord.sol`,
    name: "loadWord",
    code: `word = OrderWord.wrap(
      uint256(order.status) | (uint256(order.flags) << 8) | (uint256(order.seq) << 16) | (uint256(order.earned) << 48) |
      (uint256(order.paid) << 104) | (uint256(order.delivered) << 160) | (uint256(order.late) << 208)
    );`,
  },
  {
    file: `${SETTLEMENT}/OrderWord.sol`,
    name: "storeWord",
    code: `uint256 bits = OrderWord.unwrap(word);
      (order.status, order.flags, order.seq) = (Status(uint8(bits)), uint8(bits >> 8), uint32(bits >> 16));
      (order.earned, order.paid) = (uint56(bits >> 48), uint56(bits >> 104));
      (order.delivered, order.late) = (uint48(bits >> 160), uint48(bits >> 208));`,
  },
  {
    file: `${SETTLEMENT}/OrderBatch.sol`,
    name: "batchOrderAt",
    code: `uint256 word = uint256(bytes32(orders[from + 20:from + 52]));
      supplier = address(bytes20(orders[from:from + 20]));
      clauses = Clauses.wrap((word & ~LINES_MASK) | PLAIN_CLAUSES);
      conditions = bytes32(orders[from + 52:from + 84]);
      next = from + BATCH_HEAD + POINT_BYTES * (word & LINES_MASK);
      lines = orders[from + BATCH_HEAD:next];`,
  },
  {
    file: `${SETTLEMENT}/OrderTerms.sol`,
    name: "digestTerms",
    code: `bytes32 terms = keccak256(abi.encode(typehash, supplier, clauses, keccak256(lines), agreement));
      id = keccak256(abi.encodePacked(hex"1901", domain, terms));`,
  },
  {
    file: `${SETTLEMENT}/OrderTerms.sol`,
    name: "hashAgreement",
    code: "agreement = keccak256(abi.encode(typehash, buyer, conditions));",
  },
  {
    file: `${SETTLEMENT}/Claim.sol`,
    name: "hashClaims",
    code: "hash = uint224(uint256(keccak256(abi.encodePacked(list))));",
  },
  {
    file: `${SETTLEMENT}/Claim.sol`,
    name: "hashGiven",
    code: "hash = uint224(uint256(keccak256(abi.encodePacked(list))));",
  },
  {
    file: `${SETTLEMENT}/Payouts.sol`,
    name: "trimmed",
    code: `list = new Payment[](count); for (uint256 i = 0; i < count; ++i) list[i] = self.list[i];`,
  },
  {
    file: `${SETTLEMENT}/OrderBook.sol`,
    name: "_payOwners",
    code: `Payment[] memory all = payments; payments = new Payment[](count);
      for (uint256 i = 0; i < count; ++i) payments[i] = all[i];`,
  },
  {
    file: `${SETTLEMENT}/Schedule.sol`,
    name: "lineAt",
    code: `uint256 start = index * POINT_BYTES;
      quantity = uint40(bytes5(schedules[start:start + 5])); money = uint56(bytes7(schedules[start + 5:start + 12]));`,
  },
  {
    file: "contracts/oracle/PackedMembers.sol",
    name: "memberAt",
    code: "member = address(bytes20(members[index * ADDRESS_BYTES:(index + 1) * ADDRESS_BYTES]));",
  },
];

/** The sources with plain forms in place of assembly. Throws when assembly of ours has none. */
export function plainSources({ sources, asts }: { sources: Sources; asts: Record<string, Node> }): Sources {
  const plain = { ...sources };
  for (const [file, ast] of Object.entries(asts)) {
    const forms = PLAIN_FORMS.filter((form) => form.file === file);
    const ours = file.startsWith("contracts/");
    if (!ours && forms.length === 0) continue;
    const found = assemblyIn(ast);
    const missing = found.find(({ name }) => ours && !forms.some((form) => form.name === name));
    if (missing) throw withoutForm(file, missing.name);
    const blocks = forms.map((form) => ({ ...form, blocks: found.filter(({ name }) => name === form.name) }));
    const unknown = blocks.find((form) => form.blocks.length !== 1);
    if (unknown) throw withoutAssembly(unknown, unknown.blocks.length);
    plain[file] = blocks
      .map(({ code, blocks: [block] }) => ({ code, ...rangeOf((block as Block).node) }))
      .sort((left, right) => right.from - left.from) // from the end, so that what is before stays where it is
      .reduce(replaceBlock, Buffer.from(sources[file] ?? ""))
      .toString();
  }
  const unread = PLAIN_FORMS.find(({ file }) => file.startsWith("contracts/") && asts[file] === undefined);
  if (unread) throw withoutAssembly(unread, 0);
  return plain;
}

interface Block {
  name: string;
  node: Node;
}

function assemblyIn(ast: Node): Block[] {
  const functions = [...nodesOf(ast)].filter(({ nodeType }) => nodeType === "FunctionDefinition");
  return functions.flatMap((node) =>
    [...nodesOf(node)]
      .filter(({ nodeType }) => nodeType === "InlineAssembly")
      .map((block) => ({ name: node["name"] as string, node: block })),
  );
}

/** Keeps the number of lines, so that every finding stays where it is. */
function replaceBlock(file: Buffer, { code, from, to }: { code: string; from: number; to: number }): Buffer {
  const lines = file.subarray(from, to).toString().split("\n").length - 1;
  const plain = `{ ${code.replace(/\s+/g, " ")}${"\n".repeat(lines)}}`;
  return Buffer.concat([file.subarray(0, from), Buffer.from(plain), file.subarray(to)]);
}

function withoutForm(file: string, name: string): FactoryChainError {
  return new FactoryChainError("PLAIN_FORM_MISSING", `${file}: ${name || "the fallback"} has assembly.`, {
    advice: "Say in scripts/analyze/plain.ts what it does in plain Solidity, so that Slither sees it.",
  });
}

function withoutAssembly({ file, name }: PlainForm, found: number): FactoryChainError {
  return new FactoryChainError(
    "PLAIN_FORM_UNKNOWN",
    `${file}: ${name || "the fallback"} has ${found} assembly blocks, not one.`,
    { advice: "Correct scripts/analyze/plain.ts: it says what functions with assembly do in plain Solidity." },
  );
}
