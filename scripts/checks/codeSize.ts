// EIP-170: the chain refuses to deploy a contract with more than 24,576 bytes of code.
import type { Check, Finding } from "./check.ts";

const LIMIT = 24_576;

export const codeSize: Check = {
  name: "contract code size",
  run({ tree }) {
    const findings: Finding[] = [];
    const rows: [string, number][] = [];
    for (const path of tree.files("artifacts/contracts")) {
      if (!path.endsWith(".json") || path.startsWith("artifacts/contracts/mocks/")) continue;
      const artifact = JSON.parse(tree.read(path)) as {
        contractName: string;
        sourceName: string;
        deployedBytecode: string;
      };
      const bytes = artifact.deployedBytecode.length / 2 - 1;
      if (bytes <= 100) continue; // interfaces have no code, libraries of constants next to none
      rows.push([artifact.contractName, bytes]);
      if (bytes > LIMIT) {
        const what = `${artifact.contractName} has ${bytes} bytes of code`;
        findings.push({
          file: artifact.sourceName,
          what,
          limit: `${LIMIT}`,
          todo: "move a concern into a contract of its own",
        });
      }
    }
    if (rows.length === 0) {
      findings.push({ file: "artifacts/", what: "no contract is built", limit: "-", todo: "npm run build" });
    }
    const largest = rows.sort(([, a], [, b]) => b - a).map(([name, bytes]) => `${name} ${bytes.toLocaleString("en")}`);
    return { findings, summary: `of ${LIMIT.toLocaleString("en")} bytes: ${largest.join(", ")}` };
  },
};
