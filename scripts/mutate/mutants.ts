// Small changes of a source, each of which some test should notice.
import { childrenOf, isNode, type Node, rangeOf } from "../solidity/syntax.ts";

/** One change: the bytes from `from` to `to` become `after`. */
export interface Mutant {
  file: string;
  within: string; // function, or what else is declared at the top
  line: number;
  from: number;
  to: number;
  before: string;
  after: string;
  kind: string;
  /** The expression or statement around the change, where code can choose between it and its mutant as it runs. */
  switchable?: Switchable;
}

export interface Switchable {
  from: number;
  to: number;
  is: "expression" | "statement";
}

const COMPARISONS: Record<string, string> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==" };
const OPERATORS: Record<string, string> = {
  ...{ "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "+=": "-=", "-=": "+=" },
  ...{ "&&": "||", "||": "&&", "&": "|", "|": "&", "<<": ">>", ">>": "<<" },
};
const ORDERED = new Set(["-", "/", "%", "<<", ">>"]); // operators whose operands cannot change places
const STEPS: Record<string, string> = { "++": "--", "--": "++" };
const YUL: Record<string, string> = {
  ...{ add: "sub", sub: "add", mul: "div", div: "mul", and: "or", or: "and", shl: "shr", shr: "shl" },
  ...{ lt: "gt", gt: "lt", eq: "lt" },
};
const STATEMENTS = new Set(["ExpressionStatement", "EmitStatement", "RevertStatement", "Continue", "Break"]);
const SEMICOLON = ";".charCodeAt(0);
const DECLARATIONS = new Set(["FunctionDefinition", "ModifierDefinition", "VariableDeclaration"]);

/** All mutants of a file, in the order of the source. */
export function mutantsOf({ file, content, ast }: { file: string; content: Buffer; ast: Node }): Mutant[] {
  const text = (from: number, to: number): string => content.subarray(from, to).toString();
  const mutants: Mutant[] = [];

  const visit = (node: Node, within: string, parent: Node | null, constant = false): void => {
    const fixed = constant || node["constant"] === true;
    const name = DECLARATIONS.has(node.nodeType) && within === "" ? nameOf(node) : within;
    for (const { from, to, after, kind } of changesOf(node, text)) {
      const before = text(from, to);
      const line = text(0, from).split("\n").length;
      const switchable = fixed ? undefined : switchableOf(node, { kind, parent, content });
      const place = { file, within: name, line, from, to, before: before.trim(), after, kind };
      mutants.push(switchable === undefined ? place : { ...place, switchable });
    }
    for (const child of childrenOf(node)) visit(child, name, node, fixed);
  };
  visit(ast, "", null);
  return mutants.sort((left, right) => left.from - right.from || left.kind.localeCompare(right.kind));
}

/** Not assembly and modifiers; nor numbers that are shifted or converted, which would get a type of their own. */
function switchableOf(
  node: Node,
  { kind, parent, content }: { kind: string; parent: Node | null; content: Buffer },
): Switchable | undefined {
  if (node.nodeType.startsWith("Yul") || node.nodeType === "ModifierInvocation") return undefined;
  if (kind === "statement dropped") {
    const { from, to } = rangeOf(node);
    return content[to] === SEMICOLON ? { from, to: to + 1, is: "statement" } : undefined; // else in the head of a loop
  }
  if (node.nodeType === "Literal" && (parent?.["operator"] === "<<" || parent?.["kind"] === "typeConversion")) return;
  const condition = node["condition"];
  const whole = kind === "condition forced" && isNode(condition) ? condition : node;
  return { ...rangeOf(whole), is: "expression" };
}

type Change = Pick<Mutant, "from" | "to" | "after" | "kind">;
type Text = (from: number, to: number) => string;

function changesOf(node: Node, text: Text): Change[] {
  const whole = rangeOf(node);
  switch (node.nodeType) {
    case "BinaryOperation":
      return operation(node, ["leftExpression", "rightExpression"], text);
    case "Assignment":
      return node["operator"] === "=" ? [] : operation(node, ["leftHandSide", "rightHandSide"], text);
    case "UnaryOperation":
      return step(node, text);
    case "IfStatement":
    case "Conditional":
      return forced(node, ["true", "false"]);
    case "ForStatement":
    case "WhileStatement":
      return forced(node, ["false"]);
    case "ModifierInvocation":
      return node["kind"] === "modifierInvocation" ? [{ ...whole, after: "", kind: "modifier dropped" }] : [];
    case "Literal":
      return node["kind"] === "number"
        ? [{ ...whole, after: `(${text(whole.from, whole.to)} + 1)`, kind: "constant changed" }]
        : [];
    case "YulLiteral":
      return node["kind"] === "number"
        ? [{ ...whole, after: String(BigInt(node["value"] as string) + 1n), kind: "constant changed" }]
        : [];
    case "YulFunctionCall":
      return renamed(node["functionName"] as Node);
    default:
      return STATEMENTS.has(node.nodeType) ? [{ ...whole, after: "true", kind: "statement dropped" }] : [];
  }
}

/** The operator stands between its operands, and nothing else does but space and comments. */
function operation(node: Node, [left, right]: [string, string], text: Text): Change[] {
  const [first, second] = [rangeOf(node[left] as Node), rangeOf(node[right] as Node)];
  const operator = node["operator"] as string;
  const between = text(first.to, second.from);
  const at = first.to + Buffer.byteLength(between.slice(0, between.indexOf(operator)));
  const place = { from: at, to: at + operator.length };
  const other = COMPARISONS[operator] ?? OPERATORS[operator];
  const kind = operator in COMPARISONS ? "comparison flipped" : "operator changed";
  const swapped = `${text(second.from, second.to)}${between}${text(first.from, first.to)}`;
  return [
    ...(other === undefined ? [] : [{ ...place, after: other, kind }]),
    ...(ORDERED.has(operator) ? [{ ...rangeOf(node), after: swapped, kind: "operands swapped" }] : []),
  ];
}

function step(node: Node, text: Text): Change[] {
  const operator = node["operator"] as string;
  const { from, to } = rangeOf(node);
  if (operator === "!") return [{ from, to: from + 1, after: "", kind: "negation dropped" }];
  const other = STEPS[operator];
  if (other === undefined) return [];
  return [{ from, to, after: text(from, to).replace(operator, other), kind: "operator changed" }];
}

function forced(node: Node, values: string[]): Change[] {
  const condition = node["condition"];
  if (!isNode(condition)) return [];
  return values.map((after) => ({ ...rangeOf(condition), after, kind: "condition forced" }));
}

function renamed(functionName: Node): Change[] {
  const after = YUL[functionName["name"] as string];
  return after === undefined ? [] : [{ ...rangeOf(functionName), after, kind: "operator changed" }];
}

function nameOf(node: Node): string {
  return (node["name"] as string) || (node["kind"] as string);
}
