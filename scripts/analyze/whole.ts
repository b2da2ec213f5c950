// The escrow's code lies in three contracts on one storage, each with the state of all. Slither looks at one contract at a
// time: so that it sees what a call can reenter in another one's code, it gets a contract of all their functions.
import type { Sources } from "../solidity/compile.ts";
import { nodesOf, type Node } from "../solidity/syntax.ts";

const FOLDER = "contracts/settlement";
const PARTS = ["SupplierEscrow", "OrderServices", "OrderActions"];
const CHAIN = "Continued"; // how one comes to the next: here all is there

/** One more source, for analysis only: the abstract parts of the three contracts in one. */
export function wholeEscrow(asts: Record<string, Node>): Sources {
  const parts = [...new Set(PARTS.flatMap((name) => basesOf(asts[`${FOLDER}/${name}.sol`], name)))].filter(
    (name) => name !== CHAIN,
  );
  const pathOf = (name: string): string => {
    const [path] = Object.entries(asts).find(([, ast]) => declares(ast, name)) ?? [];
    return path ?? `${FOLDER}/${name}.sol`;
  };
  const lines = [
    "// SPDX-License-Identifier: Apache-2.0",
    "pragma solidity 0.8.37;",
    'import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";',
    'import {IOrganisationRegistry} from "contracts/identity/IOrganisationRegistry.sol";',
    'import {OrderBook} from "contracts/settlement/OrderBook.sol";',
    ...parts.map((name) => `import {${name}} from "${pathOf(name)}";`),
    `contract WholeEscrow is ${parts.join(", ")} {`,
    "constructor(IERC20 token_, address authority, IOrganisationRegistry registry)",
    "OrderBook(token_, authority) RelayerGroups(registry) {} }",
  ];
  return { [`${FOLDER}/WholeEscrow.sol`]: `${lines.join("\n")}\n` };
}

function basesOf(ast: Node | undefined, name: string): string[] {
  const contract = ast && contractsOf(ast).find((node) => node["name"] === name);
  const bases = (contract?.["baseContracts"] ?? []) as { baseName: { name: string } }[];
  return bases.map(({ baseName }) => baseName.name);
}

function declares(ast: Node, name: string): boolean {
  return contractsOf(ast).some((node) => node["name"] === name);
}

function contractsOf(ast: Node): Node[] {
  return [...nodesOf(ast)].filter(({ nodeType }) => nodeType === "ContractDefinition");
}
