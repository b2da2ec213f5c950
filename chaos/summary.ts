import type { RunResult } from "./run.ts";

/** The result for a person. */
export function summaryOf(result: RunResult): string {
  const { faults, events, settled, lost, doubled, seconds, seed, classes, violations, skipped } = result;
  const others = violations.length - lost - doubled - result.false;
  const width = Math.max(0, ...Object.keys(classes).map((name) => name.length));
  return [
    `${faults} faults in ${seconds} s (seed ${seed})`,
    `${events} events that may count, ${settled} settled`,
    `lost ${lost}, doubled ${doubled}, false ${result.false}, otherwise wrong ${others}`,
    ...(skipped.length === 0 ? [] : [`not possible here: ${skipped.join(", ")}`]),
    ...Object.entries(classes).map(([name, count]) => `  ${name.padEnd(width)} ${count}`),
  ].join("\n");
}
