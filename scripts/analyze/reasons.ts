// Findings that are no fault, each with its reason, in slither-reasons.json.
import { readFileSync } from "node:fs";
import { FactoryChainError } from "../../src/lib/errors.ts";
import type { Finding } from "./slither.ts";

/** Why what a detector says about a place is no fault. */
export interface Reason {
  detector: string;
  place: string; // "*": everywhere, for what is a matter of style
  reason: string;
}

export function readReasons(file: string): Reason[] {
  const reasons = JSON.parse(readFileSync(file, "utf8")) as Partial<Reason>[];
  return reasons.map(({ detector, place, reason }, i) => {
    if (detector && place && reason) return { detector, place, reason };
    throw new FactoryChainError("REASON_INCOMPLETE", `${file}: entry ${i} lacks its detector, place or reason.`);
  });
}

/** Findings without a reason; reasons that no finding needs. */
export function judge({ findings, reasons }: { findings: Finding[]; reasons: Reason[] }): {
  open: Finding[];
  excused: Finding[];
  stale: Reason[];
} {
  const covers = (reason: Reason, { detector, place }: Finding): boolean =>
    reason.detector === detector && (reason.place === place || reason.place === "*");
  return {
    open: findings.filter((finding) => !reasons.some((reason) => covers(reason, finding))),
    excused: findings.filter((finding) => reasons.some((reason) => covers(reason, finding))),
    stale: reasons.filter((reason) => !findings.some((finding) => covers(reason, finding))),
  };
}
