import { spawnSync } from "node:child_process";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { ABLATIONS } from "./ablations.ts";
import type { Ablation } from "./ablations.ts";

/**
 * Does the simulation notice when a rule is missing? Plays its schedules with one rule after the other switched off, until
 * one is red: `node test/support/ablated.ts [PART OF A RULE'S NAME] [SCHEDULES]`. Ends with 1 when a rule is not missed.
 */
const [wanted = "", count = "200", only] = process.argv.slice(2);

/** Milliseconds for one rule. */
const TIMEOUT = 1_800_000;

async function playWithout({ changes }: Ablation): Promise<string | undefined> {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const here = changes.filter(({ file }) => url.endsWith(file));
      if (here.length === 0) return loaded;
      const text = Buffer.from(loaded.source as Uint8Array).toString("utf8");
      return { ...loaded, source: here.reduce((all, { code, without }) => all.replace(code, () => without), text) };
    },
  });
  const { playSchedule } = await import("./byzantineSchedule.ts");
  for (let seed = 1; seed <= Number(count); seed++) {
    const [violation] = await playSchedule(seed);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

const ablations = ABLATIONS.filter(({ rule }) => (only === undefined ? rule.includes(wanted) : rule === wanted));
if (only !== undefined) {
  process.stdout.write((await playWithout(ablations[0]!)) ?? "");
  process.exit();
}
for (const { rule } of ablations) {
  const args = ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), rule, count, "only"];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: TIMEOUT });
  process.stdout.write(`${rule}: ${stdout.trim() || "NOT MISSED"}\n`);
  if (stdout.trim() === "") process.exitCode = 1;
}
