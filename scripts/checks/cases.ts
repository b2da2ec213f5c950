// How we read a .tree file: names of functions, below them conditions, below those what should happen.

/** A condition with what should happen right below it, or behind an arrow. */
export interface Case {
  line: number;
  text: string;
  /** The words of the function's name, and of each condition from the outside in. */
  path: string[][];
  /** How many words they are, each up to its first comma or colon. */
  length: number;
  /** An arrow does not say it. */
  reverts: "always" | "never" | "partly" | "unsaid";
}

interface Node {
  line: number;
  text: string;
  outcomes: string[];
  path: Node[];
}

/** The cases of a tree, in the order of its lines. */
export function casesOf(tree: string): Case[] {
  return nodesOf(tree)
    .filter(({ outcomes }) => outcomes.length > 0)
    .map(({ line, text, outcomes, path }) => {
      const said = [...path.map((node) => node.text), text];
      const told = outcomes.filter((outcome) => outcome.startsWith("it should "));
      const reverting = told.filter((outcome) => outcome.startsWith("it should revert")).length;
      return {
        line,
        text,
        path: said.map(wordsOf),
        length: said.flatMap((one) => wordsOf(one.replace(/[,:;].*/, ""))).length,
        reverts:
          told.length === 0 ? "unsaid" : reverting === told.length ? "always" : reverting === 0 ? "never" : "partly",
      };
    });
}

/** The first lines of a tree, each of a function or of several. */
export function rootsOf(tree: string): string[] {
  return tree.split("\n").filter((line) => /^\w/.test(line));
}

/** Words in lower case: of a sentence, or of a name in which each begins with a capital letter. */
export function wordsOf(text: string): string[] {
  const borders = /(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Z])|(?<=[A-Z])(?=[0-9]|[A-Z][a-z])/g;
  const spaced = text.replace(/['’]/g, "").replace(borders, " ");
  return spaced.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function nodesOf(tree: string): Node[] {
  const nodes: Node[] = [];
  let open: { depth: number; node: Node }[] = [];
  for (const [at, row] of tree.split("\n").entries()) {
    const text = row.replace(/^[│├└─\s]*/, "").trim();
    if (text === "") continue;
    const depth = row.search(/[^│├└─\s]/);
    open = open.filter((one) => one.depth < depth);
    const parent = open.at(-1)?.node;
    if (text.startsWith("it should ")) {
      parent?.outcomes.push(text);
      continue;
    }
    const [condition = "", outcome] = text.split(" → ");
    const node = {
      line: at + 1,
      text: condition,
      outcomes: outcome ? [outcome] : [],
      path: open.map((one) => one.node),
    };
    nodes.push(node);
    open.push({ depth, node });
  }
  return nodes;
}
