import { functionsOf, withoutComments } from "../../scripts/checks/solidity.ts";

/** Whose state, and what it is for. */
export type Machine = "Order" | "Lot";

/** A function can bring an order, or a lot, into a state. */
export interface Arrival {
  machine: Machine;
  function: string;
  to: string;
}

/** An arrow of a diagram, one for each function that it names. */
export interface Arrow extends Arrival {
  from: string;
}

interface Code {
  external: boolean;
  body: string;
  reached: Omit<Arrival, "function">[];
}

// How the contracts write a state. What writes it in another way is an error: the diagrams would not see it.
const ORDER_WRITE = /(?:\b_orders\[\w+\]\.status = |\.withStatus\()Status\.(\w+)/g;
const NEW_LOT = /\b_lots\[\w+\]\[\w+\] = Lot\(\{[^}]*status: LotStatus\.(\w+)\s*\}\)/g;
const TURNED_LOT = /\b_turn\((?:[^();]*), LotStatus\.(\w+)\)/g;
const DECIDED_LOT = /\bdelete _lots\[\w+\]\[\w+\];/g;
const TURN = /\b_lots\[id\]\[lot\] = goods;/g; // in _turn, which TURNED_LOT sees
const ANY_WRITE =
  /\b_(?:orders\[\w+\]|lots\[\w+\]\[\w+\])(?:\.status)? =(?!=)|\bdelete _(?:orders|lots)\b|\.withStatus\(|\b_turn\((?!bytes32)/g;
const POINTER = /\b(?:Order|Lot) storage\b/;

/** Into which states external functions of these sources can bring an order or a lot, by themselves or by what they call. */
export function arrivals({ sources }: { sources: readonly string[] }): Arrival[] {
  const all = new Map<string, Code[]>();
  for (const source of sources) {
    const lines = withoutComments(source).split("\n");
    for (const { name, line, lines: length } of functionsOf(source)) {
      const body = lines.slice(line - 1, line - 1 + length).join("\n");
      all.set(name, [...(all.get(name) ?? []), codeOf({ name, body })]);
    }
  }
  return [...all].flatMap(([name, codes]) => {
    if (!codes.some(({ external }) => external)) return [];
    return unique(reachable({ all, name }).map((state) => ({ ...state, function: name })));
  });
}

/** The arrows of the state diagrams of a document: the first is that of orders, the second that of lots. */
export function arrowsOf({ document }: { document: string }): Arrow[] {
  const diagrams = [...document.matchAll(/```mermaid\nstateDiagram-v2\n([\s\S]*?)```/g)];
  return diagrams.flatMap(([, text = ""], index) =>
    [...text.matchAll(/^ *(\S+) --> (\S+): (.+)$/gm)].flatMap(([, from = "", to = "", names = ""]) =>
      names.split(", ").map((name) => ({
        machine: index === 0 ? ("Order" as const) : ("Lot" as const),
        from: stateOf(from),
        function: name,
        to: stateOf(to),
      })),
    ),
  );
}

/** A line of text for each, in order and once: to compare them. */
export function listed(found: readonly Arrival[]): string[] {
  return [...new Set(found.map((one) => `${one.machine}: ${one.function} -> ${one.to}`))].sort();
}

/** What is new and what is over is None in the contracts. */
function stateOf(name: string): string {
  return name === "[*]" ? "None" : name;
}

function codeOf({ name, body }: { name: string; body: string }): Code {
  const state = (machine: Machine, to: string) => ({ machine, to });
  const named = (pattern: RegExp) => [...body.matchAll(pattern)].map((match) => match[1] ?? "");
  const orders = named(ORDER_WRITE).map((to) => state("Order", to));
  const lots = [...named(NEW_LOT), ...named(TURNED_LOT)].map((to) => state("Lot", to));
  const decided = [...body.matchAll(DECIDED_LOT)].map(() => state("Lot", "None"));
  const reached = [...orders, ...lots, ...decided];
  const turns = name === "_turn" ? [...body.matchAll(TURN)].length : 0;
  const writes = [...body.matchAll(ANY_WRITE)].length;
  const hidden = POINTER.test(body) && /\.status\)? =(?!=)/.test(body);
  if (hidden || writes !== reached.length + turns)
    throw new Error(`${name} writes a state in a way that the check cannot read`);
  return { external: /\bexternal\b/.test(body.slice(0, body.indexOf("{"))), body, reached };
}

function reachable({ all, name }: { all: ReadonlyMap<string, Code[]>; name: string }): Omit<Arrival, "function">[] {
  const seen = new Set<string>();
  const visit = (at: string): Omit<Arrival, "function">[] => {
    if (seen.has(at)) return [];
    seen.add(at);
    return (all.get(at) ?? []).flatMap(({ body, reached }) => {
      const called = [...body.matchAll(/(?<![.\w])(\w+)\s*\(/g)].map((match) => match[1] ?? "");
      return [...reached, ...called.flatMap(visit)];
    });
  };
  return visit(name);
}

function unique(found: Arrival[]): Arrival[] {
  return [...new Map(found.map((one) => [JSON.stringify([one.machine, one.to]), one])).values()];
}
