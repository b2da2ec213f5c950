// Slither does not see calls made in assembly. So that it sees the reentrancy that they allow, it also gets the sources
// with these functions in plain Solidity, for analysis only: same lines, same meaning towards the caller.
import { FactoryChainError } from "../../src/lib/errors.ts";
import { nodesOf, type Node, rangeOf } from "../solidity/syntax.ts";
import type { Sources } from "../solidity/compile.ts";

/** A function that calls in assembly, and what it does in plain Solidity; null with the reason why it has no such form. */
interface PlainForm {
  file: string;
  name: string;
  body: string | null;
  reason?: string;
}

const SAFE_ERC20 = "node_modules/@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

export const PLAIN_FORMS: PlainForm[] = [
  { file: SAFE_ERC20, name: "_safeTransfer", body: "bubble; return token.transfer(to, value);" },
  { file: SAFE_ERC20, name: "_safeTransferFrom", body: "bubble; return token.transferFrom(from, to, value);" },
  { file: SAFE_ERC20, name: "_safeApprove", body: "bubble; return token.approve(spender, value);" },
  {
    file: "contracts/settlement/TokenPush.sol",
    name: "tryTransfer",
    body: "gasLimit; moved = token.transfer(to, amount);",
  },
];

const CALLS = new Set(["call", "callcode", "delegatecall", "staticcall"]);

/** The sources with plain forms in place of assembly. Throws when one of our functions calls in assembly and has none. */
export function plainSources({ sources, asts }: { sources: Sources; asts: Record<string, Node> }): Sources {
  const plain = { ...sources };
  for (const form of PLAIN_FORMS) {
    const { file, name, body } = form;
    const content = plain[file];
    if (content === undefined && file === SAFE_ERC20) continue; // nobody imports it
    const found = functionsOf(asts[file]).filter((node) => node["name"] === name);
    if (content === undefined || found.length !== 1) throw unknownFunction(form, found.length);
    if (body !== null)
      plain[file] = replaceBody({ content, node: found[0] as Node, body, before: sources[file] ?? "" });
  }
  for (const [file, ast] of Object.entries(asts)) if (file.startsWith("contracts/")) checkCalls(file, ast);
  return plain;
}

/** Puts a body in place of another and keeps the number of lines, so that every finding stays where it is. */
function replaceBody(p: { content: string; node: Node; body: string; before: string }): string {
  const block = p.node["body"] as Node;
  const { from, to } = rangeOf(block);
  const old = Buffer.from(p.before).subarray(from, to).toString();
  const lines = old.split("\n").length - 1;
  return p.content.replace(old, () => `{ ${p.body}${"\n".repeat(lines)}}`);
}

function checkCalls(file: string, ast: Node): void {
  for (const node of functionsOf(ast)) {
    const name = node["name"] as string;
    if (!callsInAssembly(node) || PLAIN_FORMS.some((form) => form.file === file && form.name === name)) continue;
    throw new FactoryChainError("PLAIN_FORM_MISSING", `${file}: ${name || String(node["kind"])} calls in assembly.`, {
      advice: "Say in scripts/analyze/plain.ts what it does in plain Solidity, so that Slither sees the call.",
    });
  }
}

function callsInAssembly(node: Node): boolean {
  return [...nodesOf(node)].some(
    ({ nodeType, functionName }) =>
      nodeType === "YulFunctionCall" && CALLS.has((functionName as { name: string }).name),
  );
}

function functionsOf(ast: Node | undefined): Node[] {
  return ast === undefined ? [] : [...nodesOf(ast)].filter(({ nodeType }) => nodeType === "FunctionDefinition");
}

function unknownFunction({ file, name }: PlainForm, found: number): FactoryChainError {
  return new FactoryChainError("PLAIN_FORM_UNKNOWN", `${file} has ${found} functions ${name}, not one.`, {
    advice: "Correct scripts/analyze/plain.ts: it says what functions with assembly do in plain Solidity.",
  });
}
