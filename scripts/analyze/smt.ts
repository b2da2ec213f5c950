// solc's own prover on the models in test/symbolic: nothing but npm is needed.
import { FactoryChainError } from "../../src/lib/errors.ts";
import { gatherSources, type Message, tryCompile } from "../solidity/compile.ts";
import { nodesOf } from "../solidity/syntax.ts";
import type { Proof } from "./halmos.ts";

const MODELS = "test/symbolic/SolvencyModel.sol";
const SAFE = "2961"; // "Assertion violation check is safe!"
const NO_FINDING = new Set([SAFE, "3993"]); // "The BMC engine is deprecated": the compiler's version is pinned

/**
 * Every assertion of the models. They are written as steps of an induction (whatever held before, holds after), which the
 * engine for single calls decides in seconds; the engine for call sequences does not find the invariants by itself.
 */
export function runSmtChecker({ root }: { root: string }): Proof[] {
  const sources = gatherSources({ root, paths: [MODELS] });
  const ast = tryCompile({ sources, settings: { outputSelection: { "*": { "": ["ast"] } } } }).sources[MODELS]?.ast;
  if (ast === undefined) throw new FactoryChainError("MODEL_INVALID", `${MODELS} does not compile.`);
  const nodes = [...nodesOf(ast)];
  const contracts = nodes.filter(({ nodeType }) => nodeType === "ContractDefinition").map(({ name }) => name);
  const { errors = [] } = tryCompile({
    sources,
    settings: {
      viaIR: false,
      outputSelection: { "*": { "*": ["abi"] } },
      modelChecker: {
        engine: "bmc",
        solvers: ["z3"],
        targets: ["assert"],
        showProvedSafe: true,
        showUnproved: true,
        contracts: { [MODELS]: contracts },
      },
    },
  });
  const other = errors.filter(({ errorCode }) => !NO_FINDING.has(errorCode ?? "")).map((message) => fault(message));
  const lines = (sources[MODELS] ?? "").split("\n").flatMap((line, i) => (/\bassert\(/.test(line) ? [i + 1] : []));
  return [...lines.map((line) => proofOf({ line, errors })), ...other];
}

function proofOf({ line, errors }: { line: number; errors: Message[] }): Proof {
  const about = errors.filter(({ formattedMessage }) => formattedMessage.includes(`${MODELS}:${line}:`));
  const ok = about.length > 0 && about.every(({ errorCode }) => errorCode === SAFE);
  return { name: `${MODELS}:${line}`, ok, what: ok ? "proved" : "not proved" };
}

/** Whatever else the compiler has to say: nothing of it is expected. */
function fault({ formattedMessage }: Message): Proof {
  return { name: MODELS, ok: false, what: formattedMessage.trim() };
}
