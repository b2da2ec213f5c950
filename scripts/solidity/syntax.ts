// As much of solc's syntax tree as our tools read.

/** A node of the syntax tree. `src` is "offset:length:file", in bytes. */
export interface Node {
  nodeType: string;
  src: string;
  [key: string]: unknown;
}

/** Where a node stands in its file, in bytes: from the first to the one after the last. */
export function rangeOf(node: Node): { from: number; to: number } {
  const [from = 0, length = 0] = node.src.split(":").map(Number);
  return { from, to: from + length };
}

/** The nodes right below a node, in the order of the source. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode)
    .sort((left, right) => rangeOf(left).from - rangeOf(right).from);
}

/** A node and all below it. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** A node's text, with all of the file around it. */
export function textOf({ node, file }: { node: Node; file: Buffer }): string {
  const { from, to } = rangeOf(node);
  return file.subarray(from, to).toString();
}
