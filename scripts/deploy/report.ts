import type { RoleState } from "./authority.ts";
import type { DeploymentFile } from "./deploymentFile.ts";
import type { Chain } from "./probe.ts";

export interface ContractRow {
  name: string;
  address: string;
  /** Bytes on the chain. */
  size: number;
  /** Gas of its creation; null when it is not known. */
  gas: number | null;
  /** Whether this run created it. */
  fresh: boolean;
}

export interface Report {
  chain: Chain;
  rpc: string;
  deployer: string;
  file: string;
  contracts: ContractRow[];
  roles: RoleState[];
  /** Calls to the AccessManager that its administrator still has to make, because the deployer may not. */
  pending: { call: string; to: string; data: string }[];
  transactions: number;
  deployment: DeploymentFile;
  seconds: number;
}

/** What a person reads after a deployment. */
export function formatReport(report: Report): string {
  const { chain } = report;
  const p256 = chain.p256
    ? "yes (precompile 0x100): contracts can check device signatures"
    : "no precompile 0x100 (before Osaka): contracts cannot check P-256 device signatures; relayers do in any case";
  const parts = [
    `Chain ${chain.id} at ${report.rpc}, genesis ${chain.genesis}\nP-256: ${p256}\nDeployer ${report.deployer}`,
    table(
      ["Contract", "Address", "Bytes", "Gas", ""],
      report.contracts.map((row) => [
        row.name,
        row.address,
        grouped(row.size),
        row.gas === null ? "-" : grouped(row.gas),
        row.fresh ? "new" : "was there",
      ]),
    ),
    table(
      ["Role", "Held by", "Delay", "Grants after", "Guardian", "May call"],
      report.roles.flatMap((role) => roleRows(role)),
    ),
  ];
  if (report.pending.length > 0) {
    const calls = report.pending.map(({ call, to, data }) => `  ${call}\n    to ${to}\n    data ${data}`);
    parts.push(`The deployer is no administrator any more. An administrator has to send:\n${calls.join("\n")}`);
  }
  const seconds = report.seconds.toFixed(1);
  const done =
    report.transactions === 0
      ? `Nothing to deploy: everything is there. ${seconds} s.`
      : `Deployed with ${report.transactions} transactions in ${seconds} s.`;
  return [...parts, `${done} Deployment file: ${report.file}`].join("\n\n");
}

/** What a role is for, where no function of a contract says it. */
const PURPOSES: Partial<Record<RoleState["role"], string[]>> = {
  ADMIN: ["grants roles, says which role a function needs"],
  GUARDIAN: ["cancels what is scheduled, of ADMIN too"],
  ADMINISTRATION: ["nothing; marks what the guardian can cancel of ADMIN"],
};

function roleRows(role: RoleState): string[][] {
  const may = PURPOSES[role.role] ?? role.may;
  const height = Math.max(1, role.holders.length, may.length);
  return Array.from({ length: height }, (_, i) => [
    i === 0 ? role.role : "",
    role.holders[i]?.account ?? (i === 0 ? "nobody" : ""),
    duration(role.holders[i]?.delay),
    i === 0 ? duration(role.grantDelay) : "",
    i === 0 ? (role.guarded ? "yes" : "no") : "",
    may[i] ?? "",
  ]);
}

function duration(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  if (seconds === 0) return "at once";
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  return seconds % 3_600 === 0 ? `${seconds / 3_600} h` : `${seconds} s`;
}

/** 24576 -> "24,576". */
function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const numeric = head.map((title) => title === "Bytes" || title === "Gas");
  const line = (row: string[]): string =>
    row
      .map((cell, i) => (numeric[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
