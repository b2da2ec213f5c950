// Who may import whom. docs/architecture.md draws these arrows; this file is what holds.
import { posix } from "node:path";
import type { Check, Finding, Tree } from "./check.ts";
import { declaresContract, importsOf } from "./solidity.ts";

/** A domain of contracts and the domains whose interfaces and types it may use. */
const CONTRACTS: Record<string, string[]> = {
  access: [],
  identity: ["access"],
  oracle: ["access", "identity"],
  design: ["access", "identity"],
  anchor: ["access", "identity"],
  value: ["access", "identity"],
  city: ["access", "identity"],
  settlement: ["access", "identity", "oracle", "design"],
  mocks: ["access", "identity", "oracle", "design", "anchor", "value", "city", "settlement"],
};

export const contractArrows: Check = {
  name: "arrows between contracts",
  run({ tree }) {
    const files = tree.files("contracts").filter((file) => file.endsWith(".sol"));
    const findings = files.flatMap((file) =>
      importsOf(tree.read(file))
        .filter((path) => path.startsWith("."))
        .flatMap((path) => judge(tree, file, posix.join(posix.dirname(file), path))),
    );
    return { findings, summary: `${files.length} files` };
  },
};

function judge(tree: Tree, file: string, imported: string): Finding[] {
  const [from, to] = [domainOf(file), domainOf(imported)];
  if (from === to) return [];
  const allowed = CONTRACTS[from] ?? [];
  const finding = { file, what: `imports ${imported}` };
  if (!allowed.includes(to)) {
    const limit = `${from} may use ${allowed.join(", ") || "no other domain"}`;
    return [{ ...finding, limit, todo: "turn the dependency round, or pass in what is needed" }];
  }
  if (from !== "mocks" && declaresContract(tree.read(imported))) {
    return [{ ...finding, limit: "interfaces, types and bases only", todo: "import its interface" }];
  }
  return [];
}

/** contracts/access/Roles.sol -> access; what lies outside contracts/ is a domain that nobody may use. */
function domainOf(path: string): string {
  const [top, domain] = path.split("/");
  return top === "contracts" && domain ? domain : path;
}
