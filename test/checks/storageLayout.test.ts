import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../cli/run.ts";

interface Slot {
  label: string;
  offset: number;
  slot: string;
  type: string;
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { storageLayout: { storage: Slot[] } }>>;
}

const CONTRACTS = ["SupplierEscrow", "OrderServices", "OrderActions"];

/** Where each state variable of a contract lies, as the compiler says; it generates no code for that. */
function layoutsOf(contracts: readonly string[]): Slot[][] {
  const solc = createRequire(import.meta.url)("solc") as { compile(input: string, callbacks: object): string };
  const files = contracts.map((name) => `contracts/settlement/${name}.sol`);
  const read = (path: string) => readFileSync(join(root, path.startsWith("@") ? `node_modules/${path}` : path), "utf8");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((file) => [file, { content: read(file) }])),
    settings: { evmVersion: "cancun", outputSelection: { "*": { "*": ["storageLayout"] } } },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: (path: string) => ({ contents: read(path) }) }),
  ) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return contracts.map((name, i) => {
    const { storage } = output.contracts[files[i] ?? ""]?.[name]?.storageLayout ?? { storage: [] };
    // Types carry the compiler's own numbers of their declarations.
    return storage.map(({ label, offset, slot, type }) => ({
      label,
      offset,
      slot,
      type: type.replace(/\)\d+_/g, ")_"),
    }));
  });
}

describe("the contracts that share the escrow's storage", () => {
  it("lay it out alike", () => {
    const [escrow = [], ...others] = layoutsOf(CONTRACTS);
    expect(escrow.map(({ label }) => label)).to.include.members(["_authority", "_groups", "_orders", "_claimLists"]);
    for (const other of others) expect(other).to.deep.equal(escrow);
  });
});
