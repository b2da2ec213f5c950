import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import hre from "hardhat";
import { measureFunding } from "./gas/funding.ts";
import { measurePlain } from "./gas/plain.ts";
import { measureSpecial } from "./gas/special.ts";
import { optionsOf } from "./options.ts";

/**
 * `npm run gas`: what whole transactions cost, compared with the committed report. With `-- --update` the report is
 * written anew. Balances are warm (neither payer nor payee nor escrow begins or ends at zero), keys and clock are fixed.
 */

const { update } = optionsOf({
  usage: `
Measures what whole transactions cost, and compares it with gas/report.json.

  npm run gas [-- --update]

  --update   write the report anew
Exit code 1: an operation grew by more than 1%, or is missing in the report.`,
  options: { update: { type: "boolean" } },
});

interface Figure {
  must: number | null;
  stretch: number | null;
}

interface Report {
  settings: Record<string, unknown>;
  operations: Record<string, number>;
}

const REPORT = fileURLToPath(new URL("../gas/report.json", import.meta.url));
const GROWTH = 0.01;

const ESCROW = "contracts/settlement/SupplierEscrow.sol";

const FIGURES: Record<string, Figure> = {
  "createOrder.allowance.1line": { must: 75_000, stretch: 71_500 },
  "createOrder.allowance.10lines": { must: 75_000, stretch: 71_500 },
  "confirm.1signature": { must: 62_000, stretch: 57_000 },
  "confirm.3of5": { must: 75_000, stretch: 68_000 },
  "confirm.3of5.credit": { must: null, stretch: null },
  "confirmBatch.10payees.each": { must: 12_500, stretch: 9_800 },
  "confirmBatch.distinctPayees.each": { must: 21_000, stretch: 16_800 },
  refund: { must: 51_600, stretch: 47_500 },
  "createOrder.permit.1line": { must: 88_000, stretch: 84_500 },
  "createOrder.erc3009.10lines": { must: 104_000, stretch: 99_000 },
  "createOrder.balance.single": { must: 57_000, stretch: 53_500 },
  "createOrder.balanceBatch.each": { must: 27_500, stretch: 25_500 },
  "confirm.3of5.partialRetentionPenalty": { must: 77_000, stretch: 69_000 },
  "cascade.perPayee": { must: 9_500, stretch: 8_000 },
  "signature.p256.each": { must: 13_500, stretch: 12_000 },
};

/** How the escrow is compiled: it is deployed as it was built, and not with the compiler that tests get. */
function settings(): Record<string, unknown> {
  const { version, settings } = hre.config.solidity.profiles.default?.overrides[ESCROW] ?? {};
  const { viaIR, evmVersion, optimizer } = settings ?? {};
  return { solc: version, viaIR, evmVersion, optimizer, hardfork: "osaka" };
}

function print(measured: Record<string, number>, committed: Report): string[] {
  const faults: string[] = [];
  const row = (...cells: string[]) =>
    console.log(cells.map((cell, i) => (i ? cell.padStart(9) : cell.padEnd(34))).join(" "));
  const text = (value: number | null | undefined) => value?.toLocaleString("en-US") ?? "-";
  row("operation", "measured", "must", "stretch", "committed", "change");
  for (const [name, { must, stretch }] of Object.entries(FIGURES)) {
    const [now, before] = [measured[name], committed.operations[name]];
    if (now === undefined) throw new Error(`${name} was not measured`);
    row(name, text(now), text(must), text(stretch), text(before), before === undefined ? "-" : text(now - before));
    if (before === undefined) faults.push(`${name} is missing in gas/report.json.`);
    else if (now > before * (1 + GROWTH)) faults.push(`${name} grew by more than ${GROWTH * 100}%.`);
  }
  for (const name of Object.keys(committed.operations)) {
    if (FIGURES[name] === undefined) faults.push(`${name} is committed and was not measured.`);
  }
  return faults;
}

const measured = { ...(await measurePlain()), ...(await measureFunding()), ...(await measureSpecial()) };
const committed: Report = existsSync(REPORT)
  ? (JSON.parse(readFileSync(REPORT, "utf8")) as Report)
  : { settings: {}, operations: {} };
const faults = print(measured, committed);
if (update === true) {
  writeFileSync(REPORT, `${JSON.stringify({ settings: settings(), operations: measured }, null, 2)}\n`);
  console.log("Wrote gas/report.json.");
} else if (faults.length > 0) {
  for (const fault of faults) console.error(fault);
  console.error("If that is meant, run: npm run gas -- --update");
  process.exitCode = 1;
}
